"""Lesson 10: attention and positions."""

from dataclasses import replace

import numpy as np

from mmdl.check.draws import EXTREMES, PLAIN
from mmdl.check.exercise import Exercise, backward, forward, piece
from mmdl.check.known import mistakes_in
from mmdl.check.prediction import prediction
from mmdl.ops.attention import (
    Attended,
    attention,
    attention_backward,
)
from mmdl.ops.softmax import softmax, softmax_backward
from mmdl.verify.catalogue import CATALOGUE


def attention_weights(q, k):
    """a = softmax(q kᵀ / √D)"""
    return attention(q, k, k).weights


def unbiased(draws):
    """Queries, keys and values; the bias on the scores is no part of the lesson."""
    return CATALOGUE["attention"].arguments(draws) | {"bias": None}


ATTENTION = replace(
    forward(
        "attention",
        "Three lines: the scores s = q kᵀ / √D, the weights a = softmax(s), the answer y = a v.",
        "k.mT exchanges the last two axes, so q @ k.mT is (N, T, S): every query against every key.",
        "Softmax runs along the keys, axis=-1, and takes the largest score away first. D is q.shape[-1].",
        variants=(PLAIN, EXTREMES),
    ),
    draw=unbiased,
)


def distances_backward(ds, q, k):
    """dq[t] = Σ_s ds[t, s] (k[s] − q[t]),   dk[s] = Σ_t ds[t, s] (q[t] − k[s])"""
    return ds @ k - ds.sum(axis=2)[:, :, None] * q, ds.mT @ q - ds.sum(axis=1)[:, :, None] * k


EXERCISES = (
    piece(
        attention_weights,
        ATTENTION,
        "weights",
        "The scores are inner products: q @ k.mT, divided by √D. D is the length of a query.",
        "Each row of scores becomes a row of weights: a softmax along the last axis, the keys.",
        "Take the row's maximum away before np.exp, or scores of 10,000 overflow.",
    ),
    ATTENTION,
    replace(
        backward(
            "attention",
            "Read the forward pass upwards: y = a v, then a = softmax(s), then s = q kᵀ / √D.",
            "da = dy vᵀ and dv = aᵀ dy. Softmax: ds = a ∘ (da − ⟨da, a⟩), the inner product along the keys.",
            "s was divided by √D, so what goes on to q and k is ds / √D.",
            "dq = ds k / √D,   dk = dsᵀ q / √D",
        ),
        draw=unbiased,
    ),
    replace(
        forward(
            "sinusoidal_positions",
            "Columns come in pairs, 2i and 2i + 1, with the same speed: t / 10000^(2i / D).",
            "The even column of a pair is the sine, the odd one the cosine. If D is odd the last pair has only its sine.",
            "column = np.arange(D); speed = 10000.0 ** (-(column // 2 * 2) / D); np.where(column % 2 == 0, sin, cos)",
        ),
        axes={"y": "T D"},
        draw=lambda draws: {"T": draws.of(1, 2, 5), "D": draws.of(1, 2, 3, 6)},
    ),
    Exercise(
        distances_backward,
        lambda draws: draws.arrays(ds="N T S", q="N T D", k="N S D"),
        ("dq", "dk"),
        (
            "−‖q − k‖² / 2 moves by k − q if q is nudged, and by q − k if k is.",
            "A query meets all keys: dq[t] = Σ_s ds[t, s] (k[s] − q[t]). And a key all queries.",
            "ds @ k − ds.sum(axis=2)[:, :, None] * q, and likewise with ds turned.",
        ),
        axes={"dq": "N T D", "dk": "N S D"},
    ),
)

MISTAKES = []
in_attention = mistakes_in(MISTAKES, "attention")
in_attention_backward = mistakes_in(MISTAKES, "attention_backward")


def _seen(k, mask):
    return (np.ones(k.shape[:-1], bool) if mask is None else mask)[..., None, :]


@in_attention("Divide the scores by √D, D being the length of a query.")
def scale_left_out(q, k, v, mask=None, causal=False, bias=None):
    """The scores are not divided by √D."""
    return attention(q * np.sqrt(q.shape[-1]), k, v, mask, causal, bias)


@in_attention("The divisor is the square root of D: a sum of D products grows with √D.")
def scaled_by_d(q, k, v, mask=None, causal=False, bias=None):
    """The scores are divided by D instead of √D."""
    return attention(q / np.sqrt(q.shape[-1]), k, v, mask, causal, bias)


@in_attention("The scores are divided, before the softmax.")
def weights_scaled_instead_of_scores(q, k, v, mask=None, causal=False, bias=None):
    """The weights are divided by √D, after the softmax: their rows do not sum to one."""
    weights = attention(q * np.sqrt(q.shape[-1]), k, v, mask, causal, bias).weights / np.sqrt(q.shape[-1])
    return Attended(weights @ v, weights)


