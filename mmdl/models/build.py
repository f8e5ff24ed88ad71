"""From a dataset and the name of a fusion to a classifier that fits both."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.data import Dataset
from mmdl.errors import DataError
from mmdl.fusion import fusion_named
from mmdl.fusion.fusion import Fusion
from mmdl.layers import Conv2D, Dense, Dropout, Layer, MaxPool2D, ReLU, Sequential, Standardize
from mmdl.models.classifier import MultimodalClassifier
from mmdl.models.encoders import audio_encoder, image_encoder, numbers_encoder, text_encoder, to_vector, tokens_of
from mmdl.models.modality import Modality

Encoded: TypeAlias = tuple[Sequential, tuple[int, int]]  # an encoder, and the shape (T, D) of its tokens
Parts: TypeAlias = tuple[dict[str, Modality], Fusion, Sequential]  # of a classifier: modalities, fusion, head

DROPOUT = 0.3  # before every dense layer of a head
FILTERS = 16  # of an image encoder's first stage; the next have twice as many each, up to the width
LARGE = 32  # pixels on the longer side of a photograph, from which on it is first seen coarsely
CELLS = 8  # on the longer side of what is left of a photograph


def multimodal_classifier(
    rng: Generator,
    dataset: Dataset,
    fusion: str = "attention",
    width: int = 64,
    dtype: DTypeLike = np.float32,
    hidden: bool = True,
) -> MultimodalClassifier:
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
    hidden : bool
        Whether the head has a hidden layer after a fusion of vectors. Without it, modalities act on one another only
        as far as the fusion itself lets them.

    Returns
    -------
    MultimodalClassifier

    >>> from mmdl import data, tree
    >>> glyphs = data.load("glyphs", fonts=("DejaVuSans",))
    >>> model = multimodal_classifier(np.random.default_rng(0), glyphs, fusion="concatenate")
    >>> type(model.fusion).__name__, sorted(model.modalities)
    ('Concatenate', ['image', 'text'])
    """
    kind = fusion_named(fusion)
    of_vectors = partial(_of_vectors, hidden=hidden)
    builders: dict[str, Callable[..., Parts]]
    builders = {"tokens": _of_tokens, "vectors": of_vectors, "logits": _of_experts}
    preprocessors = {name: dataset.preprocessors[name] for name in dataset.modalities}
    if kind.takes == "tokens":
        builders["tokens"] = partial(_of_tokens, reader="lstm" if dataset.in_order else "none")
    modalities, fused, head = builders[kind.takes](rng, kind, preprocessors, width, len(dataset.classes), dtype)
    return MultimodalClassifier(modalities, fused, head, dataset.classes, preprocessors)


def token_encoder(
    rng: Generator, preprocessor: Any, width: int, reader: str = "lstm", dtype: DTypeLike = np.float32
) -> Encoded:
    """The encoder for what a preprocessor yields, and the shape (T, D) of its tokens, T at most

    `reader` is what reads a text, as in `text_encoder`.
    """
    return _encoding(preprocessor).encoder(rng, preprocessor, width, reader, dtype)


def vector_encoder(rng: Generator, preprocessor: Any, width: int, dtype: DTypeLike = np.float32) -> Sequential:
    """The encoder for what a preprocessor yields, made to end in one vector (width,)."""
    encoder, shape = token_encoder(rng, preprocessor, width, dtype=dtype)
    return to_vector(rng, encoder, shape, _encoding(preprocessor).pool, width, dtype)


