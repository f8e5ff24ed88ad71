"""The attention fusion as a chain of stages: a number asks or is asked, is weighed, and comes to the mean of all.

A block has roads beside this one: as a value, and around each step. They count in every gradient all the same.
"""

import math

import numpy as np

from mmdl.explain.stage import Stage, forked, joined, of_layer, plus, terms
from mmdl.fusion.embedding import embed, embed_backward, spans
from mmdl.layers import Dense, FeedForward, MultiHeadAttention, ReLU, TransformerBlock
from mmdl.ops.attention import attention, attention_backward, merge_heads, split_heads
from mmdl.ops.sequence_pooling import masked_mean, masked_mean_backward
from mmdl.ops.softmax import softmax, softmax_backward

BLOCK, BACK = TransformerBlock.forward, TransformerBlock.backward


def attention_stages(fusion, encodings, modality):
    """From the tokens of one modality to the vector of all; `encodings` by name, those of the others stay."""
    names = [f"{name} {t}" for name, tokens in encodings.items() for t in range(tokens.values.shape[1])]
    mask = np.concatenate([tokens.mask for tokens in encodings.values()], axis=1)
    block = fusion.block
    return [
        of_layer(fusion.projections[list(encodings).index(modality)], "projection"),
        _embedded(fusion, encodings, modality),
        forked(of_layer(block.norm, "norm 1"), returned=(BACK, "dx1 += dx")),
        _asked(block.attention, names),
        _scored(names),
        _weighed(mask),
        _answered(),
        joined(of_layer(Dense(block.attention.Wo, block.attention.bo), "mix"), computed=(BLOCK, "x + attended.values")),
        forked(of_layer(block.feed_forward.norm, "norm 2"), returned=(FeedForward.backward, "dx += dy")),
        of_layer(block.feed_forward.widen, "widen"),
        of_layer(ReLU(), "relu"),
        joined(of_layer(block.feed_forward.narrow, "narrow"), computed=(FeedForward.forward, "return x +")),
        of_layer(fusion.norm, "norm"),
        _averaged(mask),
    ]


def _embedded(fusion, encodings, modality):
    """One modality's tokens, told what they are and where they stand, among those of all."""
    m = list(encodings).index(modality)
    span = spans([tokens.values for tokens in encodings.values()])[m]
    together = np.concatenate(embed(fusion, tuple(encodings.values())), axis=1)
    added = fusion.modality[m] + fusion.positions[m][: span.stop - span.start]

    def forward(x):
        y = together.astype(x.dtype)
        y[:, span] = x + added
        return (y,), None

    def backward(gradients, trace):
        return (gradients[0][:, span],)

    def say(before, after, at, to, share):
        numbers = f"{before[0][at]:.4f}{plus(added[at[1:]], 'both')} = {after[0][to]:.4f}"
        return "token = x + modality + position", numbers

    return Stage("embeddings", forward, backward, say, (embed, "each +="), (embed_backward, "projections[m]"))


def _asked(layer, names):
    """Queries and keys as one array (2, N, heads, T, D), and the values, which wait."""
    made = [Dense(layer.Wq, layer.bq), Dense(layer.Wk, layer.bk), Dense(layer.Wv, layer.bv)]

    def forward(n, *waiting):
        q, k, v = (split_heads(each(n), layer.heads) for each in made)
        return (np.stack([q, k]), v, *waiting), n

    def backward(gradients, n):
        (dq, dk), dv, *waiting = gradients
        dn = sum(each.backward(merge_heads(d), n)[0] for each, d in zip(made, (dq, dk, dv), strict=True))
        return dn, *waiting

    def say(before, after, at, to, share):
        x, y = before[0][at], after[0][to]
        kind, _, head, token, column = to
        b = made[kind].b[head * after[0].shape[-1] + column]
        whose = f"{('query', 'key')[kind]} of {names[token]} in head {head}"
        numbers = f"{terms(x, share, y - b - share * x)}{plus(b, 'b')} = {y:.4f}"
        return "q = Σ n w + b, and so are k and v", f"{whose}: {numbers}"

    places = (MultiHeadAttention.forward, "q, k, v = project"), (MultiHeadAttention.backward, "dxq + dxk + dxv")
    return Stage("q, k, v", forward, backward, say, *places)


def _scored(names):
    def forward(asked, *waiting):
        q, k = asked
        return ((q / math.sqrt(q.shape[-1])) @ k.mT, *waiting), asked

    def backward(gradients, asked):
        ds, *waiting = gradients
        q, k = asked / math.sqrt(asked.shape[-1])
        return np.stack([ds @ k, ds.mT @ q]), *waiting

    def say(before, after, at, to, share):
        x, s, D = before[0][at], after[0][to], before[0].shape[-1]
        root = math.sqrt(D)
        numbers = f"({terms(x, share * root, (s - share * x) * root)}) / √{D} = {s:.4f}"
        return "s = Σ q k / √D", f"{names[to[2]]} asks {names[to[3]]}: {numbers}"

    places = (attention, "@ k.mT"), (attention_backward, "ds @ k")
    return Stage("score", forward, backward, say, *places)


def _weighed(mask):
    def forward(s, *waiting):
        a = softmax(np.where(mask[:, None, None], s, -np.inf))
        return (a, *waiting), a

    def backward(gradients, a):
        da, *waiting = gradients
        return softmax_backward(da, a), *waiting

    def say(before, after, at, to, share):
        s = before[0]
        others = np.exp(s[at[:-1]][mask[0]]).sum() - np.exp(s[at])
        numbers = f"exp({s[to]:.4f}) / (exp({s[at]:.4f}){plus(others, 'others')}) = {after[0][to]:.4f}"
        return "a = eˢ / Σ eˢ", numbers

    return Stage("weight", forward, backward, say, (attention, "softmax(s)"), (attention_backward, "softmax_backward"))


def _answered():
    def forward(a, v, *waiting):
        return (merge_heads(a @ v), *waiting), (a, v)

    def backward(gradients, trace):
        dy, *waiting = gradients
        a, v = trace
        dy = split_heads(dy, a.shape[1])
        return dy @ v.mT, a.mT @ dy, *waiting

    def say(before, after, at, to, share):
        a, y = before[0][at], after[0][to]
        return "y = Σ a v", f"{terms(a, share, y - share * a)} = {y:.4f}"

    return Stage("weighted sum", forward, backward, say, (attention, "weights @ v"), (attention_backward, "dy @ v.mT"))


def _averaged(mask):
    def forward(x):
        return (masked_mean(x, mask),), x

    def backward(gradients, x):
        return (masked_mean_backward(gradients[0], x, mask),)

    def say(before, after, at, to, share):
        x, z = before[0][at], after[0][to]
        return "z = mean over tokens", f"{terms(x, share, z - share * x)} = {z:.4f}"

    return Stage("mean", forward, backward, say, (masked_mean, "return"), (masked_mean_backward, "return"))
