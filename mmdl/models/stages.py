"""A classifier as a chain of stages, each from one array to the next, as one modality passes through it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mmdl import layers
from mmdl.fusion import AttentionFusion
from mmdl.layers import Sequential
from mmdl.ops import convolution, dense, normalization, pooling, sequence_pooling
from mmdl.ops.activations import relu, relu_backward
from mmdl.tokens import Tokens


@dataclass(frozen=True)
class Stage:
    """One step: how it is computed, how its gradient is, and how both are said to a reader."""

    name: str
    forward: Callable  # x -> y, trace
    backward: Callable  # dy, trace -> dx
    describe: Callable  # x, y, at, to, share -> equation, the same in numbers
    computed: tuple  # function, and words of the line that computes y
    returned: tuple  # function, and words of the line that computes dx


def stages_of(model, batch, modality):
    """The stages of a classifier from one modality's input to the logits; the other modalities stay as they are."""
    encoded = {
        name: each.forward(batch.inputs[name], batch.present[name])[0] for name, each in model.modalities.items()
    }
    present = np.stack([batch.present[name] for name in model.modalities], axis=1)
    m = list(model.modalities).index(modality)
    others = tuple(encoded.values())
    fuse = _attention if isinstance(model.fusion, AttentionFusion) else _fusion
    chain = [_of_layer(layer) for layer in _flat(model.modalities[modality].encoder)]
    chain += fuse(model.fusion, others, present, m)
    chain += [_of_layer(layer) for layer in _flat(model.head)]
    return chain


def _flat(layer):
    """The layers inside, without those that do nothing in evaluation."""
    if isinstance(layer, Sequential):
        return [inner for each in layer.layers for inner in _flat(each)]
    return [] if isinstance(layer, layers.Dropout) else [layer]


def _of_layer(layer):
    describe, *places = KNOWN.get(type(layer), (_moved, (type(layer).forward, "def"), (type(layer).backward, "def")))

    def forward(x):
        if isinstance(layer, layers.FlattenTokens):
            x = Tokens(x, np.ones(x.shape[:2], bool))
        y, trace = layer.forward(x)
        return (y.values if isinstance(y, Tokens) else y), trace

    def backward(dy, trace):
        return layer.backward(dy, trace)[0]

    return Stage(type(layer).__name__, forward, backward, lambda *step: describe(layer, *step), *places)


def _attention(fusion, encodings, present, m):
    """The fusion's own stages: projection, embeddings, all tokens together, the block, the norm, the mean."""
    mask = np.concatenate([tokens.mask for tokens in encodings], axis=1)
    _, trace = fusion.forward(encodings)
    span = trace.spans[m]
    together = trace.block.norm1.normalized  # only its shape is needed
    whole, _ = _tokens(fusion, encodings)
    added = (fusion.modality[m] + fusion.positions[m])[: span.stop - span.start]

    def join(x):
        y = whole.astype(x.dtype).reshape(together.shape)
        y[:, span] = x + added
        return y, None

    def say_join(x, y, at, to, share):
        return "token = x + modality + position", f"{x[at]:.4f} + ({added[at[1:]]:.4f}) = {y[to]:.4f}"

    def block(x):
        y, block_trace = fusion.block.forward(Tokens(x, mask))
        return y.values, block_trace

    def mean(x):
        return masked_mean(x), x

    def masked_mean(x):
        return sequence_pooling.masked_mean(x, mask)

    def say_mean(x, y, at, to, share):
        return "z = mean over tokens", f"{share:.4f} · {x[at]:.4f} + {y[to] - share * x[at]:.4f} (others) = {y[to]:.4f}"

    forward, backward = AttentionFusion.forward, AttentionFusion.backward
    block_places = (type(fusion.block).forward, "x + thought"), (type(fusion.block).backward, "dx1 += dx")
    return [
        _of_layer(fusion.projections[m]),
        Stage("embeddings", join, lambda dy, _: dy[:, span], say_join, (forward, "+="), (backward, "self.projections")),
        Stage("block", block, lambda dy, t: fusion.block.backward(dy, t)[0], _say_block, *block_places),
        _of_layer(fusion.norm),
        Stage(
            "mean", mean, lambda dy, x: sequence_pooling.masked_mean_backward(dy, x, mask), say_mean,
            (sequence_pooling.masked_mean, "return"), (sequence_pooling.masked_mean_backward, "return"),
        ),
    ]  # fmt: skip


