"""Models: encoders, the multimodal classifier that is built from them, and two towers that learn to agree."""

from mmdl.models.build import multimodal_classifier
from mmdl.models.classifier import ClassifierTrace, MultimodalClassifier
from mmdl.models.contrastive import ContrastiveModel, contrastive_model
from mmdl.models.encoders import image_encoder, text_encoder, to_vector
from mmdl.models.modality import Modality

__all__ = [
    "ClassifierTrace",
    "ContrastiveModel",
    "Modality",
    "MultimodalClassifier",
    "contrastive_model",
    "image_encoder",
    "multimodal_classifier",
    "text_encoder",
    "to_vector",
]
