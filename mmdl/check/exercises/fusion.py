"""Lessons 12 and 13: several experts, several features."""

import numpy as np

from mmdl.check.exercise import Exercise, backward, forward


def tensor_product(a, b):
    """y[d · K + k] = a[d] b[k]"""
    return (a[:, :, None] * b[:, None, :]).reshape(len(a), -1)


def tensor_product_backward(dy, a, b):
    """da[d] = Σ_k dy[d, k] b[k],   db[k] = Σ_d dy[d, k] a[d]"""
    dy = dy.reshape(len(a), a.shape[1], b.shape[1])
    return np.einsum("ndk,nk->nd", dy, b), np.einsum("ndk,nd->nk", dy, a)


def two_vectors(draws):
    """Two vectors for each example, and an upstream gradient."""
    drawn = draws.arrays(a="N D", b="N K")
    return drawn | {"dy": draws.rng.standard_normal((draws.size("N"), draws.size("D") * draws.size("K")))}


EXERCISES = (
    forward(
        "average_of_experts",
        "First every expert's p_m = softmax(logits_m), then their mean, then the logarithm.",
        "A probability may be too small for a float, and log 0 is −∞. Work with log p_m: s − max − log Σ e^(s − max).",
        "log Σ_m e^(l_m) is safe when the largest l_m is taken out first: max + log Σ e^(l_m − max). Then subtract log M.",
    ),
    backward(
        "average_of_experts",
        "Two steps back: from l to every log p_m, and from log p_m to logits_m.",
        "The share of expert m in the vote for class k is p_m[k] / Σ p[k]; that is e^(log p_m − l) / M.",
        "Through log-softmax: dlogits_m = d − p_m Σ_k d, with d = dl ∘ share_m.",
    ),
    forward(
        "product_of_experts",
        "The logarithm of a product is a sum. What is the product of softmaxes, before it is normalised?",
        "Add up the logits of all experts, and take the log-softmax of that.",
        "log-softmax: s − max − log Σ e^(s − max), along the last axis.",
    ),
    backward(
        "product_of_experts",
        "l = log_softmax(Σ logits). A sum hands its gradient to everyone.",
        "Log-softmax backward: dl - p Σ_k dl, with p = np.exp(l) and a sum along each row.",
        "Return a tuple with that gradient M times.",
    ),
    forward(
        "concatenate",
        "Along the last axis: np.concatenate(features, axis=-1).",
        "The widths may differ; the number of rows may not.",
    ),
    backward(
        "concatenate",
        "Each feature gets back the columns that came from it.",
        "Where the columns of feature m end: np.cumsum of the widths. np.split(dy, ends[:-1], axis=-1) cuts there.",
        "Return a tuple: tuple(np.split(...)).",
    ),
    forward(
        "elementwise_product",
        "Multiply them all, entry by entry: start with the first and go on.",
        "math.prod(features) does that for a tuple of arrays.",
    ),
    backward(
        "elementwise_product",
        "With two: y = a ∘ b. Nudge a by 1 and y moves by b: each gets the other's value.",
        "With more: all the others, features[:m] + features[m + 1 :], but not its own.",
        "Dividing y by x_m gives the same, until x_m is 0.",
    ),
    Exercise(
        tensor_product,
        two_vectors,
        ("y",),
        (
            "First a table with rows d and columns k for each example: a[:, :, None] * b[:, None, :].",
            "Then the table as one row: .reshape(N, -1) goes through it row by row.",
        ),
        axes={"y": "N D"},
    ),
    Exercise(
        tensor_product_backward,
        two_vectors,
        ("da", "db"),
        (
            "Make a table of dy again: dy.reshape(N, D, K).",
            "Entry d, k is a[d] b[k]: da[d] gets dy[d, k] b[k], for every k.",
            "(dy * b[:, None, :]).sum(axis=2), and likewise for b.",
        ),
        axes={"da": "N D", "db": "N K"},
    ),
)
