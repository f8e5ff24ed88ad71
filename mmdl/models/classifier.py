"""The multimodal classifier: encoders, a fusion and a head, and what turns pictures and words into arrays."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np

from mmdl.data import Batch
from mmdl.data.prepare import prepare
from mmdl.errors import DataError
from mmdl.fusion import Fusion
from mmdl.layers.layer import Layer
from mmdl.models.answers import answered
from mmdl.models.modality import Modality, ModalityTrace
from mmdl.ops.softmax import softmax
from mmdl.shapes import Array, Mask


class ClassifierTrace(NamedTuple):
    """One entry for each part of the classifier."""

    modalities: dict[str, ModalityTrace]
    fusion: Any
    head: Any


class Multimodal(Layer):
    """y = head(fusion(each modality's encoding)): what classifier and regressor have in common."""

    modalities: dict[str, Modality]
    fusion: Fusion
    head: Layer
    preprocessors: dict[str, Any]

    def forward(self, batch: Batch) -> tuple[Array, ClassifierTrace]:
        """batch -> output (N, K), such as logits, and the trace"""
        encoded, traces = {}, {}
        for name, modality in self.modalities.items():
            encoded[name], traces[name] = modality.forward(batch.inputs[name], batch.present[name])
        z, fusion_trace = self.fusion.forward(tuple(encoded.values()), *self._presence(batch))
        y, head_trace = self.head.forward(z)
        return y, ClassifierTrace(traces, fusion_trace, head_trace)

    def __call__(self, batch: Batch) -> Array:
        """batch -> output (N, K)"""
        parts = self.modalities.items()
        encoded = tuple(modality(batch.inputs[name], batch.present[name]) for name, modality in parts)
        y: Array = self.head(self.fusion.forward(encoded, *self._presence(batch))[0])
        return y

    def _presence(self, batch: Batch) -> list[Mask]:
        """Who has what (N, M), for a fusion that has to know it."""
        names = self.modalities if self.fusion.needs_presence else ()
        return [np.stack([batch.present[name] for name in names], axis=1)] if names else []

    def backward(self, dy: Array, trace: ClassifierTrace, input_gradient: bool = True) -> tuple[dict[str, Any], Self]:
        """dy (N, K) -> the gradients of the inputs by name (None for words), the gradient as a model of this kind"""
        dz, head = self.head.backward(dy, trace.head)
        dencoded, fusion = self.fusion.backward(dz, trace.fusion)
        dx, modalities = {}, {}
        for (name, modality), d in zip(self.modalities.items(), dencoded, strict=True):
            dx[name], modalities[name] = modality.backward(d, trace.modalities[name], input_gradient)
        whole: Any = self  # what derives from this is a dataclass
        return dx, replace(whole, modalities=modalities, fusion=fusion, head=head)

    def attention_weights(self, trace: ClassifierTrace) -> dict[tuple[str, str], Array]:
        """Who looked at whom, for (cross-)attention fusion: {(from, to): (N, heads, T, S)} by names of modalities"""
        if not hasattr(trace.fusion, "between"):
            raise DataError(f"a {type(self.fusion).__name__} fusion has no attention weights between modalities")
        names = tuple(self.modalities)
        return {(names[a], names[b]): weights for (a, b), weights in trace.fusion.between.items()}

    def in_words(self, output: Array) -> str:
        """What the output for one example (K,) says, for a reader."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class MultimodalClassifier(Multimodal):
    """logits = head(fusion(each modality's encoding))

    Parameters
    ----------
    modalities : dict of str to Modality
    fusion : a layer of `mmdl.fusion`
    head : Layer
        From the fused vector (N, D) to the logits (N, K); an empty Sequential where the fusion yields them.
    classes : tuple of str
    preprocessors : dict of str to what turns raw examples of a modality into arrays
    """

    modalities: dict[str, Modality]
    fusion: Fusion
    head: Layer
    classes: tuple[str, ...]
    preprocessors: dict[str, Any]

    def predict_proba(self, batch: Batch | None = None, **raw: Any) -> Array:
        """Probabilities (N, K) for a batch, or for raw examples: `predict_proba(image=picture, text="SMALL LETTER A")`

        A modality takes a list or a single example: strings, Pillow images, paths of pictures. One that is not given,
        or None, is absent.

        Raises
        ------
        DataError
            If the model's numbers are so large that its answer is none.
        """
        return answered(lambda: softmax(self(prepare(self.preprocessors, **raw) if batch is None else batch)))

    def predict(self, batch: Batch | None = None, **raw: Any) -> list[str]:
        """The names of the most probable classes, a list of N; arguments as in `predict_proba`"""
        return [self.classes[k] for k in self.predict_proba(batch, **raw).argmax(axis=1)]

    def in_words(self, output: Array) -> str:
        p = softmax(output)
        return f"{self.classes[p.argmax()]} {100 * p.max():.0f} %"
