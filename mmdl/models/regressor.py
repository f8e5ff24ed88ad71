"""The multimodal regressor: a classifier's encoders and fusion, and a head that yields one number."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.data import Batch, Dataset
from mmdl.data.prepare import prepare
from mmdl.data.preprocessors.numbers import Standardizer
from mmdl.errors import DataError
from mmdl.fusion import Fusion, fusion_named
from mmdl.layers.layer import Layer
from mmdl.models.build import How, parts_of
from mmdl.models.classifier import Multimodal
from mmdl.models.modality import Modality
from mmdl.shapes import Array


@dataclass(frozen=True, eq=False)
class MultimodalRegressor(Multimodal):
    """y = mean + deviation · z,   z = head(fusion(each modality's encoding))

    Parameters
    ----------
    modalities : dict of str to Modality
    fusion : a layer of `mmdl.fusion`
    head : Layer
        From the fused vector (N, D) to z (N, 1).
    scale : Standardizer
        Mean, deviation and name of the number in training: z is about one wide.
    preprocessors : dict of str to what turns raw examples of a modality into arrays
    """

    modalities: dict[str, Modality]
    fusion: Fusion
    head: Layer
    scale: Standardizer
    preprocessors: dict[str, Any]

    def predict(self, batch: Batch | None = None, **raw: Any) -> Array:
        """Numbers (N,) in their own unit; arguments as in `MultimodalClassifier.predict_proba`"""
        y: Array = self.scale.decode(self(prepare(self.preprocessors, **raw) if batch is None else batch))[:, 0]
        return y

    @property
    def number(self) -> str:
        """What it predicts is called."""
        return self.scale.names[0] if self.scale.names else "number"

    def in_words(self, output: Array) -> str:
        return f"{self.scale.decode(output)[0]:.4g}"


def multimodal_regressor(
    rng: Generator,
    dataset: Dataset,
    fusion: str = "attention",
    width: int | None = None,
    dtype: DTypeLike = np.float32,
    depth: int | None = None,
    dropout: float | None = None,
    text_reader: str | None = None,
) -> MultimodalRegressor:
    """A regressor for the modalities of a dataset with a `scale`; parameters as in `multimodal_classifier`

    Fusions of logits are for classes only.
    """
    if dataset.scale is None:
        raise DataError(f"the labels of {dataset.name} are classes; a regressor learns numbers")
    if fusion_named(fusion).takes == "logits":
        raise DataError(f"{fusion} fuses the probabilities of classes: it is not for regression")
    how = How(width, depth, dropout, text_reader, dtype, dataset.in_order)
    modalities, fused, head, preprocessors = parts_of(rng, dataset, fusion, 1, how)
    return MultimodalRegressor(modalities, fused, head, dataset.scale, preprocessors)
