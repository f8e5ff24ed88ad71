"""Lesson 11: layer normalisation, heads, and the transformer block."""

import numpy as np

from mmdl.check.draws import EXTREMES, PLAIN
from mmdl.check.exercise import Exercise, backward, forward
from mmdl.check.known import mistakes_in
from mmdl.check.prediction import prediction
from mmdl.check.teachers import norms
from mmdl.ops.attention import (
    Attended,
    attention,
    merge_heads,
    multi_head_attention,
    split_heads,
)
from mmdl.ops.normalization import layer_norm, layer_norm_backward


def causal_mask(T):
    """mask[t, s] = s ≤ t"""
    return np.arange(T) <= np.arange(T)[:, None]


def transformer_block(x, attend, think):
    """z = x + attend(x),   y = z + think(z)"""
    z = x + attend(x)
    return z + think(z)


def transformer_block_backward(dy, attend_backward, think_backward):
    """dz = dy + think_backward(dy),   dx = dz + attend_backward(dz)"""
    dz = dy + think_backward(dy)
    return dz + attend_backward(dz)


def sines(x):
    """What attends, or thinks, in an exercise: any function will do."""
    return np.sin(x) @ np.tri(x.shape[-1])


def halves(x):
    """Another one."""
    return x[..., ::-1] / 2 + x * x


def steps(draws):
    """Tokens and two functions."""
    attend, think = draws.of((sines, halves), (halves, sines))
    return (
        draws.arrays(x="N T D", dy="N T D")
        | dict.fromkeys(("attend", "attend_backward"), attend)
        | {
            "think": think,
            "think_backward": think,
        }
    )


def heads(draws):
    """Columns that the heads can divide."""
    count = draws.of(2, 1, 3)
    draws.size("H", (count, 2 * count, 3 * count))
    return draws.arrays(x="N T H") | {"heads": count}


def split(draws):
    """Heads on an axis of their own."""
    return {"x": draws.rng.standard_normal((draws.size("N"), draws.of(2, 1, 3), draws.size("T"), draws.size("D")))}


MULTI_HEAD = forward(
    "multi_head_attention",
    "Split the columns of q, k and v among the heads, attend with each head for itself, and join the columns again.",
    "x.reshape(N, T, heads, D // heads) divides the columns; then .swapaxes(1, 2) brings the heads to the front.",
    "Attention over the last two axes treats all heads at once; its divisor is √(D / heads), the width of one head.",
    variants=(PLAIN, EXTREMES),
)

BLOCK = {"axes": {"y": "N T D", "dx": "N T D"}}

EXERCISES = (
    forward(
        "layer_norm",
        "Mean and variance of each row by itself: axis=-1, keepdims=True.",
        "The variance is the mean of the squared distances from the mean: divided by D, not by D − 1.",
        "ε is added to the variance, under the root: deviation = np.sqrt(variance + epsilon).",
    ),
    backward(
        "layer_norm",
        "γ and β are used for every row: dgamma = Σ dy ∘ n and dbeta = Σ dy, over the rows.",
        "x reaches n by three ways: by itself, by the mean, and by the deviation. Each gives a term.",
        "dx = (dn − mean(dn) − n ∘ mean(dn ∘ n)) / deviation, dn = dy ∘ γ, means along each row.",
    ),
    Exercise(
        split_heads,
        heads,
        ("y",),
        (
            "First divide the last axis in two: (N, T, heads, H // heads). Then exchange the axes of tokens and heads.",
            "x.reshape(N, T, heads, H // heads).swapaxes(1, 2). A reshape straight to (N, heads, T, ...) mixes tokens.",
        ),
        axes={"y": "N M T D"},
    ),
    Exercise(
        merge_heads,
        split,
        ("y",),
        (
            "The same two steps in the opposite order: exchange the axes, then join the last two.",
            "x.swapaxes(1, 2).reshape(N, T, heads * D)",
        ),
        axes={"y": "N T H"},
    ),
    MULTI_HEAD,
    Exercise(
        causal_mask,
        lambda draws: {"T": draws.of(1, 2, 3, 5)},
        ("mask",),
        (
            "Row t is query t. It may look at the keys 0, ..., t.",
            "Compare a column with a row: np.arange(T)[:, None] >= np.arange(T). Or np.tri(T, dtype=bool).",
        ),
        axes={"mask": "T S"},
    ),
    Exercise(
        transformer_block,
        steps,
        ("y",),
        (
            "A step adds to what was there. The second step works on the result of the first.",
            "z = x + attend(x), and then the same with z and think.",
        ),
        **BLOCK,
    ),
    Exercise(
        transformer_block_backward,
        steps,
        ("dx",),
        (
            "Read the forward pass upwards, the last step first: y = z + think(z).",
            "z was used twice, by think and by the way around: dz = dy + think_backward(dy).",
            "The same again for x: dx = dz + attend_backward(dz).",
        ),
        **BLOCK,
    ),
)

