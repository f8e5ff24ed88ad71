"""Lesson 17: pictures of what a model has learned."""

import numpy as np

from mmdl.check.exercise import Exercise
from mmdl.check.known import mistakes_in
from mmdl.check.prediction import prediction
from mmdl.ops.softmax import softmax


def saliency(backward, logits, labels):
    """|dx| for dlogits = 1 at the label"""
    dlogits = np.zeros_like(logits)
    dlogits[np.arange(len(labels)), labels] = 1
    return np.abs(backward(dlogits))


def occlusion(f, x, size=2, fill=0.0):
    """f(x) − f(x with a square covered)"""
    drop = np.zeros((x.shape[0] // size, x.shape[1] // size))
    for p, q in np.ndindex(drop.shape):
        covered = x.copy()
        covered[p * size : (p + 1) * size, q * size : (q + 1) * size] = fill
        drop[p, q] = f(x) - f(covered)
    return drop


def principal_components(x, components=2):
    """The centred rows along the leading right singular vectors"""
    centred = x - x.mean(axis=0)
    directions = np.linalg.svd(centred, full_matrices=False)[2]
    return centred @ directions[:components].T


def spread(dlogits):
    """The backward pass of a model in an exercise: any linear map will do."""
    K = dlogits.shape[1]
    pattern = np.cos(np.arange(K * 12) ** 2).reshape(K, 3, 4)
    return np.tensordot(dlogits, pattern, 1)


def weighted(x):
    """A score: some pixels count more than others."""
    return float((np.sin(x) * np.arange(1, x.size + 1).reshape(x.shape)).sum())


def brightest(x):
    """A score: the brightest row."""
    return float(x.sum(axis=1).max())


def classes(draws):
    """Logits with their labels."""
    draws.size("K", (2, 3, 4))
    return {"backward": spread, "logits": 3 * draws.array("N K"), "labels": draws.integers("N", draws.size("K"))}


def pictures(draws):
    """A score, a picture, and squares that fit."""
    size, rows, columns = draws.of(2, 1, 3), draws.of(1, 2, 3), draws.of(2, 1, 3)
    x = draws.rng.standard_normal((rows * size, columns * size))
    return {"f": draws.of(weighted, brightest), "x": x, "size": size, "fill": draws.of(0.0, 0.5)}


def clouds(draws):
    """Points that differ more along some directions than along others, and not around zero."""
    D = draws.size("D", (2, 3, 4))
    N = draws.size("N", (5, 6, 8))
    x = draws.rng.standard_normal((N, D)) * 2.0 ** np.arange(D) + draws.rng.standard_normal(D)
    return {"x": x, "components": draws.of(2, 1)}


def with_one_sign(results):
    """Each column with its largest entry positive: which sign it has is nobody's decision."""
    (name, x), *_ = results.items()
    if x.ndim != 2 or not len(x):
        return results
    largest = x[np.abs(x).argmax(axis=0), np.arange(x.shape[1])]
    return {name: x * np.where(largest < 0, -1, 1)}


def pooled_logits_backward(dlogits, r, W):
    """dr[p, q] = dlogits Wᵀ / (P Q) at every place,   dW = (mean of r)ᵀ dlogits"""
    places = r.shape[1] * r.shape[2]
    return np.broadcast_to((dlogits @ W.T / places)[:, None, None], r.shape).copy(), r.mean(axis=(1, 2)).T @ dlogits


def squared_distances_backward(dd, x, c):
    """dx[n] = 2 Σ_m dd[n, m] (x[n] − c[m]),   dc[m] = 2 Σ_n dd[n, m] (c[m] − x[n])"""
    return 2 * (dd.sum(axis=1)[:, None] * x - dd @ c), 2 * (dd.sum(axis=0)[:, None] * c - dd.T @ x)


EXERCISES = (
    Exercise(
        saliency,
        classes,
        ("saliency",),
        (
            "dlogits has a 1 for each example, at its label, and zeros elsewhere: the logit itself, not its probability.",
            "dlogits[np.arange(N), labels] = 1, in an array of zeros like logits.",
            "Then np.abs(backward(dlogits)). The gradient of the probability would vanish where p is nearly 1.",
        ),
        axes={"saliency": "N R C"},
    ),
    Exercise(
        occlusion,
        pictures,
        ("drop",),
        (
            "Two loops over the squares. For each: copy x, fill the square, ask f.",
            "Square p, q covers the rows p * size to (p + 1) * size, and the columns likewise.",
            "f(x) − f(covered): positive where covering hurts. Start from x again for the next square.",
        ),
        axes={"drop": "P Q"},
    ),
    Exercise(
        principal_components,
        clouds,
        ("y",),
        (
            "First take the mean of the rows away, column by column.",
            "np.linalg.svd(centred, full_matrices=False) gives u, s, vt; the rows of vt are the directions, widest first.",
            "centred @ vt[:components].T",
        ),
        axes={"y": "N K"},
        settle=with_one_sign,
        tolerance=1e-7,
    ),
    Exercise(
        pooled_logits_backward,
        lambda draws: draws.arrays(dlogits="N K", r="N P Q D", W="D K"),
        ("dr", "dW"),
        (
            "Two steps: the mean over the places, and a product with W. Go back through the product first.",
            "The mean hands each place an equal share: dlogits Wᵀ / (P Q).",
            "dW meets what went in forward: (the mean of r)ᵀ dlogits.",
        ),
        axes={"dr": "N P Q D", "dW": "D K"},
    ),
    Exercise(
        squared_distances_backward,
        lambda draws: draws.arrays(dd="N K", x="N D", c="K D"),
        ("dx", "dc"),
        (
            "‖x − c‖² moves by 2 (x − c) if x is nudged, and by 2 (c − x) if c is.",
            "A picture is compared with all centres, and a centre with all pictures: each adds up what comes back.",
            "2 * (dd.sum(axis=1)[:, None] * x - dd @ c), and likewise for c with dd turned.",
        ),
        axes={"dx": "N D", "dc": "K D"},
    ),
)

MISTAKES = []


@mistakes_in(MISTAKES, "saliency")("Start from the logit: dlogits is 1 at the label and 0 elsewhere.")
def gradient_of_the_probability(backward, logits, labels):
    """It is the saliency of the probability: where p is nearly 1 it vanishes."""
    p = softmax(logits)
    one_hot = np.arange(logits.shape[1]) == labels[:, None]
    return np.abs(backward(p * (one_hot - np.take_along_axis(p, labels[:, None], 1))))


@mistakes_in(MISTAKES, "principal_components")(
    "Take the mean of the rows away first: the directions are those of the distances from it."
)
def not_centred(x, components=2):
    """The mean is not taken away, neither from the points nor before the directions are looked for."""
    return x @ np.linalg.svd(x, full_matrices=False)[2][:components].T


@mistakes_in(MISTAKES, "occlusion")("Positive where covering hurts: f(x) − f(covered).")
def difference_turned_round(f, x, size=2, fill=0.0):
    """Every entry has the wrong sign: it is f(covered) − f(x)."""
    return -occlusion(f, x, size, fill)


@mistakes_in(MISTAKES, "pooled_logits_backward")(
    "A mean over P · Q places hands each an equal share: divide by their number."
)
def whole_gradient_to_each_place(dlogits, r, W):
    """dr is not divided by the number of places: each gets the whole gradient."""
    dr, dW = pooled_logits_backward(dlogits, r, W)
    return dr * (r.shape[1] * r.shape[2]), dW


@mistakes_in(MISTAKES, "pooled_logits_backward")("W met the mean over the places, not their sum.")
def sum_of_the_places(dlogits, r, W):
    """dW is made with the sum over the places instead of their mean."""
    dr, dW = pooled_logits_backward(dlogits, r, W)
    return dr, dW * (r.shape[1] * r.shape[2])


@mistakes_in(MISTAKES, "squared_distances_backward")("‖x − c‖² falls as c comes nearer: its slope for c is 2 (c − x).")
def centre_pushed_like_the_picture(dd, x, c):
    """dc has the wrong sign: it is made with x − c, as dx is."""
    dx, dc = squared_distances_backward(dd, x, c)
    return dx, -dc


@mistakes_in(MISTAKES, "squared_distances_backward")("The slope of a square is twice what is squared.")
def two_of_the_square_left_out(dd, x, c):
    """dx and dc are half of what they should be: the slope of a square has a 2."""
    dx, dc = squared_distances_backward(dd, x, c)
    return dx / 2, dc / 2


@mistakes_in(MISTAKES, "principal_components")("The mean is taken away from what is projected, too.")
def projected_with_the_mean(x, components=2):
    """The directions are right, but the points are projected with their mean still in them."""
    return x @ np.linalg.svd(x - x.mean(axis=0), full_matrices=False)[2][:components].T


@mistakes_in(MISTAKES, "principal_components")("eigh sorts upwards: the widest directions come last.")
def narrowest_first(x, components=2):
    """The directions come in the wrong order: those in which the points differ least come first."""
    centred = x - x.mean(axis=0)
    return centred @ np.linalg.eigh(centred.T @ centred)[1][:, :components]


@mistakes_in(MISTAKES, "saliency")("Both directions count: np.abs of the gradient.")
def sign_kept(backward, logits, labels):
    """The sign of the gradient is kept; its size is asked for."""
    return backward(1.0 * (np.arange(logits.shape[1]) == labels[:, None]))


@mistakes_in(MISTAKES, "saliency")("One logit for each example: that of its label.")
def all_logits_at_once(backward, logits, labels):
    """dlogits is 1 for every class: it is the saliency of the sum of all logits, not of the label's."""
    return np.abs(backward(np.ones_like(logits)))


@mistakes_in(MISTAKES, "occlusion")("Start from x again for every square: covered = x.copy() within the loop.")
def squares_stay_covered(f, x, size=2, fill=0.0):
    """Squares stay covered: each entry is for all squares up to this one together."""
    drop, covered = np.zeros((x.shape[0] // size, x.shape[1] // size)), x.copy()
    for p, q in np.ndindex(drop.shape):
        covered[p * size : (p + 1) * size, q * size : (q + 1) * size] = fill
        drop[p, q] = f(x) - f(covered)
    return drop


@prediction("The slope of σ is p (1 − p).")
def saliency_of_a_probability():
    """p (1 − p) = 0.000999: a sure probability has nowhere to go. So ask the logit, not the probability."""
    p = 0.999
    return p * (1 - p)


@prediction("The mean is taken away first. In how many directions do points of a line differ?")
def components_of_a_line():
    """One: along the line. Without taking the mean away there would be a second, from the origin to the line."""
    points = np.array([1.0, 5.0, 0.0]) + np.linspace(-1, 1, 100)[:, None] * np.array([1.0, -2.0, 2.0])
    return int((np.abs(principal_components(points, 3)).max(axis=0) > 1e-9).sum())


PREDICTIONS = (saliency_of_a_probability, components_of_a_line)
