"""The multimodal regressor: a classifier's encoders and fusion, and a head that yields one number."""

from dataclasses import dataclass
from typing import Any

from mmdl.data import Batch
from mmdl.data.prepare import prepare
from mmdl.data.preprocessors.numbers import Standardizer
from mmdl.fusion import Fusion
from mmdl.layers.layer import Layer
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

    def in_words(self, output: Array) -> str:
        return f"{self.scale.decode(output)[0]:.4g}"
