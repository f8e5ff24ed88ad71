"""Lessons 10, 11 and 14: attention, norms, heads and blocks."""

from dataclasses import replace

import numpy as np

from mmdl.check.draws import EXTREMES, NOTHING, PLAIN
from mmdl.check.exercise import Exercise, backward, forward, piece
from mmdl.ops.attention import attention, merge_heads, split_heads
from mmdl.ops.sequence_pooling import masked_mean


def attention_weights(q, k):
    """a = softmax(q kᵀ / √D)"""
    return attention(q, k, k).weights


def masked_attention(q, k, v, mask):
    """y = a v, a being a softmax over the keys that are there"""
    return attention(q, k, v, mask)


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
    draws.size("H", (count, 2 * count))
    return draws.arrays(x="N T H") | {"heads": count}


def split(draws):
    """Heads on an axis of their own."""
    return {"x": draws.rng.standard_normal((draws.size("N"), draws.of(2, 1, 3), draws.size("T"), draws.size("D")))}


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


ATTENTION = forward(
    "attention",
    "Three lines: the scores s = q kᵀ / √D, the weights a = softmax(s), the answer y = a v.",
    "k.mT exchanges the last two axes, so q @ k.mT is (N, T, S): every query against every key.",
    "Softmax runs along the keys, axis=-1, and takes the largest score away first. D is q.shape[-1].",
    variants=(PLAIN, EXTREMES),
)
ATTENTION = replace(ATTENTION, draw=lambda draws: ATTENTION.entry.arguments(draws) | {"bias": None})
MULTI_HEAD = forward(
    "multi_head_attention",
    "Split the columns of q, k and v among the heads, attend with each head for itself, and join the columns again.",
    "x.reshape(N, T, heads, D // heads) divides the columns; then .swapaxes(1, 2) brings the heads to the front.",
    "Attention over the last two axes treats all heads at once; its divisor is √(D / heads), the width of one head.",
    variants=(PLAIN, EXTREMES),
)
BLOCK = {"axes": {"y": "N T D", "dx": "N T D"}}

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
        draw=ATTENTION.draw,
    ),
    replace(
        forward(
            "sinusoidal_positions",
            "Columns come in pairs, 2i and 2i + 1, with the same speed: t / 10000^(2i / D).",
            "The even column of a pair is the sine, the odd one the cosine. If D is odd the last pair has only its sine.",
            "column = np.arange(D); speed = 10000.0 ** (-(column // 2 * 2) / D); np.where(column % 2 == 0, sin, cos)",
        ),
        axes={"y": "T D"},
    ),
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