@in_attention("√D belongs to the queries and keys; V is the width of the values.")
def scaled_by_the_number_of_keys(q, k, v, mask=None, causal=False, bias=None):
    """The scores are divided by √S, S being the number of keys, instead of √D."""
    return attention(q * np.sqrt(q.shape[-1] / k.shape[-2]), k, v, mask, causal, bias)


@in_attention("Each query distributes its attention over the keys: softmax along the last axis.")
def softmax_over_queries(q, k, v, mask=None, causal=False, bias=None):
    """The softmax runs over the queries: columns of the weights sum to one, not rows."""
    weights = softmax((q @ k.mT / np.sqrt(q.shape[-1])).mT).mT
    return Attended(weights @ v, weights)


@in_attention("Mask the scores with −∞ before the softmax, so that a key that is not there has no part in the sum.")
def masked_after_softmax(q, k, v, mask=None, causal=False, bias=None):
    """The mask comes after the softmax: the rows of the weights sum to less than one."""
    weights = attention(q, k, v, bias=bias).weights * _seen(k, mask)
    return Attended(weights @ v, weights)


@in_attention("A score of 0 is a score like others: e^0 = 1. Set it to −∞.")
def masked_with_zero(q, k, v, mask=None, causal=False, bias=None):
    """Masked scores are set to 0 instead of −∞: those keys still get weight."""
    weights = softmax(q @ k.mT / np.sqrt(q.shape[-1]) * _seen(k, mask))
    return Attended(weights @ v, weights)


@in_attention("True means that there is a key: the scores become −∞ where the mask is False.")
def mask_turned_round(q, k, v, mask=None, causal=False, bias=None):
    """The mask is turned round: keys that are there are hidden, and the others seen."""
    return attention(q, k, v, ~_seen(k, mask)[..., 0, :], causal, bias)


@in_attention("The scores grow with the keys, and e^s overflows: subtract each row's maximum first.")
def scores_overflow(q, k, v, mask=None, causal=False, bias=None):
    """It is right for small scores, but for large ones it gives nan: e^s is too large for a float."""
    e = np.exp(q @ k.mT / np.sqrt(q.shape[-1]))
    weights = e / e.sum(axis=-1, keepdims=True)
    return Attended(weights @ v, weights)


@in_attention_backward("The forward divisor returns: s was q kᵀ / √D, so dq = ds k / √D, and dk likewise.")
def divisor_forgotten(dy, q, k, v, weights, bias=None):
    """dq and dk are √D times too large."""
    dq, dk, dv = attention_backward(dy, q, k, v, weights)
    root = np.sqrt(q.shape[-1])
    return dq * root, dk * root, dv


@in_attention_backward(
    "When one weight rises the others fall: ds = a ∘ (da − ⟨da, a⟩), the inner product along the keys."
)
def softmax_diagonal_only(dy, q, k, v, weights, bias=None):
    """For dq and dk only the diagonal of the softmax's Jacobian is used."""
    ds = dy @ v.mT * weights * (1 - weights) / np.sqrt(q.shape[-1])
    return ds @ k, ds.mT @ q, weights.mT @ dy


@in_attention_backward("Between da and ds lies the softmax: ds = a ∘ (da − ⟨da, a⟩).")
def softmax_skipped(dy, q, k, v, weights, bias=None):
    """dq and dk are made from da, as if there were no softmax."""
    ds = dy @ v.mT / np.sqrt(q.shape[-1])
    return ds @ k, ds.mT @ q, weights.mT @ dy


@in_attention_backward("When one weight rises the others fall: subtract ⟨da, a⟩, along the keys.")
def softmax_product_left_out(dy, q, k, v, weights, bias=None):
    """In the softmax's backward pass ⟨da, a⟩ is not subtracted."""
    ds = dy @ v.mT * weights / np.sqrt(q.shape[-1])
    return ds @ k, ds.mT @ q, weights.mT @ dy


@in_attention_backward("dq belongs to q: ds k. dk belongs to k: dsᵀ q.")
def queries_and_keys_exchanged(dy, q, k, v, weights, bias=None):
    """dq and dk are exchanged."""
    dq, dk, dv = attention_backward(dy, q, k, v, weights)
    return dk, dq, dv


@in_attention_backward("⟨da, a⟩ is one number for each query: the sum runs along the keys, axis=-1.")
def product_along_queries(dy, q, k, v, weights, bias=None):
    """In the softmax's backward pass the inner product runs along the queries."""
    ds = softmax_backward((dy @ v.mT).mT, weights.mT).mT / np.sqrt(q.shape[-1])
    return ds @ k, ds.mT @ q, weights.mT @ dy


