"""Lesson 24: what many ranks share, send and add up."""

import numpy as np

from mmdl.check.exercise import Exercise
from mmdl.check.known import mistakes_in
from mmdl.check.prediction import prediction
from mmdl.ops.softmax import softmax


def even_shares(N, R):
    """n_r = ⌊N / R⌋, and one more for the first N mod R"""
    return N // R + (np.arange(R) < N % R)


def sum_in_order(rows, sender):
    """total_i = Σ of the ranks below the first that is not there after i + 1 arrivals"""
    R, totals = len(rows), np.zeros_like(rows)
    place = np.argsort(sender)  # at which a rank's row arrived
    ready = np.maximum.accumulate(place)  # when it and all before it were there
    for rank in range(R):
        totals[ready[rank] :] += rows[place[rank]]
    return totals


def flatten(arrays):
    """All arrays end to end"""
    return np.concatenate([array.ravel() for array in arrays])


def ring_all_reduce(rows):
    """Piece r − t goes from rank r to rank r + 1: added for R − 1 steps, and then put in its place"""
    return _ring(rows, len(rows) - 1)


def restore(row, like):
    """The row, cut where one array ends and the next begins"""
    pieces = np.split(row, np.cumsum([array.size for array in like])[:-1])
    return tuple(piece.reshape(array.shape) for piece, array in zip(pieces, like, strict=True))


def share_backward(p, words, mask, total):
    """ds = (p − y) / total where there is a word"""
    return np.where(mask[:, None], p - np.eye(p.shape[1])[words], 0) / total


def all_reduce_backward(dtotal):
    """dx_q = Σ_r dtotal_r"""
    return np.broadcast_to(dtotal.sum(axis=0), dtotal.shape).copy()


def _ring(rows, adding, piece=lambda r, t: r - t, put=lambda mine, came: came):
    R = len(rows)
    pieces = rows.reshape(R, R, -1).copy()
    for t in range(adding + R - 1):
        if t == adding:
            added = pieces.copy()
        for r in range(R):
            k, receiver = piece(r, t) % R, (r + 1) % R
            came, mine = pieces[r, k], pieces[receiver, k]
            pieces[receiver, k] = came + mine if t < adding else put(mine, came)
    return added.reshape(rows.shape), pieces.reshape(rows.shape)


def batch(draws):
    """Examples for more ranks, and for fewer."""
    return {"N": draws.of(10, 7, 13, 3, 12), "R": draws.size("R", (4, 3, 5, 2))}


def arrivals(draws):
    """Rows in an order that is not its own inverse; the first comes late, and not last."""
    return {"sender": np.roll(np.arange(R := draws.size("R", (4, 5, 3))), 1 + (R > 4)), "rows": draws.array("R P")}


def gradients(draws):
    """A kernel, a bias and an array with three axes."""
    D, K, H = draws.size("D", (3, 4, 2)), draws.size("K", (2, 4, 3)), draws.size("H", (3, 2))
    return {"arrays": tuple(draws.rng.standard_normal(shape) for shape in ((D, K), (K,), (D, H, 2)))}


def received(draws):
    """A row, and what it is to be cut into."""
    like = gradients(draws)["arrays"]
    return {"row": draws.rng.standard_normal(sum(array.size for array in like)), "like": like}


def of_ranks(draws):
    """A row for each rank, of as many pieces as there are ranks."""
    R = draws.size("R", (3, 4, 5))
    return {"rows": draws.rng.standard_normal((R, R * draws.size("B", (2, 3))))}


def words_of_a_rank(draws):
    """Some words and some padding; other ranks have words, too."""
    T, K = draws.size("T", (5, 6, 4)), draws.size("K", (3, 4))
    mask = np.arange(T) < T - 2
    p, words = softmax(draws.array("T K")), draws.rng.integers(K, size=T)
    return {"p": p, "words": words, "mask": mask, "total": int(mask.sum()) + draws.of(4, 9)}


def sent_back(draws):
    """A gradient for each rank's copy."""
    draws.size("R", (3, 4, 2))
    return draws.arrays(dtotal="R P")


EXERCISES = (
    Exercise(
        even_shares,
        batch,
        ("counts",),
        ("Everybody has N // R.", "N % R are left over: one more for each of the first.", "np.arange(R) < N % R"),
        axes={"counts": "R"},
    ),
    Exercise(
        sum_in_order,
        arrivals,
        ("totals",),
        (
            "Keep what has arrived, by rank, and the number of the rank whose turn it is.",
            "After each arrival: as long as the row of the rank whose turn it is has arrived, add it, and go on.",
            "Make a copy of the total for each arrival, or all of them will be the last.",
        ),
        axes={"totals": "R P"},
    ),
    Exercise(
        flatten,
        gradients,
        ("row",),
        ("Each array has a row of its own: array.ravel().", "np.concatenate([...])"),
        axes={"row": "P"},
    ),
    Exercise(
        ring_all_reduce,
        of_ranks,
        ("added", "total"),
        (
            "Cut each row into R pieces: rows.reshape(R, R, -1).copy(), the first axis for ranks, the second for pieces.",
            "In one step every rank sends another piece, so a loop over the ranks may change the pieces as it goes.",
            "k = (r - t) % R; what rank (r + 1) % R has of piece k becomes the sum, or, from t = R − 1 on, what came.",
            "After R − 1 steps rank r has all of piece r + 1, and parts of the others.",
        ),
        axes={"added": "R P", "total": "R P"},
    ),
    Exercise(
        restore,
        received,
        ("arrays",),
        (
            "Each number of the row was one number of one array: it goes back there.",
            "Go through the arrays with a place in the row: the next array.size numbers are its own.",
            "row[start : start + array.size].reshape(array.shape)",
        ),
    ),
    Exercise(
        share_backward,
        words_of_a_rank,
        ("ds",),
        (
            "Lesson 04: of −log p[t, k] the gradient is p − y, with a one-hot y.",
            "L has one factor for all words of all ranks, 1 / total; where there is no word nothing depends on s.",
            "(p − y) · mask / total",
        ),
        axes={"ds": "T K"},
    ),
    Exercise(
        all_reduce_backward,
        sent_back,
        ("dx",),
        (
            "How many totals does x[q] go into, and with which factor?",
            "Into that of every rank, with 1: what all of them send back adds up.",
            "The way back of an all-reduce is an all-reduce: every rank gets the same sum.",
        ),
        axes={"dx": "R P"},
    ),
)

