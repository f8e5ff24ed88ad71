"""An LSTM that looks at the memory before every step, so that what it sees enters its gates."""

from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.layers.decoder.decoder import Beginning, Decoder, Step, begin, begin_backward, one, seen, written
from mmdl.layers.dense import Dense
from mmdl.layers.embedding import Embedding
from mmdl.layers.initial import glorot_uniform
from mmdl.layers.recurrent import LSTM, of_all_states
from mmdl.ops.attentive_lstm import AttentiveStates, attentive_lstm, attentive_lstm_backward
from mmdl.ops.dense import affine, affine_backward
from mmdl.shapes import Array, Ids, Mask
from mmdl.tokens import Tokens


class AttentiveLSTMState(NamedTuple):
    """State and cell, and the memory with its keys."""

    h: Array  # (N, H)
    c: Array  # (N, H)
    keys: Array  # (N, S, H)
    memory: Array  # (N, S, D)
    mask: Mask  # (N, S)


class AttentiveLSTMTrace(NamedTuple):
    """One entry for each step of forward."""

    memory: Tokens
    inputs: Tokens
    x: Tokens
    beginning: Beginning
    keys: Array
    states: AttentiveStates
    joined: Array  # (N, T, H + D): state and context side by side

    @property
    def weights(self) -> Array:
        """Where it looked before every step: (N, T, S)"""
        return self.states.weights


@dataclass(frozen=True, eq=False)
class AttentiveLSTMDecoder(Decoder):
    """logits = head(h, context),  with the states and the contexts of `attentive_lstm` over the embedded inputs

    Source: Bahdanau, Cho, Bengio 2015; of pictures: Xu et al. 2015.
    """

    embedding: Embedding
    beginning: Dense  # (D, 2H)
    Wk: Array  # (D, H): the keys of the memory
    Wq: Array  # (H, H)
    w: Array  # (H,)
    C: Array  # (D, 4H): from the context to the gates
    lstm: LSTM
    head: Dense  # (H + D, K)

    @classmethod
    def init(cls, rng: Generator, features: int, entries: int, width: int, dtype: DTypeLike = np.float32) -> Self:
        """`features` D of the memory, `entries` K that can be written, `width` H of the states and the embedding."""
        return cls(
            written(rng, entries, width, dtype),
            Dense.init(rng, features, 2 * width, dtype),
            glorot_uniform(rng, (features, width), dtype),
            glorot_uniform(rng, (width, width), dtype),
            glorot_uniform(rng, (width, 1), dtype)[:, 0].copy(),
            glorot_uniform(rng, (features, 4 * width), dtype),
            LSTM.init(rng, width, width, dtype),
            Dense.init(rng, width + features, entries, dtype),
        )

    def forward(self, memory: Tokens, inputs: Tokens) -> tuple[Array, AttentiveLSTMTrace]:  # type: ignore[override]
        memory = seen(memory)
        beginning = begin(self.beginning, memory)
        x, keys = self.embedding(inputs), affine(memory.values, self.Wk, None)
        states = self._states(x, keys, memory, beginning.h, beginning.c)
        joined = np.concatenate([states.h[:, 1:], states.context], axis=2)
        return self.head(joined), AttentiveLSTMTrace(memory, inputs, x, beginning, keys, states, joined)

    def backward(self, dlogits: Array, trace: AttentiveLSTMTrace, input_gradient: bool = True) -> tuple[Array, Self]:
        memory, x, states = trace.memory, trace.x, trace.states
        djoined, head = self.head.backward(dlogits, trace.joined)
        dh, dcontext = np.split(djoined, [states.h.shape[2]], axis=2)
        weights = self.Wq, self.w, self.lstm.W, self.C, self.lstm.U
        dx, dkeys, dmemory, dWq, dw, dW, dC, dU, db, dh0, dc0 = attentive_lstm_backward(
            of_all_states(dh), None, dcontext, x.values, memory.values, *weights, *states, x.mask, memory.mask
        )
        dmemory_keys, dWk, _ = affine_backward(dkeys, memory.values, self.Wk)
        dmean, beginning = begin_backward(self.beginning, dh0, dc0, trace.beginning, memory)
        _, embedding = self.embedding.backward(dx, trace.inputs)
        gradient = replace(
            self,
            **{"embedding": embedding, "beginning": beginning, "Wk": dWk, "Wq": dWq, "w": dw, "C": dC, "head": head},
            lstm=replace(self.lstm, W=dW, U=dU, b=db),
        )
        return dmemory + dmemory_keys + dmean, gradient

    def start(self, memory: Tokens) -> AttentiveLSTMState:
        memory = seen(memory)
        h, c, _ = begin(self.beginning, memory)
        return AttentiveLSTMState(h, c, affine(memory.values, self.Wk, None), memory.values, memory.full_mask)

    def step(self, state: AttentiveLSTMState, ids: Ids) -> Step:
        memory = Tokens(state.memory, state.mask)
        states = self._states(self.embedding(one(ids)), state.keys, memory, state.h, state.c)
        logits = self.head(np.concatenate([states.h[:, 1], states.context[:, 0]], axis=1))
        return Step(logits, state._replace(h=states.h[:, 1], c=states.c[:, 1]), states.weights[:, 0])

    def _states(self, x: Tokens, keys: Array, memory: Tokens, h0: Array, c0: Array) -> AttentiveStates:
        layer = self.lstm
        weights = self.Wq, self.w, layer.W, self.C, layer.U, layer.b
        return attentive_lstm(x.values, keys, memory.values, *weights, h0, c0, x.mask, memory.mask)
