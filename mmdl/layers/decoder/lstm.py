"""An LSTM that writes, with or without a look at the memory after every step."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.layers.decoder.decoder import Beginning, Decoder, Step, begin, begin_backward, one, seen, written
from mmdl.layers.dense import Dense
from mmdl.layers.embedding import Embedding
from mmdl.layers.initial import glorot_uniform
from mmdl.layers.recurrent import LSTM, of_all_states
from mmdl.ops.attention import attention, attention_backward
from mmdl.ops.dense import affine, affine_backward
from mmdl.ops.lstm import LSTMStates, lstm, lstm_backward
from mmdl.shapes import Array, Ids, Mask
from mmdl.tokens import Tokens


class LSTMDecoderState(NamedTuple):
    """State and cell, and the memory with its keys."""

    h: Array  # (N, H)
    c: Array  # (N, H)
    keys: Array | None  # (N, S, H)
    memory: Array  # (N, S, D)
    mask: Mask  # (N, S)


class LSTMDecoderTrace(NamedTuple):
    """One entry for each step of forward."""

    memory: Tokens
    inputs: Tokens
    x: Tokens
    beginning: Beginning
    states: LSTMStates
    keys: Any  # (N, S, H); this and the next two are None without attention
    weights: Any  # (N, T, S)
    joined: Any  # (N, T, H + D): state and context side by side
    y: Array  # (N, T, H)


@dataclass(frozen=True, eq=False)
class LSTMDecoder(Decoder):
    """logits = head(y),  y = tanh(combine(h, context)),  context = softmax(h kᵀ / √H) memory,  k = memory Wk

    with the states h of an LSTM over the embedded inputs. Without attention y = h: all that is known of the memory then
    stands in the first state.

    Source: Luong, Pham, Manning 2015; without attention: Sutskever, Vinyals, Le 2014.
    """

    embedding: Embedding
    beginning: Dense  # (D, 2H)
    lstm: LSTM
    Wk: Array | None  # (D, H)
    combine: Dense | None  # (H + D, H)
    head: Dense

    @classmethod
    def init(
        cls,
        rng: Generator,
        features: int,
        entries: int,
        width: int,
        attention: bool = True,
        dtype: DTypeLike = np.float32,
    ) -> Self:
        """`features` D of the memory, `entries` K that can be written, `width` H of the states and the embedding."""
        return cls(
            written(rng, entries, width, dtype),
            Dense.init(rng, features, 2 * width, dtype),
            LSTM.init(rng, width, width, dtype),
            glorot_uniform(rng, (features, width), dtype) if attention else None,
            Dense.init(rng, width + features, width, dtype) if attention else None,
            Dense.init(rng, width, entries, dtype),
        )

    def forward(self, memory: Tokens, inputs: Tokens) -> tuple[Array, LSTMDecoderTrace]:  # type: ignore[override]
        memory = seen(memory)
        beginning = begin(self.beginning, memory)
        x = self.embedding(inputs)
        layer = self.lstm
        states = lstm(x.values, layer.W, layer.U, layer.b, beginning.h, beginning.c, x.mask)
        keys = self._keys(memory.values)
        y, weights, joined = self._look(states.h[:, 1:], keys, memory)
        trace = LSTMDecoderTrace(memory, inputs, x, beginning, states, keys, weights, joined, y)
        return self.head(y), trace

    def backward(self, dlogits: Array, trace: LSTMDecoderTrace, input_gradient: bool = True) -> tuple[Array, Self]:
        x, states, memory = trace.x, trace.states, trace.memory
        dy, head = self.head.backward(dlogits, trace.y)
        dh, dmemory, looking = self._look_backward(dy, trace)
        dh, h, c, gates = of_all_states(dh), states.h, states.c, states.gates
        *dx, dh0, dc0 = lstm_backward(dh, None, x.values, self.lstm.W, self.lstm.U, h, c, gates, x.mask)
        dmean, beginning = begin_backward(self.beginning, dh0, dc0, trace.beginning, memory)
        _, embedding = self.embedding.backward(dx[0], trace.inputs)
        layer = replace(self.lstm, W=dx[1], U=dx[2], b=dx[3])
        gradient = replace(self, embedding=embedding, beginning=beginning, lstm=layer, head=head, **looking)
        return dmean + dmemory, gradient

    def start(self, memory: Tokens) -> LSTMDecoderState:
        memory = seen(memory)
        h, c, _ = begin(self.beginning, memory)
        return LSTMDecoderState(h, c, self._keys(memory.values), memory.values, memory.full_mask)

    def step(self, state: LSTMDecoderState, ids: Ids) -> Step:
        x = self.embedding(one(ids))
        states = lstm(x.values, self.lstm.W, self.lstm.U, self.lstm.b, state.h, state.c)
        y, weights, _ = self._look(states.h[:, 1:], state.keys, Tokens(state.memory, state.mask))
        state = state._replace(h=states.h[:, 1], c=states.c[:, 1])
        return Step(self.head(y[:, 0]), state, None if weights is None else weights[:, 0])

    def _keys(self, memory: Array) -> Array | None:
        return None if self.Wk is None else affine(memory, self.Wk, None)

    def _look(self, h: Array, keys: Array | None, memory: Tokens) -> tuple[Array, Array | None, Array | None]:
        """y, weights, and state and context side by side"""
        if self.combine is None or keys is None:
            return h, None, None
        context, weights = attention(h, keys, memory.values, memory.mask)
        joined = np.concatenate([h, context], axis=2)
        return np.tanh(self.combine(joined)), weights, joined

    def _look_backward(self, dy: Array, trace: LSTMDecoderTrace) -> tuple[Array, Array, dict[str, Any]]:
        """dh, dmemory, and the gradients of the fields by name"""
        memory, h = trace.memory.values, trace.states.h[:, 1:]
        if self.combine is None or self.Wk is None:
            return dy, np.zeros_like(memory), {}
        djoined, combine = self.combine.backward(dy * (1 - trace.y * trace.y), trace.joined)
        dh, dcontext = np.split(djoined, [h.shape[2]], axis=2)
        dq, dkeys, dmemory = attention_backward(dcontext, h, trace.keys, memory, trace.weights)
        dmemory_keys, dWk, _ = affine_backward(dkeys, memory, self.Wk)
        return dh + dq, dmemory + dmemory_keys, {"combine": combine, "Wk": dWk}