MISTAKES = []
in_shares = mistakes_in(MISTAKES, "even_shares")
in_order = mistakes_in(MISTAKES, "sum_in_order")
in_flatten = mistakes_in(MISTAKES, "flatten")
in_ring = mistakes_in(MISTAKES, "ring_all_reduce")
in_restore = mistakes_in(MISTAKES, "restore")
in_share = mistakes_in(MISTAKES, "share_backward")
in_back = mistakes_in(MISTAKES, "all_reduce_backward")


@in_shares("Spread the N mod R that are left: one more for each of the first.")
def rest_to_the_last(N, R):
    """The last rank has all that is left over, and the others wait for it."""
    counts = np.full(R, N // R)
    counts[-1] += N % R
    return counts


@in_shares("N mod R examples are left: one more for each of the first.")
def rest_forgotten(N, R):
    """What is left over belongs to nobody: the counts do not add up to N."""
    return np.full(R, N // R)


@in_order("A row waits until all ranks before it have been added.")
def as_they_arrive(rows, sender):
    """Rows are added as they arrive, whoever sent them: another arrival gives other bits."""
    return np.cumsum(rows, axis=0)


@in_order("After an arrival only what has arrived can be added.")
def not_there_yet(rows, sender):
    """Rows are added in the order of the ranks, but before they have arrived."""
    return np.cumsum(rows[np.argsort(sender)], axis=0)


@in_order("After each arrival add all rows whose turn it is, not only one.")
def only_the_one_that_came(rows, sender):
    """A row is added only if it is its turn as it comes; those that had to wait are never added."""
    totals, turn, total = np.zeros_like(rows), 0, np.zeros_like(rows[0])
    for place, rank in enumerate(sender):
        if rank == turn:
            total, turn = total + rows[place], turn + 1
        totals[place] = total
    return totals


@in_flatten("array.ravel() goes row by row, as it lies in memory.")
def column_by_column(arrays):
    """Each array is laid out column by column, its first axis fastest."""
    return np.concatenate([array.ravel(order="F") for array in arrays])


@in_ring("From step R − 1 on what comes is finished: it takes the place of the receiver's own piece.")
def always_added(rows):
    """In the second half pieces are added, too: some numbers are counted several times."""
    return _ring(rows, len(rows) - 1, put=lambda mine, came: came + mine)


@in_ring("After R − 1 steps everything is added: one more would count a rank twice.")
def one_step_too_many(rows):
    """There are R steps in the first half, so that each finished piece has one rank's numbers twice."""
    return _ring(rows, len(rows))


@in_ring("In step t it is piece r − t: what it received in the step before.")
def always_its_own_piece(rows):
    """Rank r sends piece r in every step, whatever it has received."""
    return _ring(rows, len(rows) - 1, piece=lambda r, t: r)


@in_restore("reshape goes row by row, as ravel did.")
def restored_by_columns(row, like):
    """Each array is filled column by column."""
    return tuple(array.ravel().reshape(array.shape, order="F") for array in restore(row, like))


@in_restore("An array begins where the one before it ends: go on by its size.")
def all_from_the_start(row, like):
    """Every array is cut from the start of the row."""
    return tuple(row[: array.size].reshape(array.shape) for array in like)


@in_share("L is a mean over the words of all ranks: divide by total.")
def mean_of_its_own_words(p, words, mask, total):
    """It is divided by the words of this rank, not of all: a rank with few words counts as much as one with many."""
    return share_backward(p, words, mask, mask.sum())


@in_share("Padding is no word: nothing comes back to it.")
def padding_gets_a_gradient(p, words, mask, total):
    """Where the mask is False there is a gradient, too."""
    return share_backward(p, words, np.ones_like(mask), total)


@in_back("x[q] is part of every rank's total: what comes back from all of them adds up.")
def each_its_own(dtotal):
    """Each rank keeps its own gradient: what the other ranks send back is left out."""
    return dtotal.copy()


@in_back("Forward added up and did not divide, so the way back does neither.")
def averaged_over_ranks(dtotal):
    """It is the mean over the ranks, where the sum is asked for."""
    return all_reduce_backward(dtotal) / len(dtotal)


@prediction("2 (R − 1) steps, and in each a piece.", "A piece is an eighth of the row.")
def sent_by_a_rank():
    """14 pieces of 125,000 numbers: 1,750,000. With ever more ranks it comes near to 2,000,000, and never gets there."""
    P, R = 1_000_000, 8
    return 2 * (R - 1) * P // R


@prediction("The work fades with the number of machines. What does a ring take at the end?")
def never_faster_than():
    """The work goes to nothing, and the message to 2 · 2 GB at 1 GB a second: 4 s of 12. Three times, however many."""
    work, size, bandwidth = 12.0, 2.0, 1.0
    return work / (2 * size / bandwidth)


PREDICTIONS = (sent_by_a_rank, never_faster_than)