MISTAKES = [*norms.MISTAKES]
in_heads = mistakes_in(MISTAKES, "multi_head_attention")
in_block = mistakes_in(MISTAKES, "transformer_block")
in_block_backward = mistakes_in(MISTAKES, "transformer_block_backward")


@in_heads(
    "First divide the columns, reshape(N, T, heads, D / heads); then move the heads to the front, swapaxes(1, 2)."
)
def heads_by_reshaping(q, k, v, heads=1, mask=None, causal=False):
    """Heads are made by a reshape alone, which deals out tokens instead of columns: right with one head."""
    parts = [x.reshape(len(x), heads, x.shape[1], x.shape[2] // heads) for x in (q, k, v)]
    y, weights = attention(*parts)
    return Attended(y.reshape(len(v), q.shape[1], v.shape[2]), weights)


@in_heads("What swapaxes(1, 2) exchanged it has to exchange again before the reshape that joins the columns.")
def heads_joined_by_reshaping(q, k, v, heads=1, mask=None, causal=False):
    """y is joined by a reshape alone, so its numbers stand at other places."""
    y, weights = multi_head_attention(q, k, v, heads)
    y = y.reshape(len(y), y.shape[1], heads, -1).swapaxes(1, 2)
    return Attended(y.reshape(len(v), q.shape[1], v.shape[2]), weights)


@in_heads("A head's queries have D / heads entries: that is what the divisor is the root of.")
def scaled_by_the_whole_width(q, k, v, heads=1, mask=None, causal=False):
    """The scores are divided by √D, not by √(D / heads): right with one head."""
    return multi_head_attention(q / np.sqrt(heads), k, v, heads)


@mistakes_in(MISTAKES, "split_heads")("Reshape divides the columns; swapaxes(1, 2) then exchanges tokens and heads.")
def split_by_reshaping(x, heads):
    """The right numbers at other places: a reshape alone deals out tokens instead of columns."""
    return x.reshape(len(x), heads, x.shape[1], x.shape[2] // heads)


@mistakes_in(MISTAKES, "causal_mask")("Row t is the query: it sees the keys s ≤ t, itself included.")
def blind_to_itself(T):
    """A token does not see itself."""
    return np.arange(T) < np.arange(T)[:, None]


@mistakes_in(MISTAKES, "causal_mask")("Row t is the query: it sees the keys s ≤ t, what came before.")
def sees_the_future(T):
    """A token sees what comes after it, and not what came before."""
    return np.arange(T) >= np.arange(T)[:, None]


@in_block("The second step works on z, the result of the first, and adds to z.")
def steps_side_by_side(x, attend, think):
    """Both steps are given x; the second should work on what the first has made."""
    return x + attend(x) + think(x)


@in_block("A step adds to what was there: z = x + attend(x).")
def ways_around_left_out(x, attend, think):
    """There are no ways around: think(attend(x))."""
    return think(attend(x))


@in_block_backward("What forked forward adds up backward: dz = dy + think_backward(dy), and once more.")
def ways_back_left_out(dy, attend_backward, think_backward):
    """The ways around are missing: the gradient goes through both steps only."""
    return attend_backward(think_backward(dy))


@in_block_backward("Upwards: the last step comes first, so think_backward is given dy.")
def steps_back_in_forward_order(dy, attend_backward, think_backward):
    """The steps are gone through in the order of the forward pass."""
    dz = dy + attend_backward(dy)
    return dz + think_backward(dz)


@prediction("If all entries of a row of x grow by the same number, what does y do?")
def sum_of_a_row_of_dx():
    """0: adding a number to a whole row changes nothing, as the mean is taken away again."""
    rng = np.random.default_rng(0)
    x, gamma = rng.standard_normal((2, 4)), rng.standard_normal(4)
    _, normalized, deviation = layer_norm(x, gamma, np.zeros(4))
    return abs(round(float(layer_norm_backward(x, gamma, normalized, deviation)[0].sum(axis=1).max()), 12))


@prediction("Query t sees t + 1 keys.")
def allowed_pairs():
    """1 + 2 + 3 + 4 + 5 = 15: the diagonal and all below it."""
    return int(causal_mask(5).sum())


@prediction("Which shape have Wq, Wk and Wv, with one head and with four?")
def more_heads():
    """The columns are divided among the heads; how many there are does not change, only which score they enter."""
    x = np.zeros((1, 3, 8))
    return "b" if split_heads(x, 4).size == split_heads(x, 1).size else "a"


PREDICTIONS = (sum_of_a_row_of_dx, allowed_pairs, more_heads)
