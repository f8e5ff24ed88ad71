"""One step of a model, from state to state and back, with its equation, numbers and lines of source."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from mmdl import layers
from mmdl.explain.line import Line
from mmdl.ops import convolution, dense, normalization, pooling
from mmdl.ops.activations import relu, relu_backward
from mmdl.tokens import Tokens


@dataclass(frozen=True)
class Stage:
    """How a step is computed, how its gradient is, and how both are said.

    A state is a tuple of arrays. The number that is followed is in the first; the others wait for a later step.
    """

    name: str
    forward: Callable  # *state -> state, trace
    backward: Callable  # gradients of the state, trace -> gradients of the state before
    describe: Callable  # state before, state after, at, to, share -> equation, the same in numbers
    computed: Line  # that computes the number
    returned: Line  # that computes the gradient of the one before


def of_layer(layer, name=None):
    """A layer as a stage; other arrays pass through."""
    told, *places = KNOWN.get(type(layer), _of_any(type(layer)))

    def forward(x, *waiting):
        if isinstance(layer, (layers.FlattenTokens, layers.SequencePool)):
            x = Tokens(x, np.ones(x.shape[:2], bool))
        y, trace = layer.forward(x)
        return (y.values if isinstance(y, Tokens) else y, *waiting), trace

    def backward(gradients, trace):
        dy, *waiting = gradients
        return layer.backward(dy, trace)[0], *waiting

    def describe(before, after, at, to, share):
        return told(layer, before[0], after[0], at, to, share)

    return Stage(name or type(layer).__name__, forward, backward, describe, *(Line(*place) for place in places))


def _of_any(kind):
    """For a layer that only moves numbers: its whole passes."""
    return _moved, (kind.forward, ""), (kind.backward, "")


def forked(stage, returned):
    """A stage whose input also goes around it, as a residual: x -> y, x"""

    def forward(x, *waiting):
        return stage.forward(x, x, *waiting)

    def backward(gradients, trace):
        dx, around, *waiting = stage.backward(gradients, trace)
        return dx + around, *waiting

    return replace(stage, forward=forward, backward=backward, returned=returned)


def joined(stage, computed):
    """A stage to whose result the residual is added: x, around -> y + around"""

    def forward(x, around, *waiting):
        (y, *waiting), trace = stage.forward(x, *waiting)
        return (y + around, *waiting), trace

    def backward(gradients, trace):
        dx, *waiting = stage.backward(gradients, trace)
        return dx, gradients[0], *waiting

    def describe(before, after, at, to, share):
        y = after[0] - before[1]
        equation, numbers = stage.describe(before, (y,), at, to, share)
        return f"{equation} + residual", f"{numbers}; {y[to]:.4f}{plus(before[1][to], 'residual')} = {after[0][to]:.4f}"

    return replace(stage, forward=forward, backward=backward, describe=describe, computed=computed)


def terms(x, share, others):
    """A sum of products, of which one has a number x of its own: "0.5000 · (0.1000) + 0.2000 (others)" """
    return f"{x:.4f} · ({share:.4f}){plus(others, 'others')}"


def plus(value, name):
    """ " + 0.5000 (name)", or " − 0.5000 (name)" """
    return f" {'−' if value < 0 else '+'} {abs(value):.4f} ({name})"


def _linear(layer, x, y, at, to, share):
    b = layer.b[to[-1]]
    return "y = Σ x w + b", f"{terms(x[at], share, y[to] - b - share * x[at])}{plus(b, 'b')} = {y[to]:.4f}"


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
    numbers = f"{gamma:.4f} · ({x[to]:.4f}{plus(-row.mean(), 'mean')}) / {deviation:.4f}{plus(beta, 'β')} = {y[to]:.4f}"
    return "y = γ (x − mean) / deviation + β", numbers


def _normal_as_known(layer, x, y, at, to, share):
    k, scale = to[-1], np.sqrt(layer.variance[to[-1]] + layer.epsilon)
    numbers = (
        f"{layer.gamma[k]:.4f} · ({x[to]:.4f}{plus(-layer.mean[k], 'mean')}) / {scale:.4f}{plus(layer.beta[k], 'β')}"
    )
    return "y = γ (x − mean) / deviation + β, as they were in training", f"{numbers} = {y[to]:.4f}"


def _standard(layer, x, y, at, to, share):
    mean, deviation = layer.mean[to[-1]], layer.deviation[to[-1]]
    return "y = (x − mean) / deviation", f"({x[to]:.4f}{plus(-mean, 'mean')}) / {deviation:.4f} = {y[to]:.4f}"


def _pooled(layer, x, y, at, to, share):
    if layer.kind == "last" or (layer.kind != "mean" and to[-1] < x.shape[2]):
        return f"y = {layer.kind.replace('both', 'max')} of the tokens", f"{x[at]:.4f} becomes {y[to]:.4f}"
    return "y = mean of the tokens", f"{terms(x[at], share, y[to] - share * x[at])} = {y[to]:.4f}"


def _kept(layer, x, y, at, to, share):
    return "y = x outside training", f"{y[to]:.4f} is unchanged"


def _moved(layer, x, y, at, to, share):
    return "the same number at another index", f"{_index(at)} is now {_index(to)}: {y[to]:.4f}"


def _index(at):
    return "[" + ", ".join(str(int(place)) for place in at[1:]) + "]"


KNOWN = {
    layers.Conv2D: (_linear, (convolution.conv2d, "_patches"), (convolution.conv2d_backward, "+= seen")),
    layers.Dense: (_linear, (dense.affine, "@ W"), (dense.affine_backward, "W.T")),
    layers.Dropout: (_kept, (layers.Dropout.forward, "return x"), (layers.Dropout.backward, "return (dy")),
    layers.MaxPool2D: (
        _largest, (pooling.max_pool2d, "np.maximum(y"), (pooling.max_pool2d_backward, "np.multiply(dy, "),
    ),
    layers.ReLU: (_positive, (relu, "np.maximum(x, np.zeros_like(x))"), (relu_backward, "return")),
    layers.LayerNorm: (
        _normal, (normalization.layer_norm, "LayerNormalized("), (normalization.layer_norm_backward, "dx = dn"),
    ),
    layers.BatchNorm: (
        _normal_as_known,
        (normalization.batch_norm_inference, "return"), (normalization.batch_norm_inference_backward, "return"),
    ),
    layers.Standardize: (
        _standard, (layers.Standardize.forward, "return (x"), (layers.Standardize.backward, "return dy"),
    ),
    layers.SequencePool: (_pooled, (layers.SequencePool.forward, ""), (layers.SequencePool.backward, "")),
}  # fmt: skip