@mistakes_in(MISTAKES, "sinusoidal_positions")("Columns 2i and 2i + 1 are a pair: sine and cosine of the same angle.")
def sines_first(T, D):
    """All sines come first, then all cosines; they should alternate."""
    angle = np.arange(T)[:, None] * 10000.0 ** (-2 * np.arange((D + 1) // 2) / D)
    return np.hstack([np.sin(angle), np.cos(angle)])[:, :D]


@mistakes_in(MISTAKES, "sinusoidal_positions")("The exponent is 2i / D, where 2i is the even column of the pair.")
def exponent_of_the_column(T, D):
    """The exponent is column / D, another one for the sine and the cosine of a pair."""
    column = np.arange(D)
    angle = np.arange(T)[:, None] * 10000.0 ** (-column / D)
    return np.where(column % 2 == 0, np.sin(angle), np.cos(angle))


@in_attention("D is the length of one query, q.shape[-1]; q.shape[-2] is how many there are.")
def scaled_by_the_number_of_queries(q, k, v, mask=None, causal=False, bias=None):
    """The scores are divided by √T, T being the number of queries, instead of √D."""
    return attention(q * np.sqrt(q.shape[-1] / q.shape[-2]), k, v, mask, causal, bias)


@in_attention("D is the length of a query; V is the width of the values.")
def scaled_by_the_width_of_the_values(q, k, v, mask=None, causal=False, bias=None):
    """The scores are divided by √V, V being the width of the values, instead of √D."""
    return attention(q * np.sqrt(q.shape[-1] / v.shape[-1]), k, v, mask, causal, bias)


@in_attention("Divide by √D: softmax is sharper with larger scores, and a product would make them larger still.")
def multiplied_by_the_root(q, k, v, mask=None, causal=False, bias=None):
    """The scores are multiplied by √D instead of divided."""
    return attention(q * q.shape[-1], k, v, mask, causal, bias)


@in_attention_backward("The divisor is that of the forward pass, √D: once, and in dq and dk alike.")
def divisor_twice(dy, q, k, v, weights, bias=None):
    """dq and dk are divided by D instead of √D."""
    dq, dk, dv = attention_backward(dy, q, k, v, weights)
    root = np.sqrt(q.shape[-1])
    return dq / root, dk / root, dv


@in_attention_backward("⟨da, a⟩ is one number for each query: sum(axis=-1, keepdims=True).")
def one_product_for_all_queries(dy, q, k, v, weights, bias=None):
    """In the softmax's backward pass one number is subtracted for all queries of an example."""
    da = dy @ v.mT
    ds = weights * (da - (weights * da).sum(axis=(-2, -1), keepdims=True)) / np.sqrt(q.shape[-1])
    return ds @ k, ds.mT @ q, weights.mT @ dy


@in_attention_backward("y = a v: dv = aᵀ dy. The weights are turned, as x is in dW = xᵀ dy.")
def values_without_the_weights(dy, q, k, v, weights, bias=None):
    """dv is the sum of dy over the queries, without the weights."""
    dq, dk, dv = attention_backward(dy, q, k, v, weights)
    return dq, dk, np.broadcast_to(dy.sum(axis=-2, keepdims=True), dv.shape).copy()


@mistakes_in(MISTAKES, "distances_backward")("−‖q − k‖² / 2 also falls as q grows itself: its slope is k − q, not k.")
def own_length_left_out(ds, q, k):
    """dq and dk are those of an inner product: that a vector's own length counts is forgotten."""
    return ds @ k, ds.mT @ q


@mistakes_in(MISTAKES, "distances_backward")("The 2 of the square and the 1/2 of the formula cancel.")
def square_not_halved(ds, q, k):
    """dq and dk are twice as large: the half in the formula is forgotten."""
    dq, dk = distances_backward(ds, q, k)
    return 2 * dq, 2 * dk


@mistakes_in(MISTAKES, "sinusoidal_positions")("The even column of a pair is the sine.")
def cosines_in_even_columns(T, D):
    """Sine and cosine are exchanged: even columns hold the cosine."""
    column = np.arange(D)
    angle = np.arange(T)[:, None] * 10000.0 ** (-(column // 2 * 2) / D)
    return np.where(column % 2 == 0, np.cos(angle), np.sin(angle))


@prediction("Each product q_d k_d has variance 1. Variances of independent numbers add up.")
def variance_of_a_score():
    """64 products with variance 1 each: 64. Scores are as large as 8, their root, and the divisor brings them to 1."""
    q = np.array([1.0, -1.0])  # mean 0, variance 1
    return 64 * float(np.outer(q, q).var())


@prediction("y = Σ_s a_s v_s, and each weight moves with its value.")
def shuffled_keys():
    """Weights move with their values, and the sum stays: attention sees a set. Positions have to tell the order."""
    rng = np.random.default_rng(0)
    q, k, v = rng.standard_normal((1, 2, 3)), rng.standard_normal((1, 4, 3)), rng.standard_normal((1, 4, 3))
    return "b" if np.allclose(attention(q, k, v).y, attention(q, k[:, ::-1], v[:, ::-1]).y) else "c"


PREDICTIONS = (variance_of_a_score, shuffled_keys)
