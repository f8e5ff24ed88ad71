"""Lesson 13: features joined, multiplied, crossed."""

import numpy as np

from mmdl.check.draws import PLAIN, ZEROS
from mmdl.check.exercise import Exercise, backward, forward
from mmdl.check.known import mistakes_in
from mmdl.check.prediction import prediction
from mmdl.ops.fusion import elementwise_product


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
        variants=(PLAIN, ZEROS),
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
        variants=(PLAIN, ZEROS),
        axes={"da": "N D", "db": "N K"},
    ),
)

MISTAKES = []
in_features_backward = mistakes_in(MISTAKES, "elementwise_product_backward")


@in_features_backward("Each gets what it was multiplied by: the others' values.")
def own_factor_kept(dy, features):
    """Each gets dy times its own value instead of the others': with two features, da and db are exchanged."""
    return tuple(dy * x for x in features)


@in_features_backward("Its own value does not belong to it: only the product of the others.")
def whole_product_kept(dy, features):
    """Each gets dy times the whole product, its own value included."""
    return tuple(dy * elementwise_product(features) for _ in features)


@in_features_backward("A product does not hand its gradient on as it is: each gets dy times the others' values.")
def gradient_as_of_a_sum(dy, features):
    """Each gets dy, as if the features were added up."""
    return tuple(dy.copy() for _ in features)


@mistakes_in(MISTAKES, "tensor_product_backward")("da gets b's values, and db gets a's.")
def own_values(dy, a, b):
    """Each gets dy times its own values."""
    dy = dy.reshape(len(a), a.shape[1], b.shape[1])
    return a * dy.sum(axis=2), b * dy.sum(axis=1)


@mistakes_in(MISTAKES, "tensor_product")("Entry d of a and k of b stand at d · K + k: a's index runs slowly, b's fast.")
def other_way_round(a, b):
    """The right numbers in another order: b's index runs slowly and a's fast."""
    return (b[:, :, None] * a[:, None, :]).reshape(len(a), -1)


@in_features_backward("0 / 0 is no number: multiply the others instead of dividing the product by its own value.")
def product_divided_by_own_value(dy, features):
    """It is right but where a value is 0: there dy ∘ y / x divides by it."""
    y = elementwise_product(features)
    return tuple(dy * y / x for x in features)


@in_features_backward("With more than two, each gets the product of all others: features[:m] + features[m + 1 :].")
def one_other_only(dy, features):
    """Each gets dy times one of the others; right with two features, but with three one factor is missing."""
    return tuple(dy * features[m - 1] if len(features) > 1 else dy for m in range(len(features)))


@in_features_backward("With more than two, each gets the product of all others: features[:m] + features[m + 1 :].")
def next_one_only(dy, features):
    """Each gets dy times the feature after it; right with two, but with three one factor is missing."""
    return tuple(dy * features[m + 1 - len(features)] if len(features) > 1 else dy for m in range(len(features)))


@mistakes_in(MISTAKES, "concatenate_backward")("Cut where the features were joined: np.cumsum of their widths.")
def equal_parts(dy, features):
    """dy is cut into equal parts, but features may be of different widths."""
    return tuple(np.array_split(dy, len(features), axis=-1))


@mistakes_in(MISTAKES, "tensor_product_backward")(
    "Each gets what it was multiplied by, and the others' values may be 0."
)
def table_divided_by_own_value(dy, a, b):
    """It is right but where a value is 0: there it divides by it."""
    table = dy.reshape(len(a), a.shape[1], b.shape[1]) * a[:, :, None] * b[:, None, :]
    return table.sum(axis=2) / a, table.sum(axis=1) / b


@prediction("Add up the head's scores of the two cases that should be alike.")
def linear_head_on_xor():
    """Both sums are twice the bias. A product a b as a feature, or a hidden layer, is what it takes."""
    inputs = np.array([[1.0, 1], [-1, -1], [1, -1], [-1, 1]])
    score = inputs @ np.random.default_rng(0).standard_normal(2)
    return "b" if abs(score[0] + score[1] - score[2] - score[3]) < 1e-12 else "a"


@prediction("Every entry of a times every entry of b, and all examples for themselves.")
def shape_of_a_tensor_product():
    """(8, 600): all 20 · 30 products for each example. Width is what a tensor product costs."""
    return tensor_product(np.zeros((8, 20)), np.zeros((8, 30))).shape


PREDICTIONS = (linear_head_on_xor, shape_of_a_tensor_product)
