"""From a dataset and the name of a fusion to a classifier that fits both."""

import numpy as np

from mmdl.data import ImagePreprocessor, Tokenizer
from mmdl.errors import DataError
from mmdl.fusion import FUSIONS
from mmdl.layers import Dense, Dropout, ReLU, Sequential
from mmdl.models.classifier import MultimodalClassifier
from mmdl.models.encoders import image_encoder, text_encoder, to_vector, tokens_of
from mmdl.models.modality import Modality

DROPOUT = 0.3  # before every dense layer of a head


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
    build = {"tokens": _of_tokens, "vectors": _of_vectors, "logits": _of_experts}[FUSIONS[fusion].takes]
    preprocessors = {name: dataset.preprocessors[name] for name in dataset.modalities}
    modalities, fused, head = build(rng, FUSIONS[fusion], preprocessors, width, len(dataset.classes), dtype)
    return MultimodalClassifier(modalities, fused, head, dataset.classes, preprocessors)


def token_encoder(rng, preprocessor, width, reader="lstm", dtype=np.float32):
    """The encoder for what a preprocessor yields, and the shape (T, D) of its tokens

    `reader` is what reads a text, as in `text_encoder`.
    """
    if isinstance(preprocessor, ImagePreprocessor):
        encoder = image_encoder(rng, filters=(16, width), dtype=dtype)
        return encoder, tokens_of(encoder, (preprocessor.rows, preprocessor.columns, 1))
    if isinstance(preprocessor, Tokenizer):
        return text_encoder(rng, preprocessor.entries, width, reader, dtype=dtype), (preprocessor.length, width)
    raise DataError(f"there is no encoder for what a {type(preprocessor).__name__} prepares")


def vector_encoder(rng, preprocessor, width, dtype=np.float32):
    """The encoder for what a preprocessor yields, made to end in one vector (width,)."""
    encoder, shape = token_encoder(rng, preprocessor, width, dtype=dtype)
    pool = "flatten" if isinstance(preprocessor, ImagePreprocessor) else "last"
    return to_vector(rng, encoder, shape, pool, width, dtype)


def _of_tokens(rng, kind, preprocessors, width, classes, dtype):
    """All tokens meet: words come as they are, because attention reads them."""
    modalities, lengths = {}, []
    for name, preprocessor in preprocessors.items():
        encoder, (length, features) = token_encoder(rng, preprocessor, width, "none", dtype)
        modalities[name] = Modality(encoder, rng.normal(0, 0.02, (1, features)).astype(dtype))
        lengths.append(length)
    fusion = kind.init(rng, [width] * len(modalities), width, lengths, dtype=dtype)
    return modalities, fusion, Sequential((Dropout(DROPOUT), Dense.init(rng, width, classes, dtype)))


def _of_vectors(rng, kind, preprocessors, width, classes, dtype):
    """Vectors meet; one hidden layer in the head lets them act on one another, whatever the fusion."""
    modalities = {
        name: Modality(vector_encoder(rng, preprocessor, width, dtype), np.zeros(width, dtype))
        for name, preprocessor in preprocessors.items()
    }
    fusion = kind.init(rng, [width] * len(modalities), width, dtype=dtype)
    fused = fusion(tuple(np.zeros((1, width), dtype) for _ in modalities)).shape[-1]  # found by trying
    hidden = Dense.init(rng, fused, 2 * width, dtype), ReLU(), Dropout(DROPOUT)
    return modalities, fusion, Sequential((Dropout(DROPOUT), *hidden, Dense.init(rng, 2 * width, classes, dtype)))


def _of_experts(rng, kind, preprocessors, width, classes, dtype):
    """Opinions meet: each modality has a head of its own."""
    modalities = {}
    for name, preprocessor in preprocessors.items():
        encoder = vector_encoder(rng, preprocessor, width, dtype)
        head = Dropout(DROPOUT), Dense.init(rng, width, classes, dtype)
        modalities[name] = Modality(Sequential((*encoder.layers, *head)), None)
    return modalities, kind.init(rng, [classes] * len(modalities), width, dtype=dtype), Sequential(())
