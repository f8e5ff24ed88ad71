"""Lesson 14: tokens of several modalities that attend to each other."""

from dataclasses import replace

import numpy as np

from mmdl.check.draws import EXTREMES, NOTHING, PLAIN
from mmdl.check.exercise import Exercise
from mmdl.check.known import mistakes_in
from mmdl.check.teachers.lesson_10_attention import ATTENTION
from mmdl.ops.attention import (
    attention,
)
from mmdl.ops.sequence_pooling import masked_mean


def masked_attention(q, k, v, mask):
    """y = a v, a being a softmax over the keys that are there"""
    return attention(q, k, v, mask)


def token_types(tokens, types):
    """Each modality's tokens and its vector, one after the other"""
    return np.concatenate([x + types[m] for m, x in enumerate(tokens)], axis=1)


def token_types_backward(dy, tokens, types):
    """Cut dy where the tokens were joined; a type gets the sum of its piece"""
    pieces = np.split(dy, np.cumsum([x.shape[1] for x in tokens])[:-1], axis=1)
    return tuple(pieces), np.stack([piece.sum(axis=(0, 1)) for piece in pieces])


def weights_without(weights, s):
    """0 at s, the others divided by 1 − a_s"""
    rest = weights / (1 - weights[:, :, s : s + 1])
    rest[:, :, s] = 0
    return rest


def attention_fusion(tokens, masks, types, Wq, Wk, Wv):
    """z = mean of attention(x Wq, x Wk, x Wv)  with  x = token_types(tokens, types)"""
    x, mask = token_types(tokens, types), np.concatenate(masks, axis=1)
    y, weights = attention(x @ Wq, x @ Wk, x @ Wv, mask)
    return masked_mean(y, mask), weights


def typed(draws):
    """Tokens of several modalities, and what is added to them."""
    count, N, D = draws.size("M", (1, 2, 3)), draws.size("N"), draws.size("D")
    lengths = [draws.of(1, 2, 3) for _ in range(count)]
    tokens = tuple(draws.rng.standard_normal((N, length, D)) for length in lengths)
    dy = draws.rng.standard_normal((N, sum(lengths), D))
    return {"dy": dy, "tokens": tokens, "types": draws.array("M D")}


def fused(draws):
    """The same with masks and projections."""
    drawn = typed(draws)
    masks = tuple(draws.rng.random(x.shape[:2]) < 0.7 for x in drawn["tokens"])
    return drawn | {"masks": masks} | draws.arrays(Wq="D H", Wk="D H", Wv="D V")


def some_weights(draws):
    """Rows of weights, and a key."""
    weights = draws.rng.uniform(0.1, 1, (draws.size("N"), draws.size("T"), draws.size("S", (2, 3, 4))))
    return {"weights": weights / weights.sum(axis=2, keepdims=True), "s": draws.of(0, 1)}


EXERCISES = (
    Exercise(
        token_types,
        typed,
        ("x",),
        (
            "types[m] is a vector of length D: added to an array (N, T_m, D), it goes to every token.",
            "np.concatenate([...], axis=1): tokens stand along axis 1.",
        ),
        axes={"x": "N T D"},
    ),
    Exercise(
        token_types_backward,
        typed,
        ("dtokens", "dtypes"),
        (
            "Cut dy along axis 1 into pieces of the lengths T_m: np.split takes the places where to cut.",
            "types[m] was added to T_m tokens in each of N examples: its gradient is the sum over both axes.",
            "tuple(pieces), np.stack([piece.sum(axis=(0, 1)) for piece in pieces])",
        ),
        axes={"dtokens": "N T D", "dtypes": "M D"},
    ),
    replace(
        ATTENTION,
        reference=masked_attention,
        whole=attention,
        family=ATTENTION,
        variants=(PLAIN, EXTREMES, NOTHING),
        hints=(
            "Mask the scores, not the weights: a key that is not there must not take part in the sum of the softmax.",
            "Scores become −∞ where mask[:, None, :] is False, so e^s is 0 there. Take the row's maximum first.",
            "A row without keys has nothing to divide by: use 1 instead of a sum that is 0.",
        ),
    ),
    Exercise(
        weights_without,
        some_weights,
        ("weights",),
        (
            "Masking takes e^s of one key out of the sum, so all other weights grow by the same factor.",
            "weights / (1 − weights[:, :, s : s + 1]), and then 0 at s: in a new array.",
        ),
        axes={"weights": "N T S"},
    ),
    Exercise(
        attention_fusion,
        fused,
        ("z", "weights"),
        (
            "Build it from the others: token_types, then three products, then masked_attention.",
            "The masks are joined as the tokens are: np.concatenate(masks, axis=1).",
            "The mean counts only the tokens that are there, and gives zeros where there are none.",
        ),
        axes={"z": "N V", "weights": "N T S"},
    ),
)

MISTAKES = []


@mistakes_in(MISTAKES, "weights_without")("The others must sum to one again: divide by 1 − a_s.")
def not_made_to_sum_to_one(weights, s):
    """The weight of s is 0, but the others are as they were: the rows sum to less than one."""
    rest = weights.copy()
    rest[:, :, s] = 0
    return rest