def _of_picture(rng: Generator, preprocessor: Any, width: int, reader: str, dtype: DTypeLike) -> Encoded:
    """Two stages for what is centred in a small frame; else as many as leave `CELLS` cells on the longer side, and the
    borders count as much as the middle. Of a large picture the first stage looks at every other pixel only, which takes
    a third of the time."""
    rows, columns, channels = preprocessor.shape
    if preprocessor.centred:
        encoder = image_encoder(rng, channels, (FILTERS, width), dtype=dtype)
        return encoder, tokens_of(encoder, preprocessor.shape)
    layers: list[Layer] = [Standardize(preprocessor.mean, preprocessor.deviation)] if preprocessor.mean else []
    count = FILTERS
    if preprocessor.mean and max(rows, columns) > LARGE:
        layers += [Conv2D.init(rng, channels, count, (5, 5), dtype, padding="same", stride=2), MaxPool2D(2), ReLU()]
        layers += [Conv2D.init(rng, count, 2 * count, (3, 3), dtype, padding="same"), ReLU()]
        rows, columns, channels, count = -(-rows // 2) // 2, -(-columns // 2) // 2, 2 * count, 4 * count
    filters: list[int] = []
    while not filters or (max(rows, columns) > CELLS and min(rows, columns) > 1):
        rows, columns = rows // 2, columns // 2
        filters.append(min(count << len(filters), width))
    stages = image_encoder(rng, channels, (*filters[:-1], width), padding="same", dtype=dtype)
    encoder = Sequential((*layers, *stages.layers))
    return encoder, tokens_of(encoder, preprocessor.shape)


def _of_text(rng: Generator, preprocessor: Any, width: int, reader: str, dtype: DTypeLike) -> Encoded:
    if reader == "none" and preprocessor.of_letters:
        reader = "lstm"  # a letter by itself says nothing
    encoder = text_encoder(rng, preprocessor.entries, width, reader, dtype=dtype)
    return encoder, (preprocessor.length, width)


def _of_sound(rng: Generator, preprocessor: Any, width: int, reader: str, dtype: DTypeLike) -> Encoded:
    encoder = audio_encoder(rng, preprocessor.bands, width, dtype=dtype)
    return encoder, tokens_of(encoder, preprocessor.shape)


def _of_numbers(rng: Generator, preprocessor: Any, width: int, reader: str, dtype: DTypeLike) -> Encoded:
    return numbers_encoder(rng, len(preprocessor.mean), width, dtype), (1, width)


class Encoding(NamedTuple):
    """What reads one kind of input."""

    encoder: Callable[..., Encoded]  # rng, preprocessor, width, reader, dtype -> encoder, shape (T, D) of its tokens
    pool: str  # what makes one vector of the tokens, see `to_vector`


ENCODINGS = {  # by the kind of a modality
    "image": Encoding(_of_picture, "flatten"),
    "text": Encoding(_of_text, "last"),
    "audio": Encoding(_of_sound, "max"),
    "numbers": Encoding(_of_numbers, "last"),
}


def _encoding(preprocessor: Any) -> Encoding:
    kind = getattr(preprocessor, "kind", None)
    if kind not in ENCODINGS:
        raise DataError(f"there is no encoder for what a {type(preprocessor).__name__} prepares")
    return ENCODINGS[kind]


def _of_tokens(
    rng: Generator,
    kind: Any,
    preprocessors: dict[str, Any],
    width: int,
    classes: int,
    dtype: DTypeLike,
    reader: str = "none",
) -> Parts:
    """Fusion of tokens: words are passed on as they are, for attention reads them; where their order matters, and for
    letters, an LSTM reads them first."""
    modalities, lengths = {}, []
    for name, preprocessor in preprocessors.items():
        encoder, (length, features) = token_encoder(rng, preprocessor, width, reader, dtype)
        modalities[name] = Modality(encoder, rng.normal(0, 0.02, (1, features)).astype(dtype))
        lengths.append(length)
    fusion = kind.init(rng, [width] * len(modalities), width, lengths, dtype=dtype)
    return modalities, fusion, Sequential((Dropout(DROPOUT), Dense.init(rng, width, classes, dtype)))


def _of_vectors(
    rng: Generator,
    kind: Any,
    preprocessors: dict[str, Any],
    width: int,
    classes: int,
    dtype: DTypeLike,
    hidden: bool,
) -> Parts:
    """Fusion of vectors; one hidden layer in the head lets modalities interact, whatever the fusion."""
    modalities = {
        name: Modality(vector_encoder(rng, preprocessor, width, dtype), np.zeros(width, dtype))
        for name, preprocessor in preprocessors.items()
    }
    fusion = kind.init(rng, [width] * len(modalities), width, dtype=dtype)
    fused = fusion(tuple(np.zeros((1, width), dtype) for _ in modalities)).shape[-1]  # found by trying
    if not hidden:
        return modalities, fusion, Sequential((Dropout(DROPOUT), Dense.init(rng, fused, classes, dtype)))
    meeting = Dense.init(rng, fused, 2 * width, dtype), ReLU(), Dropout(DROPOUT)
    return modalities, fusion, Sequential((Dropout(DROPOUT), *meeting, Dense.init(rng, 2 * width, classes, dtype)))


def _of_experts(
    rng: Generator, kind: Any, preprocessors: dict[str, Any], width: int, classes: int, dtype: DTypeLike
) -> Parts:
    """Fusion of logits: each modality has its own head."""
    modalities = {}
    for name, preprocessor in preprocessors.items():
        encoder = vector_encoder(rng, preprocessor, width, dtype)
        head = Dropout(DROPOUT), Dense.init(rng, width, classes, dtype)
        modalities[name] = Modality(Sequential((*encoder.layers, *head)), None)
    return modalities, kind.init(rng, [classes] * len(modalities), dtype=dtype), Sequential(())
