"""Recurrent layers: they return the state after every token."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.layers.initial import glorot_uniform, orthogonal
from mmdl.layers.layer import Layer
from mmdl.ops.gru import GRUStates, gru, gru_backward
from mmdl.ops.lstm import LSTMStates, lstm, lstm_backward
from mmdl.ops.rnn import rnn, rnn_backward
from mmdl.shapes import Array
from mmdl.tokens import Tokens


class RNNTrace(NamedTuple):
    """The input and all states, with the initial state at index 0."""

    tokens: Tokens
    h: Array  # (N, T + 1, H)


@dataclass(frozen=True, eq=False)
class RNN(Layer):
    """hₜ = f(xₜ W + hₜ₋₁ U + b).  Tokens (N, T, D) -> Tokens (N, T, H)"""

    W: Array  # (D, H)
    U: Array  # (H, H)
    b: Array  # (H,)
    f: str = "tanh"  # or "relu", "sigmoid"

    @classmethod
    def init(cls, rng: Generator, features: int, units: int, f: str = "tanh", dtype: DTypeLike = np.float32) -> Self:
        """Glorot uniform W, orthogonal U, zero b."""
        W = glorot_uniform(rng, (features, units), dtype)
        return cls(W, orthogonal(rng, (units, units), dtype), np.zeros(units, dtype), f)

    def forward(self, tokens: Tokens) -> tuple[Tokens, RNNTrace]:
        h = rnn(tokens.values, self.W, self.U, self.b, mask=tokens.mask, f=self.f)
        return Tokens(h[:, 1:], tokens.mask), RNNTrace(tokens, h)

    def backward(self, dy: Array, trace: RNNTrace, input_gradient: bool = True) -> tuple[Array, Self]:
        x, mask = trace.tokens
        dx, dW, dU, db, _ = rnn_backward(of_all_states(dy), x, self.W, self.U, trace.h, mask, self.f)
        return dx, replace(self, W=dW, U=dU, b=db)


class LSTMTrace(NamedTuple):
    """The input and all states, cells and gates."""

    tokens: Tokens
    states: LSTMStates


@dataclass(frozen=True, eq=False)
class LSTM(Layer):
    """cₜ = f ∘ cₜ₋₁ + i ∘ g,  hₜ = o ∘ tanh(cₜ).  Tokens (N, T, D) -> Tokens (N, T, H)

    >>> from mmdl.tokens import Tokens
    >>> layer = LSTM.init(np.random.default_rng(0), 3, 5)
    >>> layer(Tokens(np.zeros((2, 7, 3), np.float32), np.ones((2, 7), bool))).values.shape
    (2, 7, 5)
    """

    W: Array  # (D, 4H): i f g o
    U: Array  # (H, 4H)
    b: Array  # (4H,)

    @classmethod
    def init(cls, rng: Generator, features: int, units: int, dtype: DTypeLike = np.float32) -> Self:
        """Glorot uniform W, orthogonal U, zero b except for the forget gate's, which start at one."""
        b = np.zeros(4 * units, dtype)
        b[units : 2 * units] = 1
        return cls(glorot_uniform(rng, (features, 4 * units), dtype), orthogonal(rng, (units, 4 * units), dtype), b)

    def forward(self, tokens: Tokens) -> tuple[Tokens, LSTMTrace]:
        states = lstm(tokens.values, self.W, self.U, self.b, mask=tokens.mask)
        return Tokens(states.h[:, 1:], tokens.mask), LSTMTrace(tokens, states)

    def backward(self, dy: Array, trace: LSTMTrace, input_gradient: bool = True) -> tuple[Array, Self]:
        (x, mask), states = trace
        dh, h, c, gates = of_all_states(dy), states.h, states.c, states.gates
        dx, dW, dU, db, _, _ = lstm_backward(dh, None, x, self.W, self.U, h, c, gates, mask)
        return dx, replace(self, W=dW, U=dU, b=db)


