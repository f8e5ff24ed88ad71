"""Optimizers: how a gradient becomes a step. Each is the rule for one vector; `step` lifts it to a whole model."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mmdl.shapes import Array
from mmdl.training.schedules import global_norm
from mmdl.training.state import State


class Optimizer:
    """Settings and a rule; what is remembered from step to step is the `State` that `start` returns."""

    moments: ClassVar[int] = 0
    rate: float
    weight_decay: float = 0.0

    def start(self, model: Any) -> State:
        """The state before the first step: all moments zero."""
        return State(model, self.moments)

    def step(
        self, model: Any, gradient: Any, state: State, rate: float | None = None, clip: float | None = None
    ) -> float:
        """p ← p − rule(g), for every parameter p of the model; the model's arrays and the state change IN PLACE

        A parameter that stands at several places moves once, by the sum of its gradients. A running statistic moves by
        (1 − momentum) times its "gradient"; rule, clipping and weight decay leave it alone. A gradient that is not
        finite changes nothing.

        Parameters
        ----------
        model : the model that `start` was given, or one with the same arrays
        gradient : a tree of the same kind; it is left as it is
        state : State
        rate : float, optional
            η of this step, if not the optimizer's own.
        clip : float, optional
            A gradient whose norm is larger is shortened to it.

        Returns
        -------
        float : the norm of the whole gradient, before it was clipped
        """
        state.gather(gradient)
        return self.move(model, state, self.rate if rate is None else rate, clip)

    def move(self, model: Any, state: State, rate: float, clip: float | None = None) -> float:
        """The step of the gradient that `state.gather` was given.  -> its norm"""
        g = state.rows[0, : state.learned]
        norm = global_norm(g)
        if not math.isfinite(norm):
            return norm
        if clip is not None and norm > clip:
            g *= clip / norm
        state.steps += 1
        for g_piece, *moments in state.pieces():
            self.rule(g_piece, moments, rate, state.steps)
        state.move(model, shrink=1 - rate * self.weight_decay)
        return norm

    def rule(self, g: Array, moments: list[Array], rate: float, step: int) -> None:
        """Make of the gradient g (n,) what is to be subtracted, and move the moments (n,); all in place."""
        raise NotImplementedError


@dataclass(frozen=True)
class SGD(Optimizer):
    """v ← μ v + g,   p ← p − η v;   Nesterov: p ← p − η (g + μ v)

    Source: Polyak 1964; Sutskever, Martens, Dahl, Hinton, On the importance of initialization and momentum in deep
    learning, 2013, in the form where v holds gradients, not steps.

    >>> from mmdl.layers import Dense
    >>> layer, optimizer = Dense(np.ones((1, 1)), np.zeros(1)), SGD(rate=0.1)
    >>> state = optimizer.start(layer)
    >>> _ = optimizer.step(layer, Dense(np.ones((1, 1)), np.zeros(1)), state)
    >>> layer.W.tolist()
    [[0.9]]
    """

    rate: float = 0.01
    momentum: float = 0.0
    nesterov: bool = False

    moments: ClassVar[int] = 1

    def rule(self, g: Array, moments: list[Array], rate: float, step: int) -> None:
        (v,) = moments
        v *= self.momentum
        v += g
        if self.nesterov:
            g += self.momentum * v
        else:
            g[:] = v
        g *= rate


@dataclass(frozen=True)
class RMSprop(Optimizer):
    """v ← ρ v + (1 − ρ) g²,   p ← p − η g / (√v + ε);   with `early_epsilon`, as in Keras,  p ← p − η g / √(v + ε)

    Source: Tieleman, Hinton, Lecture 6.5 of Neural Networks for Machine Learning, 2012.
    """

    rate: float = 1e-3
    decay: float = 0.9
    epsilon: float = 1e-8
    early_epsilon: bool = False

    moments: ClassVar[int] = 1

    def rule(self, g: Array, moments: list[Array], rate: float, step: int) -> None:
        (v,) = moments
        blend(v, np.square(g), self.decay)
        if self.early_epsilon:
            deviation = np.sqrt(v + self.epsilon)
        else:
            deviation = np.sqrt(v)
            deviation += self.epsilon
        g /= deviation
        g *= rate


@dataclass(frozen=True)
class Adam(Optimizer):
    """m ← β₁ m + (1 − β₁) g,   v ← β₂ v + (1 − β₂) g²,   p ← p − η m̂ / (√v̂ + ε)

    with  m̂ = m / (1 − β₁ᵗ)  and  v̂ = v / (1 − β₂ᵗ)  in step t = 1, 2, ..., which makes up for a start at zero.
    With `early_epsilon`, as in Keras, ε is added to √v before the correction, and so corrected with it.

    Source: Kingma, Ba, Adam: a method for stochastic optimization, 2015, algorithm 1.
    """

    rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    early_epsilon: bool = False

    moments: ClassVar[int] = 2

    def rule(self, g: Array, moments: list[Array], rate: float, step: int) -> None:
        m, v = moments
        blend(v, np.square(g), self.beta2)
        blend(m, g, self.beta1)
        # Both corrections as two numbers, not as two more passes: m̂ / (√v̂ + ε) = c m / (√v + c ε) / (1 − β₁ᵗ)
        c = math.sqrt(1 - self.beta2**step)
        deviation = np.sqrt(v, out=g)
        deviation += self.epsilon if self.early_epsilon else c * self.epsilon
        np.divide(m, deviation, out=g)
        g *= rate * c / (1 - self.beta1**step)


@dataclass(frozen=True)
class AdamW(Adam):
    """p ← p − η λ p, and then the step of Adam: weight decay for all parameters, not scaled by their moments

    Source: Loshchilov, Hutter, Decoupled weight decay regularization, 2019, algorithm 2, where λ is scaled by the
    schedule alone and not by η; here by both, as has become usual.
    """

    weight_decay: float = 0.01


def blend(average: Array, new: Array, decay: float) -> None:
    """average ← decay · average + (1 − decay) · new, in place; `new` is used up"""
    average *= decay
    new *= 1 - decay
    average += new
