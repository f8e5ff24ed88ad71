"""The transcriber: a class for every frame of a sound, from which CTC makes what was said."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.data import Batch, Dataset
from mmdl.data.preprocessors.target import TargetTokenizer
from mmdl.errors import DataError
from mmdl.layers import LSTM, Bidirectional, Conv1D, Dense, Layer, OnValues, ReLU, Sequential, TimeDistributed
from mmdl.shapes import Array
from mmdl.tokens import Tokens


class TranscriberTrace(NamedTuple):
    """One entry for each part."""

    encoder: Any
    head: Any


@dataclass(frozen=True, eq=False)
class Transcriber(Layer):
    """logits of each frame = head(encoder(sound)); the id 0, which ends a target, is the blank

    Parameters
    ----------
    modality : str
        Which of a batch's it hears.
    encoder, head : Layer
        From Tokens (N, T, D) of the sound to Tokens (N, P, H), and on to the logits (N, P, K).
    target : TargetTokenizer
        What can be written down; `target.texts(ids)` reads it.
    preprocessors : dict of str to what turns raw sounds into arrays
    """

    modality: str
    encoder: Layer
    head: Layer
    target: TargetTokenizer
    preprocessors: dict[str, Any]

    def forward(self, batch: Batch) -> tuple[Tokens, TranscriberTrace]:
        """batch -> logits as Tokens (N, P, K), whose mask tells which frames there are; trace"""
        frames, encoder = self.encoder.forward(batch.inputs[self.modality])
        logits, head = self.head.forward(frames)
        return logits, TranscriberTrace(encoder, head)

    def backward(
        self, dlogits: Array, trace: TranscriberTrace, input_gradient: bool = True
    ) -> tuple[dict[str, Any], Self]:
        """dlogits (N, P, K) -> the gradient of the sound by name, the gradient as a transcriber"""
        dframes, head = self.head.backward(dlogits, trace.head)
        dx, encoder = self.encoder.backward(dframes, trace.encoder, input_gradient)
        return {self.modality: dx}, replace(self, encoder=encoder, head=head)


def transcriber(
    rng: Generator, dataset: Dataset, width: int = 64, recurrent: bool = True, dtype: DTypeLike = np.float32
) -> Transcriber:
    """A transcriber for the sounds of a dataset: two convolutions over time, of which the first halves the frames, and
    an LSTM that reads both ways

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the initial parameters.
    dataset : Dataset
        With sounds and a `target`.
    width : int
    recurrent : bool
        Without the LSTM every frame hears but a few frames around it.
    """
    sounds = [name for name in dataset.modalities if dataset.preprocessors[name].kind == "audio"]
    if dataset.target is None or len(sounds) != 1:
        raise DataError(f"a transcriber needs one modality of sounds and targets, which {dataset.name} does not have")
    preprocessor: Any = dataset.preprocessors[sounds[0]]
    layers: list[Layer] = [
        Conv1D.init(rng, preprocessor.bands, width, 5, dtype, stride=2, padding=2),
        OnValues(ReLU()),
        Conv1D.init(rng, width, width, 3, dtype, padding=1),
        OnValues(ReLU()),
    ]
    if recurrent:
        layers.append(Bidirectional(LSTM.init(rng, width, width, dtype), LSTM.init(rng, width, width, dtype)))
    head = TimeDistributed(Dense.init(rng, 2 * width if recurrent else width, dataset.target.entries, dtype))
    return Transcriber(sounds[0], Sequential(tuple(layers)), head, dataset.target, {sounds[0]: preprocessor})