def _tokens(fusion, encodings):
    """All tokens as they enter the block, and their mask."""
    parts = []
    for m, tokens in enumerate(encodings):
        x = fusion.projections[m](tokens.values)
        parts.append(x + fusion.modality[m] + fusion.positions[m][: x.shape[1]])
    return np.concatenate(parts, axis=1), np.concatenate([tokens.mask for tokens in encodings], axis=1)


def _fusion(fusion, encodings, present, m):
    """Any other fusion in one stage."""

    def forward(x):
        return fusion.forward((*encodings[:m], x, *encodings[m + 1 :]), present)

    places = (type(fusion).forward, "ops."), (type(fusion).backward, "ops.")
    return [Stage(type(fusion).__name__, forward, lambda dy, t: fusion.backward(dy, t)[0][m], _say_moved, *places)]


def _linear(layer, x, y, at, to, share):
    b = layer.b[to[-1]]
    rest = y[to] - b - share * x[at]
    return "y = Σ x w + b", f"{x[at]:.4f} · ({share:.4f}) + {rest:.4f} (others) + {b:.4f} (b) = {y[to]:.4f}"


def _largest(layer, x, y, at, to, share):
    window, stride = layer.window, layer.stride or layer.window
    seen = x[0, to[1] * stride : to[1] * stride + window, to[2] * stride : to[2] * stride + window, to[3]]
    return "y = max of the window", f"max({', '.join(f'{value:.4f}' for value in seen.ravel())}) = {y[to]:.4f}"


def _positive(layer, x, y, at, to, share):
    return "y = max(x, 0)", f"max({x[at]:.4f}, 0) = {y[to]:.4f}"


def _normal(layer, x, y, at, to, share):
    row = x[to[:-1]]
    deviation = np.sqrt(row.var() + layer.epsilon)
    gamma, beta = layer.gamma[to[-1]], layer.beta[to[-1]]
    numbers = f"{gamma:.4f} · ({x[to]:.4f} − {row.mean():.4f}) / {deviation:.4f} + {beta:.4f} = {y[to]:.4f}"
    return "y = γ (x − mean) / deviation + β", numbers


def _moved(layer, x, y, at, to, share):
    return "the same number, counted otherwise", f"{_index(at)} is now {_index(to)}: {y[to]:.4f}"


def _say_block(x, y, at, to, share):
    numbers = f"{x[to]:.4f} + {y[to] - x[to]:.4f} (attention and thought) = {y[to]:.4f}, moving {share:.4f} as fast"
    return "y = x + attention + thought", numbers


def _say_moved(x, y, at, to, share):
    return "z = fusion(x, others)", f"{x[at]:.4f} becomes {y[to]:.4f}, moving {share:.4f} as fast"


def _index(at):
    return "[" + ", ".join(str(int(place)) for place in at[1:]) + "]"


KNOWN = {
    layers.Conv2D: (_linear, (convolution.conv2d, "_patches"), (convolution.conv2d_backward, "+= seen")),
    layers.Dense: (_linear, (dense.affine, "@ W"), (dense.affine_backward, "W.T")),
    layers.MaxPool2D: (_largest, (pooling.max_pool2d, "np.maximum(y"), (pooling.max_pool2d_backward, "winner == cell")),
    layers.ReLU: (_positive, (relu, "return"), (relu_backward, "return")),
    layers.LayerNorm: (
        _normal, (normalization.layer_norm, "LayerNormalized("), (normalization.layer_norm_backward, "dx = dn"),
    ),
}  # fmt: skip
