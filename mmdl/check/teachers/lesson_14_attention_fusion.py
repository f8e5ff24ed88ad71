"""Lesson 14: tokens of several modalities that attend to each other."""

from dataclasses import replace

import numpy as np

from mmdl.check.draws import EXTREMES, NOTHING, PLAIN
from mmdl.check.exercise import Exercise
from mmdl.check.known import mistakes_in
from mmdl.check.prediction import prediction
from mmdl.check.teachers.lesson_10_attention import ATTENTION
from mmdl.ops.attention import Attended, attention
from mmdl.ops.sequence_pooling import masked_mean
from mmdl.ops.softmax import softmax


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


def weights_without_backward(dy, weights, s):
    """dw_j = dy_j / (1 − w_s),   dw_s = Σ_j dy_j w_j / (1 − w_s)², sums without j = s"""
    left = 1 - weights[:, :, s : s + 1]
    others = np.delete(dy * weights, s, axis=2).sum(axis=2)
    dweights = dy / left
    dweights[:, :, s] = others / left[:, :, 0] ** 2
    return dweights


def some_weights_back(draws):
    """The same, and what comes back to the new weights."""
    return some_weights(draws) | {"dy": draws.array("N T S")}


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
    Exercise(
        weights_without_backward,
        some_weights_back,
        ("dweights",),
        (
            "Weights other than s were multiplied by 1 / (1 − w_s), and so is what comes back to them.",
            "w_s is in all divisors: the slope of 1 / (1 − w_s) is 1 / (1 − w_s)². dy_s itself goes nowhere.",
            "dw_s = Σ_j dy_j w_j / (1 − w_s)², the sum over all keys but s.",
        ),
        axes={"dweights": "N T S"},
    ),
)

MISTAKES = []
in_types_backward = mistakes_in(MISTAKES, "token_types_backward")
in_masked = mistakes_in(MISTAKES, "masked_attention")
in_fusion = mistakes_in(MISTAKES, "attention_fusion")


@mistakes_in(MISTAKES, "weights_without")("The others must sum to one again: divide by 1 − a_s.")
def not_made_to_sum_to_one(weights, s):
    """The weight of s is 0, but the others are as they were: the rows sum to less than one."""
    rest = weights.copy()
    rest[:, :, s] = 0
    return rest


@in_types_backward("Every example used the vector of a modality: add up over the examples, too.")
def types_of_the_first_example(dy, tokens, types):
    """In dtypes only the first example counts; what the others send is left out."""
    pieces, _ = token_types_backward(dy, tokens, types)
    return pieces, np.stack([piece[0].sum(axis=0) for piece in pieces])


@in_types_backward("Every example used the vector of a modality: += and not =.")
def types_of_the_last_example(dy, tokens, types):
    """In dtypes only the last example counts, which has overwritten the others."""
    pieces, _ = token_types_backward(dy, tokens, types)
    return pieces, np.stack([piece[-1].sum(axis=0) for piece in pieces])


@in_types_backward("Add up over the examples; do not average.")
def types_averaged_over_the_batch(dy, tokens, types):
    """dtypes is the mean over the examples instead of their sum."""
    pieces, dtypes = token_types_backward(dy, tokens, types)
    return pieces, dtypes / len(dy)


@in_types_backward("Every token used the vector of its modality: add up over the tokens, too.")
def types_averaged_over_the_tokens(dy, tokens, types):
    """In dtypes the tokens of a modality are averaged instead of added up."""
    pieces, _ = token_types_backward(dy, tokens, types)
    return pieces, np.stack([piece.mean(axis=1).sum(axis=0) for piece in pieces])


@in_masked("Use −∞: e^(−∞) is exactly 0, and a row without keys can be told from the others.")
def large_number_for_infinity(q, k, v, mask):
    """Masked scores become a large negative number, not −∞: a row without keys attends to its padding, all alike."""
    nothing = ~mask.any(axis=1)
    weights = np.where(nothing[:, None, None], 1 / k.shape[1], attention(q, k, v, mask).weights)
    return Attended(weights @ v, weights)


@in_masked("Use −∞: e^(−∞) is exactly 0, and a row without keys can be told from the others.")
def large_number_added(q, k, v, mask):
    """A large number is subtracted from masked scores, which are not −∞: a row without keys attends to its padding."""
    return attention(q, k, v, mask | ~mask.any(axis=1, keepdims=True))


