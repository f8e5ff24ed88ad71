"""Attention fusion as a chain of stages: a number becomes a query or a key, a score, a weight, and part of the mean.

A block has roads beside this one: as a value, and around each step. They count in every gradient all the same.
"""

import numpy as np

from mmdl.explain.attention_steps import attending, self_queries
from mmdl.explain.line import Line
from mmdl.explain.stage import Stage, forked, joined, of_layer, plus, terms
from mmdl.fusion.embedding import embed, embed_backward, spans
from mmdl.layers import Dense, FeedForward, ReLU, TransformerBlock
from mmdl.ops.sequence_pooling import masked_mean, masked_mean_backward


def attention_stages(fusion, encodings, modality):
    """From the tokens of one modality to the vector of all; `encodings` by name, those of the others stay."""
    names = token_names(encodings)
    mask = np.concatenate([tokens.mask for tokens in encodings.values()], axis=1)
    block = fusion.block
    output = of_layer(Dense(block.attention.Wo, block.attention.bo), "output")
    return [
        of_layer(fusion.projections[list(encodings).index(modality)], "projection"),
        embedded(fusion, encodings, modality),
        forked(of_layer(block.norm, "norm"), returned=Line(TransformerBlock.backward, "+= dattended")),
        self_queries(block.attention, names),
        *attending(names, names, mask),
        joined(output, computed=Line(TransformerBlock.forward, "+ attended.values")),
        *feed_forward_stages(block.feed_forward),
        of_layer(fusion.norm, "last norm"),
        averaged(fusion.read(mask, spans([tokens.values for tokens in encodings.values()]))),
    ]


def token_names(encodings):
    """ "image 3": each token by its modality and its number there."""
    return [f"{name} {t}" for name, tokens in encodings.items() for t in range(tokens.values.shape[1])]


def embedded(fusion, encodings, modality, *more):
    """One modality's tokens, marked with modality and position, among those of all and whatever tokens follow."""
    m = list(encodings).index(modality)
    span = spans([tokens.values for tokens in encodings.values()])[m]
    together = np.concatenate([*embed(fusion, tuple(encodings.values())), *more], axis=1)
    added = fusion.modality[m] + fusion.positions[m][: span.stop - span.start]

    def forward(x):
        y = together.astype(x.dtype)
        y[:, span] = x + added
        return (y,), None

    def backward(gradients, trace):
        return (gradients[0][:, span],)

    return Stage("embeddings", forward, backward, *embedding_said(added))


def embedding_said(added):
    """How such a stage describes itself, and the lines that compute it; `added` (T, D) to each token."""

    def describe(before, after, at, to, share):
        numbers = f"{before[0][at]:.4f}{plus(added[at[1:]], 'both')} = {after[0][to]:.4f}"
        return "token = x + modality + position", numbers

    return describe, Line(embed, "each +="), Line(embed_backward, "fusion.projections[m].backward")


def feed_forward_stages(layer):
    """The stages of a FeedForward layer: norm, widen, relu and narrow, and the residual around them."""
    return [
        forked(of_layer(layer.norm, "norm"), returned=Line(FeedForward.backward, "dx += dy")),
        of_layer(layer.widen, "widen"),
        of_layer(ReLU(), "relu"),
        joined(of_layer(layer.narrow, "narrow"), computed=Line(FeedForward.forward, "x + self.narrow(active)")),
    ]


def averaged(mask):
    """The mean over tokens."""

    def forward(x):
        return (masked_mean(x, mask),), x

    def backward(gradients, x):
        return (masked_mean_backward(gradients[0], x, mask),)

    return Stage("mean", forward, backward, describe_mean, *lines_of_mean())


def describe_mean(before, after, at, to, share):
    """A mean as a sum of one number with its weight, and the others."""
    x, z = before[0][at], after[0][to]
    return "z = mean over tokens", f"{terms(x, share, z - share * x)} = {z:.4f}"


def lines_of_mean():
    """The lines that compute a mean over tokens and its gradient."""
    return Line(masked_mean, "return"), Line(masked_mean_backward, "return")
