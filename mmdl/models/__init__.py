"""Models: encoders, and what is built from them: the multimodal classifier and regressor, two towers that learn to
agree, the writer and the transcriber."""

from mmdl.models.build import multimodal_classifier
from mmdl.models.classifier import ClassifierTrace, MultimodalClassifier
from mmdl.models.contrastive import ContrastiveModel, contrastive_model
from mmdl.models.encoders import image_encoder, text_encoder, to_vector
from mmdl.models.modality import Modality
from mmdl.models.regressor import MultimodalRegressor, multimodal_regressor
from mmdl.models.transcriber import Transcriber, transcriber
from mmdl.models.writer import DECODERS, Writer, writer

__all__ = [
    "DECODERS",
    "ClassifierTrace",
    "ContrastiveModel",
    "Modality",
    "MultimodalClassifier",
    "MultimodalRegressor",
    "Transcriber",
    "Writer",
    "contrastive_model",
    "image_encoder",
    "multimodal_classifier",
    "multimodal_regressor",
    "text_encoder",
    "to_vector",
    "transcriber",
    "writer",
]
