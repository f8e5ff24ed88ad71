"""Bottleneck fusion as a chain of stages: in every block the followed modality's tokens attend to their own and to B.

What passes through the bottleneck to the other modalities counts in every gradient, and in the bottleneck's numbers.
"""

import numpy as np

from mmdl.explain.attention_stages import embedded, feed_forward_stages, lines_of_mean, token_names
from mmdl.explain.attention_steps import attending, queries
from mmdl.explain.line import Line
from mmdl.explain.stage import Stage, forked, joined, of_layer, terms
from mmdl.fusion.blocks import BottleneckBlock
from mmdl.fusion.embedding import spans
from mmdl.layers.projections import project, project_backward
from mmdl.ops.attention import multi_head_attention, multi_head_attention_backward
from mmdl.ops.fusion import bottleneck_attention, bottleneck_attention_backward
from mmdl.ops.sequence_pooling import masked_mean, masked_mean_backward


def bottleneck_stages(fusion, encodings, modality):
    """From the tokens of one modality to the vector of all; `encodings` by name, those of the others stay."""
    m, B = list(encodings).index(modality), len(fusion.bottleneck)
    values, masks = zip(*encodings.values(), strict=True)
    bottleneck = np.broadcast_to(fusion.bottleneck, (1, *fusion.bottleneck.shape))
    mask = np.concatenate([*masks, np.ones((1, B), bool)], axis=1)
    span = spans(values)[m]
    rows = np.r_[span, mask.shape[1] - B : mask.shape[1]]
    names = np.array([*token_names(encodings), *(f"bottleneck {b}" for b in range(B))])[rows]
    lengths = tuple(x.shape[1] for x in values)
    lines = Line(BottleneckBlock.forward, "project(self, n, n)"), Line(BottleneckBlock.backward, "dnq + dnk + dnv")
    steps = []
    for block in fusion.blocks:
        output = of_layer(block.output, "output")
        steps += [
            forked(of_layer(block.norm, "norm"), returned=Line(BottleneckBlock.backward, "dx + around")),
            queries(block, *lines, names, rows=rows),
            *attending(names, names, mask[:, rows]),
            _exchanged(block, lengths, mask, rows, B),
            joined(output, computed=Line(BottleneckBlock.forward, "x + self.output(seen.y)")),
            *feed_forward_stages(block.feed_forward),
        ]
    return [
        of_layer(fusion.projections[m], "projection"),
        embedded(fusion, encodings, modality, bottleneck),
        *steps,
        of_layer(fusion.norm, "last norm"),
        _averaged(spans(values), mask),
    ]


def _exchanged(block, lengths, mask, rows, B):
    """What the followed modality's part saw takes its place among the others; the bottleneck is the mean of all parts.

    The other parts are computed from the tokens n, as all parts less this one.
    """
    M, own = len(lengths), len(rows) - B
    weight = np.repeat([1, 1 / M], [own, B])[:, None] * mask[:, rows, None]

    def forward(seen, n, *waiting):
        q, k, v = project(block, n, n)
        every = bottleneck_attention(q, k, v, lengths, mask, block.heads)
        part = multi_head_attention(q[:, rows], k[:, rows], v[:, rows], block.heads, mask[:, rows])
        y = every.y.astype(np.result_type(seen, n))
        y[:, rows] += (seen - part.y) * weight
        return (y, *waiting), (n, q, k, v, every.weights, part.weights)

    def backward(gradients, trace):
        dy, *waiting = gradients
        n, q, k, v, weights, part = trace
        dseen = dy[:, rows] * weight
        dqkv = bottleneck_attention_backward(dy, q, k, v, weights, lengths, mask)
        less = multi_head_attention_backward(dseen, q[:, rows], k[:, rows], v[:, rows], part)
        for d, own_part in zip(dqkv, less, strict=True):
            d[:, rows] -= own_part
        return dseen, sum(project_backward(block, *dqkv, n, n)[:3]), *waiting

    def describe(before, after, at, to, share):
        x, y = before[0][at], after[0][to]
        if to[1] < mask.shape[1] - B:
            return "y = what its own part saw", f"{y:.4f} is unchanged"
        return "y = mean over modalities' parts", f"{terms(x, share, y - share * x)} = {y:.4f}"

    computed = Line(bottleneck_attention, "y[:, rows[own:]] +=")
    return Stage(
        "exchange", forward, backward, describe, computed, Line(bottleneck_attention_backward, "dseen[:, own:]")
    )


def _averaged(places, mask):
    """The mean over each modality's tokens, and over modalities; the bottleneck is left out."""
    M = len(places)

    def forward(x):
        return (sum(masked_mean(x[:, span], mask[:, span]) for span in places) / M,), x

    def backward(gradients, x):
        dx = np.zeros_like(x)
        for span in places:
            dx[:, span] = masked_mean_backward(gradients[0] / M, x[:, span], mask[:, span])
        return (dx,)

    def describe(before, after, at, to, share):
        x, z = before[0][at], after[0][to]
        return "z = mean over tokens and modalities", f"{terms(x, share, z - share * x)} = {z:.4f}"

    return Stage("mean", forward, backward, describe, *lines_of_mean())
