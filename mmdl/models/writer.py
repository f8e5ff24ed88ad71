"""The writer: what is seen, heard and read becomes a memory, and a decoder writes about it, token by token."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.data import Batch, Dataset
from mmdl.data.preprocessors.target import END, TargetTokenizer
from mmdl.errors import DataError
from mmdl.fusion.memory import Memory, MemoryTrace
from mmdl.layers import (
    LSTM,
    AttentiveLSTMDecoder,
    Bidirectional,
    Conv2D,
    Embedding,
    Layer,
    LSTMDecoder,
    MaxPool2D,
    Patches,
    ReLU,
    Sequential,
    TransformerDecoder,
)
from mmdl.layers.decoder import Decoder
from mmdl.models.build import token_encoder
from mmdl.models.encoders import tokens_of
from mmdl.models.modality import Modality, ModalityTrace
from mmdl.shapes import Array
from mmdl.tokens import Tokens

DECODERS: dict[str, Any] = {  # rng, features, entries, dtype -> decoder
    "transformer": lambda rng, D, K, dtype: TransformerDecoder.init(rng, D, K, dtype=dtype),
    "attentive-lstm": lambda rng, D, K, dtype: AttentiveLSTMDecoder.init(rng, D, K, 2 * D, dtype),
    "lstm": lambda rng, D, K, dtype: LSTMDecoder.init(rng, D, K, 2 * D, dtype=dtype),
    "lstm-without-attention": lambda rng, D, K, dtype: LSTMDecoder.init(rng, D, K, 2 * D, attention=False, dtype=dtype),
}


class WriterTrace(NamedTuple):
    """One entry for each part of the writer."""

    modalities: dict[str, ModalityTrace]
    memory: MemoryTrace
    decoder: Any

    @property
    def weights(self) -> Array:
        """Where in the memory each token was looked for: (N[, heads], T, S)"""
        return self.decoder.weights


@dataclass(frozen=True, eq=False)
class Writer(Layer):
    """logits of the next token = decoder(memory(each modality's tokens), the target so far)

    A modality may be absent from any example: then the memory has none of its tokens.

    Parameters
    ----------
    modalities : dict of str to Modality
        Their encoders yield Tokens; nothing stands in for what is absent.
    memory : Memory
    decoder : Decoder
    target : TargetTokenizer
        What can be written; `target.texts(ids)` reads it.
    preprocessors : dict of str to what turns raw examples of a modality into arrays
    """

    modalities: dict[str, Modality]
    memory: Memory
    decoder: Decoder
    target: TargetTokenizer
    preprocessors: dict[str, Any]

    def read(self, batch: Batch) -> Tokens:
        """The memory (N, S, D) of a batch, with which `decode(model.decoder, memory, limit)` writes."""
        return self._read(batch)[0]

    def forward(self, batch: Batch) -> tuple[Array, WriterTrace]:
        """batch with targets (N, T) -> logits (N, T, K) of each of their tokens, given those before it; trace"""
        memory, traces, memory_trace = self._read(batch)
        logits, decoder_trace = self.decoder.forward(memory, moved_by_one(batch.targets))
        return logits, WriterTrace(traces, memory_trace, decoder_trace)

    def backward(self, dlogits: Array, trace: WriterTrace, input_gradient: bool = True) -> tuple[dict[str, Any], Self]:
        """dlogits (N, T, K) -> the gradients of the inputs by name (None for words), the gradient as a writer"""
        dmemory, decoder = self.decoder.backward(dlogits, trace.decoder)
        dencoded, memory = self.memory.backward(dmemory, trace.memory)
        dx, modalities = {}, {}
        for (name, modality), d in zip(self.modalities.items(), dencoded, strict=True):
            dx[name], modalities[name] = modality.backward(d, trace.modalities[name], input_gradient)
        return dx, replace(self, modalities=modalities, memory=memory, decoder=decoder)

    def _read(self, batch: Batch) -> tuple[Tokens, dict[str, ModalityTrace], MemoryTrace]:
        encoded, traces = [], {}
        for name, modality in self.modalities.items():
            tokens, traces[name] = modality.forward(batch.inputs[name], batch.present[name])
            encoded.append(tokens)
        memory, trace = self.memory.forward(tuple(encoded))
        return memory, traces, trace


def moved_by_one(targets: Tokens | None) -> Tokens:
    """What a decoder has before it when it writes each token: END, which is the beginning too, and the tokens before"""
    if targets is None:
        raise DataError("a writer learns from targets, and this batch has none")
    inputs = np.full_like(targets.values, END)
    inputs[:, 1:] = targets.values[:, :-1]
    return Tokens(inputs, targets.mask)


def writer(
    rng: Generator,
    dataset: Dataset,
    decoder: str = "transformer",
    width: int = 64,
    blocks: int = 0,
    dtype: DTypeLike = np.float32,
) -> Writer:
    """A writer for the modalities and the targets of a dataset

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the initial parameters.
    dataset : Dataset
        With a `target`.
    decoder : "transformer", "attentive-lstm", "lstm" or "lstm-without-attention"
    width : int
        Of the tokens of the memory; LSTMs have twice as many units.
    blocks : int
        Transformer blocks in which the tokens of all modalities look at one another before anything is written.

    Returns
    -------
    Writer
    """
    if dataset.target is None:
        raise DataError(f"{dataset.name} has no targets: there is nothing to be written")
    if decoder not in DECODERS:
        raise DataError(f'there is no decoder "{decoder}"; there are {", ".join(DECODERS)}')
    preprocessors = {name: dataset.preprocessors[name] for name in dataset.modalities}
    modalities, shapes = {}, []
    for name, preprocessor in preprocessors.items():
        encoder, shape = reader(rng, preprocessor, width, dtype)
        modalities[name] = Modality(encoder, None)
        shapes.append(shape)
    lengths, features = zip(*shapes, strict=True)
    memory = Memory.init(rng, features, width, lengths, blocks, dtype=dtype)
    made = DECODERS[decoder](rng, width, dataset.target.entries, dtype)
    return Writer(modalities, memory, made, dataset.target, preprocessors)


def reader(rng: Generator, preprocessor: Any, width: int, dtype: DTypeLike) -> tuple[Sequential, tuple[int, int]]:
    """What reads one modality, and the shape (T, D) of its tokens, T at most

    Texts are read both ways; small pictures keep 7 x 7 places of 28 x 28, so that one can tell where was looked.
    """
    if preprocessor.kind == "text":
        embedding = Embedding.init(rng, preprocessor.entries, width, dtype, padding_id=0)
        half = width // 2
        both = Bidirectional(LSTM.init(rng, width, half, dtype), LSTM.init(rng, width, half, dtype))
        return Sequential((embedding, both)), (preprocessor.length, 2 * half)
    if preprocessor.kind == "image" and preprocessor.centred:
        layers: list[Layer] = []
        channels = preprocessor.shape[2]
        for filters, pooled in ((width // 2, True), (width, True), (width, False)):
            convolution = Conv2D.init(rng, channels, filters, (3, 3), dtype, padding="same")
            layers += [convolution, MaxPool2D(2), ReLU()] if pooled else [convolution, ReLU()]
            channels = filters
        encoder = Sequential((*layers, Patches()))
        return encoder, tokens_of(encoder, preprocessor.shape)
    return token_encoder(rng, preprocessor, width, "none", dtype)
