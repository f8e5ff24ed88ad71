"""Models: encoders, and the multimodal classifier that is built from them."""

from mmdl.models.build import multimodal_classifier
from mmdl.models.classifier import ClassifierTrace, MultimodalClassifier
from mmdl.models.encoders import image_encoder, text_encoder, to_vector
from mmdl.models.modality import Modality

__all__ = [
    "ClassifierTrace",
    "Modality",
    "MultimodalClassifier",
    "image_encoder",
    "multimodal_classifier",
    "text_encoder",
    "to_vector",
]
