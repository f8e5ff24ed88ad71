"""One number through a trained model and back: each equation with its numbers, and where it is computed.

A number reaches very many others. At every stage the way goes on to the one through which it moves the loss most; but
it takes every step of an attention block, though there are shorter roads: as a value, and around the steps.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from mmdl import tree
from mmdl.errors import DataError
from mmdl.explain.stages import stages_of
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.ops.softmax import softmax

NUDGE = 1e-5  # small enough that few pictures have a kink of ReLU or max so near
IMAGINARY = 1e-30  # the nudge that finds derivatives, by a complex step


class Stop(NamedTuple):
    """One number on the way."""

    stage: str
    equation: str  # in letters
    numbers: str  # the same in numbers
    place: str  # file and line that compute it
    back: str  # file and line that compute its gradient from the next one's
    value: float
    gradient: float  # of the loss with respect to it
    share: float  # d value / d (the number at the stop before)


class Way(NamedTuple):
    """All stops from the pixel to the logit, the loss, and the promise that a gradient is."""

    stops: list
    p: np.ndarray  # (K,) probabilities
    label: int
    loss: float
    nudge: float
    promised: float  # by how much the loss changes if the pixel grows by `nudge`, says its gradient
    measured: float  # by how much it does


def follow(model, batch, label, pixel, nudge=NUDGE, modality="image", token=0):
    """The way of one pixel (row, column) of a batch of one example to the loss, and its gradient's way back

    Computed in float64 and in evaluation mode. Of a Writer, `label` is the id that is written at the place `token` of
    the batch's target.  -> Way

    Raises
    ------
    DataError
        If the picture has no such pixel, or the model no such modality.
    """
    if modality not in model.modalities:
        raise DataError(f"the model takes {', '.join(model.modalities)}, and no {modality} to follow")
    model = tree.map(lambda array: array.astype(np.float64), model)
    batch = replace(batch, inputs=batch.inputs | {modality: np.asarray(batch.inputs[modality], np.float64)})
    x = batch.inputs[modality]
    at = (0, *pixel, 0)
    if not all(0 <= place < length for place, length in zip(at, x.shape, strict=True)):
        raise DataError(f"the picture has {x.shape[1]} rows and {x.shape[2]} columns, and no pixel {pixel}")

    stages = stages_of(model, batch, modality, token)
    states, traces = through(stages, x)
    logits = states[-1][0]
    loss, dlogits = softmax_cross_entropy(logits, np.array([label]))
    gradients = [(dlogits,)]
    for stage, trace in zip(reversed(stages), reversed(traces), strict=True):
        gradients.insert(0, stage.backward(gradients[0], trace))

    stops = [Stop("pixel", "x[r, c]", f"{x[at]:.4f}", "the picture", "", x[at], gradients[0][0][at], 1.0)]
    for stage, before, after, (dy, *_) in zip(stages, states, states[1:], gradients[1:], strict=False):
        shares, *_ = derivative(stage, before, at)
        to = np.unravel_index(np.abs(shares * dy).argmax(), dy.shape)
        equation, numbers = stage.describe(before, after, at, to, shares[to])
        places = str(stage.computed), str(stage.returned)
        stops.append(Stop(stage.name, equation, numbers, *places, after[0][to], dy[to], shares[to]))
        at = to

    moved = x.copy()
    moved[0, *pixel, 0] += nudge
    measured = softmax_cross_entropy(through(stages, moved)[0][-1][0], np.array([label])).value - loss
    promised = stops[0].gradient * nudge
    return Way(stops, softmax(logits)[0], label, float(loss), nudge, float(promised), float(measured))


def through(stages, x):
    """The states before, between and after all stages, and their traces."""
    states, traces = [(x,)], []
    for stage in stages:
        state, trace = stage.forward(*states[-1])
        states.append(state)
        traces.append(trace)
    return states, traces


def derivative(stage, state, at):
    """The derivative of every array of the next state with respect to the followed number, by a complex step"""
    x, *waiting = state
    x = x.astype(complex)
    x[at] += 1j * IMAGINARY
    return [y.imag / IMAGINARY for y in stage.forward(x, *waiting)[0]]
