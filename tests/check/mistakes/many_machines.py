"""Mistakes that students make in the exercises of lesson 24."""

import numpy as np

FITTING = {
    "even_shares__rest_at_the_end": ("last",),
    "even_shares__floor": ("left over", "nobody"),
    "sum_in_order__impatient": ("arrive",),
    "sum_in_order__foresight": ("before they have arrived",),
    "sum_in_order__forgets_who_waits": ("wait",),
    "flatten__columns": ("column",),
    "ring_all_reduce__adds_on": ("second half", "several"),
    "ring_all_reduce__full_circle": ("twice",),
    "ring_all_reduce__same_piece": ("piece r in every step",),
    "restore__columns": ("column",),
    "share_backward__own_mean": ("this rank", "own"),
    "share_backward__everywhere": ("mask", "padding"),
    "all_reduce_backward__copies": ("own",),
    "all_reduce_backward__mean": ("mean",),
}


def even_shares__rest_at_the_end(N, R):
    return np.array([N // R] * (R - 1) + [N - N // R * (R - 1)])


def even_shares__floor(N, R):
    return np.array([int(N / R) for _ in range(R)])


def sum_in_order__impatient(rows, sender):
    totals = rows.copy()
    for i in range(1, len(rows)):
        totals[i] += totals[i - 1]
    return totals


def sum_in_order__foresight(rows, sender):
    by_rank = np.empty_like(rows)
    by_rank[sender] = rows
    return np.array([by_rank[: i + 1].sum(axis=0) for i in range(len(rows))])


def sum_in_order__forgets_who_waits(rows, sender):
    total, next_rank, seen = rows[0] * 0, 0, []
    for row, rank in zip(rows, sender, strict=True):
        if rank == next_rank:
            total = total + row
            next_rank += 1
        seen.append(total)
    return np.stack(seen)


def flatten__columns(arrays):
    return np.hstack([array.T.reshape(-1) for array in arrays])


def _pieces(rows):
    return rows.reshape(len(rows), len(rows), -1).copy()


def ring_all_reduce__adds_on(rows):
    R, have = len(rows), _pieces(rows)
    for t in range(2 * R - 2):
        if t == R - 1:
            added = have.copy()
        for r in range(R):
            have[(r + 1) % R, (r - t) % R] += have[r, (r - t) % R]
    return added.reshape(rows.shape), have.reshape(rows.shape)


def ring_all_reduce__full_circle(rows):
    R, have = len(rows), _pieces(rows)
    for t in range(R):
        for r in range(R):
            have[(r + 1) % R, (r - t) % R] += have[r, (r - t) % R]
    added = have.copy()
    for t in range(R, 2 * R - 1):
        for r in range(R):
            have[(r + 1) % R, (r - t) % R] = have[r, (r - t) % R]
    return added.reshape(rows.shape), have.reshape(rows.shape)


def ring_all_reduce__same_piece(rows):
    R, have = len(rows), _pieces(rows)
    for _ in range(R - 1):
        for r in range(R):
            have[(r + 1) % R, r] += have[r, r]
    added = have.copy()
    for r in range(R):
        have[(r + 1) % R, r] = have[r, r]
    return added.reshape(rows.shape), have.reshape(rows.shape)


def restore__columns(row, like):
    arrays, start = [], 0
    for array in like:
        arrays.append(row[start : start + array.size].reshape(array.shape[::-1]).T)
        start += array.size
    return tuple(arrays)


def share_backward__own_mean(p, words, mask, total):
    ds = p.copy()
    ds[np.arange(len(p)), words] -= 1
    return ds * mask[:, None] / np.count_nonzero(mask)


def share_backward__everywhere(p, words, mask, total):
    ds = p / total
    ds[np.arange(len(p)), words] -= 1 / total
    return ds


def all_reduce_backward__copies(dtotal):
    return 1.0 * dtotal


def all_reduce_backward__mean(dtotal):
    return np.tile(dtotal.mean(axis=0), (len(dtotal), 1))
