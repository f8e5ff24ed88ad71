"""Two towers trained contrastively: each maps a modality to unit vectors, alike where two examples belong together."""

import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.data import Batch, Dataset
from mmdl.data.prepare import prepare
from mmdl.data.preprocessors.text import UNKNOWN
from mmdl.errors import DataError
from mmdl.layers import Dense, SequencePool, Sequential
from mmdl.layers.layer import Layer
from mmdl.models.answers import answered
from mmdl.models.build import vector_encoder
from mmdl.models.encoders import text_encoder
from mmdl.ops.contrastive import Normalized, normalize, normalize_backward, similarity, similarity_backward
from mmdl.ops.normalization import Total
from mmdl.shapes import Array

TEMPERATURE = 0.07  # where learning starts


class ContrastiveTrace(NamedTuple):
    """What each tower did, the unit vectors that came of it, and how similar they are."""

    towers: dict[str, Any]
    units: dict[str, Normalized]  # of Normalized: y (n, D), length (n, 1), n being N without other ranks
    batch: tuple[Array, Array]  # the unit vectors (N, D) of the whole batch
    places: Any  # (n,) of this rank's examples in it, or all
    s: Array  # (N, N)


@dataclass(frozen=True, eq=False)
class ContrastiveModel(Layer):
    """s = e^λ a bᵀ,  a and b being the unit vectors that two towers make of the same examples

    Row n of s is example n of the first modality, compared with all examples of the second. Trained with
    `contrastive_loss`, under which row n and column n belong together.

    Parameters
    ----------
    towers : dict of str to Layer
        Two, by modality, in the order of rows and columns; each yields vectors (N, D).
    log_scale : array λ (1,)
        Minus the logarithm of the temperature.
    preprocessors : dict of str to what turns raw examples of a modality into arrays
    total : optional
        In training by several ranks, adds up an array of all of them: each sees the unit vectors of the whole batch, in
        which `batch.labels` are the places of its own examples.

    Source: Radford et al., Learning transferable visual models from natural language supervision, 2021.
    """

    towers: dict[str, Layer]
    log_scale: Array
    preprocessors: dict[str, Any]
    total: Total | None = None

    def over_shares(self, total: Total | None) -> Self:
        return replace(self, total=total)

    def forward(self, batch: Batch) -> tuple[Array, ContrastiveTrace]:
        """batch, in which nothing is absent -> similarity (N, N), trace"""
        units, traces = {}, {}
        for name, tower in self.towers.items():
            x, traces[name] = tower.forward(batch.inputs[name])
            units[name] = normalize(x)
        places = slice(None) if self.total is None else batch.labels
        a, b = (self._of_the_batch(each.y, places) for each in units.values())
        s = similarity(a, b, self.log_scale)
        return s, ContrastiveTrace(traces, units, (a, b), places, s)

    def backward(self, ds: Array, trace: ContrastiveTrace, input_gradient: bool = True) -> tuple[dict[str, Any], Self]:
        """ds (N, N) -> the gradients of the inputs by name (None for words), the gradient as such a model"""
        *dunits, dlog_scale = similarity_backward(ds, *trace.batch, self.log_scale, trace.s)
        dx, towers = {}, {}
        for (name, tower), du in zip(self.towers.items(), dunits, strict=True):
            units = trace.units[name]
            du = du[trace.places] * (len(du) / len(units.y))  # ds is n times that of the mean
            dvector = normalize_backward(du, units.y, units.length)
            dx[name], towers[name] = tower.backward(dvector, trace.towers[name], input_gradient)
        return dx, replace(self, towers=towers, log_scale=dlog_scale)

    def _of_the_batch(self, y: Array, places: Any) -> Array:
        """The rows (N, D) of all ranks, of which y (n, D) are those at these places"""
        if self.total is None:
            return y
        rows = np.zeros((round(float(self.total(np.array([len(y)], y.dtype))[0])), y.shape[1]), y.dtype)
        rows[places] = y
        return self.total(rows)

    def units(self, name: str, x: Any) -> Array:
        """The unit vectors (N, D) of the arrays of one modality"""
        return normalize(self.towers[name](x)).y

    def embed(self, **raw: Any) -> Array:
        """The unit vectors (N, D) of raw examples of one modality: `embed(text="LEFTWARDS ARROW")`

        It takes a list or a single example, as `MultimodalClassifier.predict_proba` does.
        """
        given = [name for name, each in raw.items() if each is not None]
        if len(given) != 1:
            raise DataError(f"embed takes one modality at a time, {' or '.join(self.towers)}, not {len(given)}")
        return answered(lambda: self.units(given[0], prepare(self.preprocessors, **raw)[given[0]]))


def contrastive_model(
    rng: Generator, dataset: Dataset, width: int = 64, dtype: DTypeLike = np.float32
) -> ContrastiveModel:
    """Two towers for the two modalities of a dataset, to be trained with `contrastive_loss`

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the initial parameters.
    dataset : Dataset
        With two modalities.
    width : int
        Of word vectors, and of the vectors that are compared.

    Returns
    -------
    ContrastiveModel
    """
    if len(dataset.modalities) != 2:
        found = ", ".join(dataset.modalities) + (": choose two" if len(dataset.modalities) > 2 else "")
        raise DataError(f"contrastive learning compares two modalities, and {dataset.name} has {found}")
    preprocessors = {name: dataset.preprocessors[name] for name in dataset.modalities}
    towers: dict[str, Layer] = {
        name: tower(rng, preprocessor, width, dtype) for name, preprocessor in preprocessors.items()
    }
    return ContrastiveModel(towers, np.array([-math.log(TEMPERATURE)], dtype), preprocessors)


def tower(rng: Generator, preprocessor: Any, width: int, dtype: DTypeLike = np.float32) -> Sequential:
    """A classifier's encoder for what a preprocessor yields, and a dense layer without ReLU: a direction has signs

    Words are averaged, because search terms come in any order.
    """
    if preprocessor.kind == "text" and not preprocessor.of_letters:
        words = text_encoder(rng, preprocessor.entries, width, "none", dtype=dtype)
        embedding: Any = words.layers[0]
        embedding.E[UNKNOWN] = 0  # training never meets it, so chance would speak for every unknown word
        encoder = Sequential((*words.layers, SequencePool("mean")))
    else:
        encoder = vector_encoder(rng, preprocessor, width, dtype=dtype)
    return Sequential((*encoder.layers, Dense.init(rng, width, width, dtype)))
