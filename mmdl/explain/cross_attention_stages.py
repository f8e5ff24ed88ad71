"""Cross-attention fusion as a chain of stages: the followed modality attends to the first of the others.

The blocks of all other pairs see the number too. They count in the mean, and in every gradient before it.
"""

import numpy as np

from mmdl.explain.attention_stages import embedding_said, feed_forward_stages, lines_of_mean, token_names
from mmdl.explain.attention_steps import attending, queries
from mmdl.explain.line import Line
from mmdl.explain.stage import Stage, forked, joined, of_layer, plus, terms
from mmdl.fusion.blocks import CrossBlock
from mmdl.fusion.cross_attention import pairs
from mmdl.fusion.embedding import embed
from mmdl.layers.projections import project
from mmdl.ops.attention import split_heads
from mmdl.ops.fusion import cross_attention, cross_attention_backward
from mmdl.ops.sequence_pooling import masked_mean, masked_mean_backward
from mmdl.tokens import Tokens


def cross_attention_stages(fusion, encodings, modality):
    """From the tokens of one modality to the vector of all; `encodings` by name, those of the others stay."""
    m = list(encodings).index(modality)
    other = 0 if m else 1
    embeddings = embed(fusion, tuple(encodings.values()))
    tokens = [Tokens(x, each.mask) for x, each in zip(embeddings, encodings.values(), strict=True)]
    block = fusion.blocks[pairs(tokens).index((m, other))]
    n_other = block.norm_other(tokens[other].values)
    _, k, v = (split_heads(each, block.heads) for each in project(block, n_other, n_other))
    asking, asked = (token_names({name: encodings[name]}) for name in (modality, list(encodings)[other]))
    lines = Line(cross_attention, "affine(x, Wq, None)"), Line(cross_attention_backward, "affine_backward(dq, x, Wq)")
    return [
        of_layer(fusion.projections[m], "projection"),
        _embedded(fusion, m, tokens[m].values.shape[1]),
        forked(of_layer(block.norm, "norm"), returned=Line(CrossBlock.backward, "dx + around")),
        queries(block, *lines, asking, keys_too=False),
        *attending(asking, asked, tokens[other].mask, k, v),
        joined(of_layer(block.output, "output"), computed=Line(CrossBlock.forward, "x + self.output(seen.y)")),
        *feed_forward_stages(block.feed_forward),
        of_layer(fusion.norm, "last norm"),
        _averaged(fusion, tokens, m, other),
        *feed_forward_stages(fusion.feed_forward),
    ]


def _embedded(fusion, m, length):
    """The modality's tokens, for the block that is followed and for those of the other pairs."""
    added = fusion.modality[m] + fusion.positions[m][:length]

    def forward(x):
        return (x + added, x + added), None

    def backward(gradients, trace):
        return (gradients[0] + gradients[1],)

    return Stage("embeddings", forward, backward, *embedding_said(added))


def _averaged(fusion, tokens, m, other):
    """The mean over tokens and pairs: of the pair that is followed, and of all others."""
    count = len(fusion.blocks)

    def forward(y, x):
        given = [*tokens[:m], Tokens(x, tokens[m].mask), *tokens[m + 1 :]]
        mean, traces = masked_mean(y, tokens[m].mask) / count, []
        for (a, b), block in _others(fusion, m, other):
            seen, block_trace = block.forward((given[a].values, given[b]))
            normalized, norm = fusion.norm.forward(seen)
            mean = mean + masked_mean(normalized, tokens[a].mask) / count
            traces.append((block_trace, norm))
        return (mean,), (y, x, traces)

    def backward(gradients, trace):
        (dmean,), (y, x, traces) = gradients, trace
        dx = np.zeros_like(x)
        for ((a, b), block), (block_trace, norm) in zip(_others(fusion, m, other), traces, strict=True):
            dnormalized = masked_mean_backward(dmean / count, norm.y, tokens[a].mask)
            inputs, _ = block.backward(fusion.norm.backward(dnormalized, norm)[0], block_trace)
            for place, d in zip((a, b), inputs, strict=True):
                if place == m:
                    dx = dx + d
        return masked_mean_backward(dmean / count, y, tokens[m].mask), dx

    def describe(before, after, at, to, share):
        x, z = before[0][at], after[0][to]
        own = masked_mean(before[0], tokens[m].mask)[to] / count
        numbers = f"{terms(x, share, own - share * x)}{plus(z - own, 'pairs')} = {z:.4f}"
        return "z = mean over tokens and pairs", numbers

    return Stage("mean", forward, backward, describe, *lines_of_mean())


def _others(fusion, m, other):
    """The pairs that are not followed, with their blocks."""
    every = zip(pairs(fusion.projections), fusion.blocks, strict=True)
    return [(pair, block) for pair, block in every if pair != (m, other)]
