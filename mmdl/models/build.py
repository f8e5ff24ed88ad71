"""From a dataset and the name of a fusion to a classifier that fits both."""

import numpy as np

from mmdl.data import ImagePreprocessor, Tokenizer
from mmdl.errors import DataError
from mmdl.fusion import FUSIONS
from mmdl.layers import Dense, Sequential
from mmdl.models.classifier import MultimodalClassifier
from mmdl.models.encoders import image_encoder, text_encoder, to_vector, tokens_of
from mmdl.models.modality import Modality


def multimodal_classifier(rng, dataset, fusion="attention", width=64, dtype=np.float32):
    """A classifier for the modalities and the classes of a dataset

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the initial parameters.
    dataset : Dataset
    fusion : str
        A key of `mmdl.fusion.FUSIONS`.
    width : int
        Of word vectors, of tokens, and of the vector that stands for a modality.

    Returns
    -------
    MultimodalClassifier
    """
    if fusion not in FUSIONS:
        raise DataError(f'there is no fusion "{fusion}"; there are {", ".join(FUSIONS)}')
    kind, classes = FUSIONS[fusion], len(dataset.classes)
    modalities, features, lengths = {}, [], []
    for name in dataset.modalities:
        encoder, (length, size) = token_encoder(rng, dataset.preprocessors[name], kind.takes, width, dtype)
        if kind.takes == "tokens":
            absent = rng.normal(0, 0.02, (1, size)).astype(dtype)
        else:
            pool = "flatten" if isinstance(dataset.preprocessors[name], ImagePreprocessor) else "last"
            encoder = to_vector(rng, encoder, pool, length * size if pool == "flatten" else size, width, dtype)
            size, absent = width, np.zeros(width, dtype)
        if kind.takes == "logits":
            encoder, absent = Sequential((*encoder.layers, Dense.init(rng, size, classes, dtype))), None
        modalities[name] = Modality(encoder, absent)
        features.append(size)
        lengths.append(length)
    if kind.takes == "tokens":
        fused = kind.init(rng, features, width, lengths, dtype=dtype)
    else:
        fused = kind.init(rng, features, width, dtype=dtype)
    head = _head(rng, kind, fusion, features, width, classes, dtype)
    return MultimodalClassifier(modalities, fused, head, dataset.classes, dataset.preprocessors)


def token_encoder(rng, preprocessor, takes, width, dtype):
    """The encoder for what a preprocessor yields, and the shape (T, D) of its tokens."""
    if isinstance(preprocessor, ImagePreprocessor):
        settings = {"filters": (16, width)} if takes == "tokens" else {"filters": (16, 32), "padding": "same"}
        encoder = image_encoder(rng, **settings, dtype=dtype)
        return encoder, tokens_of(encoder, (preprocessor.rows, preprocessor.columns, 1))
    if isinstance(preprocessor, Tokenizer):
        reader = "none" if takes == "tokens" else "lstm"
        return text_encoder(rng, preprocessor.entries, width, reader, dtype=dtype), (preprocessor.length, width)
    raise DataError(f"there is no encoder for what a {type(preprocessor).__name__} prepares")


def _head(rng, kind, fusion, features, width, classes, dtype):
    if kind.takes == "logits":
        return Sequential(())
    return Dense.init(rng, sum(features) if fusion == "concatenate" else width, classes, dtype)