@in_masked("A score of 0 is a score like others: e^0 = 1. Set it to −∞.")
def zero_for_infinity(q, k, v, mask):
    """Masked scores are set to 0 instead of −∞, and rows without keys to zero: padding still gets weight elsewhere."""
    scores = q @ k.mT / np.sqrt(q.shape[-1]) * mask[:, None]
    weights = softmax(scores) * mask.any(axis=1)[:, None, None]
    return Attended(weights @ v, weights)


@in_fusion("Only tokens that are there count: divide by their number, and multiply by the mask before you add up.")
def padding_in_the_mean(tokens, masks, types, Wq, Wk, Wv):
    """z is the mean over all places: the answers of padding are in it."""
    x, mask = token_types(tokens, types), np.concatenate(masks, axis=1)
    y, weights = attention(x @ Wq, x @ Wk, x @ Wv, mask)
    return y.mean(axis=1), weights


@in_fusion("Divide by the number of tokens that are there.")
def padding_counted_in_the_mean(tokens, masks, types, Wq, Wk, Wv):
    """In z padding adds nothing, but it is counted: the sum is divided by all places."""
    x, mask = token_types(tokens, types), np.concatenate(masks, axis=1)
    y, weights = attention(x @ Wq, x @ Wk, x @ Wv, mask)
    return (y * mask[:, :, None]).mean(axis=1), weights


@in_fusion("Keys that are padding get no weight: the mask goes into the softmax.")
def mask_only_in_the_mean(tokens, masks, types, Wq, Wk, Wv):
    """The mask is used for the mean, but not in the attention: padding gets weight."""
    x, mask = token_types(tokens, types), np.concatenate(masks, axis=1)
    y, weights = attention(x @ Wq, x @ Wk, x @ Wv)
    return masked_mean(y, mask), weights


@mistakes_in(MISTAKES, "weights_without_backward")("w_s is in all divisors: it gets Σ_j dy_j w_j / (1 − w_s)².")
def divisor_taken_for_a_constant(dy, weights, s):
    """w_s gets 0: that all others are divided by 1 − w_s is forgotten."""
    dweights = dy / (1 - weights[:, :, s : s + 1])
    dweights[:, :, s] = 0
    return dweights


@mistakes_in(MISTAKES, "weights_without_backward")("The slope of 1 / (1 − w_s) has a square below.")
def divisor_not_squared(dy, weights, s):
    """What w_s gets is divided by 1 − w_s once; the slope of 1 / (1 − w_s) has its square."""
    dweights = weights_without_backward(dy, weights, s)
    dweights[:, :, s] *= 1 - weights[:, :, s]
    return dweights


@mistakes_in(MISTAKES, "weights_without_backward")("y_s is 0 whatever w_s is: dy_s goes nowhere.")
def masked_key_counted(dy, weights, s):
    """In what w_s gets, key s itself is counted; y_s is 0 and has no part in it."""
    dweights = weights_without_backward(dy, weights, s)
    dweights[:, :, s] += dy[:, :, s] * weights[:, :, s] / (1 - weights[:, :, s]) ** 2
    return dweights


@mistakes_in(MISTAKES, "weights_without")("Who had more gets more: divide all by 1 − a_s.")
def shared_out_equally(weights, s):
    """What key s had is shared out equally among the others; it should go in proportion to what they have."""
    rest = weights + weights[:, :, s : s + 1] / (weights.shape[2] - 1)
    rest[:, :, s] = 0
    return rest


@prediction("The others had 0.8 together, and shall have 1.")
def factor_of_the_others():
    """1 / (1 − 0.2) = 1.25, whatever the words are: arithmetic, not meaning."""
    return float(weights_without(np.array([[[0.2, 0.8]]]), 0)[0, 0, 1] / 0.8)


@prediction("Each token of the sequence looks at each.")
def shape_of_the_weights():
    """(4, 19, 19): words look at words and patches, and patches at both."""
    tokens = np.zeros((4, 3, 2)), np.zeros((4, 16, 2))
    x = token_types(tokens, np.zeros((2, 2)))
    return attention(x, x, x).weights.shape


PREDICTIONS = (factor_of_the_others, shape_of_the_weights)