class GRUTrace(NamedTuple):
    """The input and all states and gates."""

    tokens: Tokens
    states: GRUStates


@dataclass(frozen=True, eq=False)
class GRU(Layer):
    """hₜ = z ∘ hₜ₋₁ + (1 − z) ∘ g.  Tokens (N, T, D) -> Tokens (N, T, H)"""

    W: Array  # (D, 3H): z r g
    U: Array  # (H, 3H)
    b: Array  # (2, 3H): of the input, of the state

    @classmethod
    def init(cls, rng: Generator, features: int, units: int, dtype: DTypeLike = np.float32) -> Self:
        """Glorot uniform W, orthogonal U, zero b."""
        W = glorot_uniform(rng, (features, 3 * units), dtype)
        return cls(W, orthogonal(rng, (units, 3 * units), dtype), np.zeros((2, 3 * units), dtype))

    def forward(self, tokens: Tokens) -> tuple[Tokens, GRUTrace]:
        states = gru(tokens.values, self.W, self.U, self.b, mask=tokens.mask)
        return Tokens(states.h[:, 1:], tokens.mask), GRUTrace(tokens, states)

    def backward(self, dy: Array, trace: GRUTrace, input_gradient: bool = True) -> tuple[Array, Self]:
        (x, mask), states = trace
        dh, h, gates, inner = of_all_states(dy), states.h, states.gates, states.inner
        dx, dW, dU, db, _ = gru_backward(dh, x, self.W, self.U, h, gates, inner, mask)
        return dx, replace(self, W=dW, U=dU, b=db)


class BidirectionalTrace(NamedTuple):
    """The traces of both layers (the second reads backwards in time), and the width of the first one's output."""

    ahead: Any
    back: Any
    width: int


@dataclass(frozen=True, eq=False)
class Bidirectional(Layer):
    """One layer reads forwards, another backwards.  Tokens (N, T, D) -> Tokens (N, T, 2H)

    Works around any layers that keep the number of tokens. The second layer may meet padding first: masked steps of a
    recurrence keep the initial state.
    """

    ahead: Layer
    back: Layer

    def forward(self, tokens: Tokens) -> tuple[Tokens, BidirectionalTrace]:
        ahead, ahead_trace = self.ahead.forward(tokens)
        back, back_trace = self.back.forward(reverse(tokens))
        y = np.concatenate([ahead.values, back.values[:, ::-1]], axis=2)
        return Tokens(y, tokens.mask), BidirectionalTrace(ahead_trace, back_trace, ahead.values.shape[2])

    def backward(self, dy: Array, trace: BidirectionalTrace, input_gradient: bool = True) -> tuple[Any, Self]:
        dahead, dback = dy[:, :, : trace.width], dy[:, ::-1, trace.width :]
        dx_back, back = self.back.backward(dback, trace.back, input_gradient)
        dx_ahead, ahead = self.ahead.backward(dahead, trace.ahead, input_gradient)
        dx = None if dx_ahead is None or dx_back is None else dx_ahead + dx_back[:, ::-1]
        return dx, replace(self, ahead=ahead, back=back)


@dataclass(frozen=True, eq=False)
class Reversed(Layer):
    """The last token first.  Tokens (N, T, D) -> Tokens (N, T, D)"""

    def forward(self, tokens: Tokens) -> tuple[Tokens, None]:
        return reverse(tokens), None

    def backward(self, dy: Array, trace: None, input_gradient: bool = True) -> tuple[Array, Self]:
        return dy[:, ::-1], self


def reverse(tokens: Tokens) -> Tokens:
    """The tokens in reverse order, with their mask"""
    return Tokens(tokens.values[:, ::-1], None if tokens.mask is None else tokens.mask[:, ::-1])


def of_all_states(dy: Array) -> Array:
    """The gradient of all T + 1 states; the initial state is not an output, so its gradient is zero."""
    return np.concatenate([np.zeros_like(dy, shape=(len(dy), 1, dy.shape[2])), dy], axis=1)
