"""From a dataset and the name of a fusion to a classifier that fits both."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.data import Dataset
from mmdl.errors import DataError
from mmdl.fusion import AttentionFusion, fusion_named
from mmdl.fusion.fusion import Fusion
from mmdl.fusion.vectors import Product, Sum
from mmdl.layers import (
    BatchNorm,
    Dense,
    Dropout,
    Layer,
    OneCell,
    Patches,
    ReLU,
    SequencePool,
    Sequential,
)
from mmdl.models.classifier import MultimodalClassifier
from mmdl.models.encoders import audio_encoder, numbers_encoder, text_encoder, to_vector, tokens_of
from mmdl.models.modality import Modality
from mmdl.models.pictures import Encoded, is_large, located, picture_encoder
from mmdl.models.text_cnn import OF_KIM, WIDTH_OF_KIM, WORDS_OF_KIM, begin_with_counts, is_text_cnn, text_cnn

Parts: TypeAlias = tuple[dict[str, Modality], Fusion, Sequential]  # of a classifier: modalities, fusion, head

WIDTH = 64
DROPOUT = 0.3  # before every dense layer of a head
OF_MANY = 0.5  # of what is flattened: many numbers overfit
HEADS = 4  # of every fusion of tokens


def multimodal_classifier(
    rng: Generator,
    dataset: Dataset,
    fusion: str = "attention",
    width: int | None = None,
    dtype: DTypeLike = np.float32,
    depth: int | None = None,
    dropout: float | None = None,
    text_reader: str | None = None,
) -> MultimodalClassifier:
    """A classifier for the modalities and the classes of a dataset

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the initial parameters.
    dataset : Dataset
    fusion : str
        A key of `mmdl.fusion.FUSIONS`.
    width : int, optional
        Of word vectors, of tokens, and of the vector that stands for a modality: 64, 128 for a fusion of vectors of
        large pictures, 192 for a text CNN. A fusion of tokens needs a multiple of 4, the number of its heads.
    depth : int, optional
        Hidden layers between what was fused and the classes, or of each modality's own head where these are fused. By
        default one after a fusion of vectors, else none. Without any, modalities act on one another only as far as the
        fusion itself lets them.
    dropout : float, optional
        Share of the numbers that is dropped in training before each dense layer: by default 0.3, and 0.5 of the many
        that a picture has, unless the dataset needs another.
    text_reader : "convolution", "lstm", "gru", "attention", ..., optional
        What reads the words of a text, see `text_encoder`. By default an LSTM, unless a fusion of tokens reads the
        words itself. With convolutions, a model of a text alone is that of Kim 2014: without a hidden layer, and with
        a dropout of 0.5, unless these are given; its word vectors begin with what is counted in the training texts
        (`mmdl.models.text_cnn`).

    Returns
    -------
    MultimodalClassifier

    >>> from mmdl import data, tree
    >>> glyphs = data.load("glyphs", fonts=("DejaVuSans",))
    >>> model = multimodal_classifier(np.random.default_rng(0), glyphs, fusion="concatenate")
    >>> type(model.fusion).__name__, sorted(model.modalities)
    ('Concatenate', ['image', 'text'])
    """
    how = How(width, depth, dropout, text_reader, dtype, dataset.in_order)
    modalities, fused, head, preprocessors = parts_of(rng, dataset, fusion, len(dataset.classes), how)
    if is_text_cnn(dataset, text_reader):
        reads: Any = next(iter(modalities.values())).encoder
        begin_with_counts(reads.layers[0], dataset)
    return MultimodalClassifier(modalities, fused, head, dataset.classes, preprocessors)


def token_encoder(
    rng: Generator, preprocessor: Any, width: int, reader: str = "lstm", dtype: DTypeLike = np.float32
) -> Encoded:
    """The encoder for what a preprocessor yields, and the shape (T, D) of its tokens, T at most

    `reader` is what reads a text, as in `text_encoder`.
    """
    return _encoding(preprocessor).encoder(rng, preprocessor, width, reader, dtype)


def vector_encoder(
    rng: Generator,
    preprocessor: Any,
    width: int,
    reader: str = "lstm",
    dropout: float | None = None,
    dtype: DTypeLike = np.float32,
) -> Sequential:
    """The encoder for what a preprocessor yields, made to end in one vector (width,)."""
    if reader == "convolution" and _encoding(preprocessor).encoder is _of_text:
        return text_cnn(rng, preprocessor, width, dtype)
    encoder, shape = token_encoder(rng, preprocessor, width, reader, dtype)
    rate = OF_MANY if dropout is None else dropout
    if pool := "both" if is_large(preprocessor) else _encoding(preprocessor).pool:
        return to_vector(rng, encoder, shape, pool, width, dtype, rate)
    return to_vector(rng, encoder, shape, POOLS.get(reader, "last"), width, dtype)


def _of_text(rng: Generator, preprocessor: Any, width: int, reader: str, dtype: DTypeLike) -> Encoded:
    if reader == "none" and preprocessor.of_letters:
        reader = "lstm"  # a letter by itself says nothing
    embedding = min(width, WORDS_OF_KIM) if reader == "convolution" else width
    encoder = text_encoder(rng, preprocessor.entries, width, reader, embedding, dtype)
    return encoder, (preprocessor.length, width)


def _of_sound(rng: Generator, preprocessor: Any, width: int, reader: str, dtype: DTypeLike) -> Encoded:
    encoder = audio_encoder(rng, preprocessor.bands, width, dtype=dtype)
    return encoder, tokens_of(encoder, preprocessor.shape)


def _of_numbers(rng: Generator, preprocessor: Any, width: int, reader: str, dtype: DTypeLike) -> Encoded:
    return numbers_encoder(rng, len(preprocessor.mean), width, dtype), (1, width)


class Encoding(NamedTuple):
    """What reads one kind of input."""

    encoder: Callable[..., Encoded]  # rng, preprocessor, width, reader, dtype -> encoder, shape (T, D) of its tokens
    pool: str | None  # what makes one vector of the tokens, see `to_vector`; None where it is the reader's


ENCODINGS = {  # by the kind of a modality
    "image": Encoding(picture_encoder, "flatten"),
    "text": Encoding(_of_text, None),
    "audio": Encoding(_of_sound, "max"),
    "numbers": Encoding(_of_numbers, "last"),
}

POOLS = {"attention": "mean", "none": "mean"}  # of readers whose last token has not read all


def _encoding(preprocessor: Any) -> Encoding:
    kind = getattr(preprocessor, "kind", None)
    if kind not in ENCODINGS:
        raise DataError(f"there is no encoder for what a {type(preprocessor).__name__} prepares")
    return ENCODINGS[kind]


class How(NamedTuple):
    """What `multimodal_classifier` was asked for."""

    width: Any  # int, or None until the data is known
    depth: Any  # int, or None until the fusion is known
    dropout: float | None
    reader: Any  # str, likewise
    dtype: DTypeLike
    in_order: bool  # whether texts are sentences

    def head(self, rng: Generator, features: int, classes: int) -> tuple[Layer, ...]:
        """Dropout and a dense layer, with as many hidden layers of the same kind before it as are asked for."""
        rate = DROPOUT if self.dropout is None else self.dropout
        layers: list[Layer] = []
        for _ in range(self.depth):
            layers += [Dropout(rate), Dense.init(rng, features, 2 * self.width, self.dtype), ReLU()]
            features = 2 * self.width
        return (*layers, Dropout(rate), Dense.init(rng, features, classes, self.dtype))

    def vector_encoder(self, rng: Generator, preprocessor: Any) -> Sequential:
        """What reads one modality, and ends in a vector."""
        return vector_encoder(rng, preprocessor, self.width, self.reader, self.dropout, self.dtype)


def parts_of(
    rng: Generator, dataset: Dataset, fusion: str, outputs: int, how: How
) -> tuple[dict[str, Modality], Fusion, Sequential, dict[str, Any]]:
    """Modalities, fusion, head and preprocessors, or one sentence about what does not go together."""
    kind = fusion_named(fusion)
    preprocessors = {name: dataset.preprocessors[name] for name in dataset.modalities}
    width = how.width
    kim = is_text_cnn(dataset, how.reader)
    if width is None and kim:
        width = WIDTH_OF_KIM // (2 if kind.takes == "tokens" else 1)  # a token has no maxima and means of its own
    elif width is None:  # a vector has to hold all that there is in a large picture
        whole = kind.takes == "vectors" and not meets_places(kind, preprocessors)
        width = WIDTH * (2 if whole and any(map(is_large, preprocessors.values())) else 1)
    if kim:
        how = how._replace(
            depth=0 if how.depth is None else how.depth, dropout=OF_KIM if how.dropout is None else how.dropout
        )
    how = how._replace(width=width, dropout=dataset.build.get("dropout") if how.dropout is None else how.dropout)
    if how.width < 1:
        raise DataError(f"a model has a width of at least 1, not {how.width}")
    if kind.takes == "tokens" and how.width % HEADS:
        raise DataError(f"{fusion} has {HEADS} heads, among which a width of {how.width} cannot be shared out")
    if how.depth is not None and how.depth < 0:
        raise DataError(f"a head has no hidden layer or some, not {how.depth}")
    if how.dropout is not None and not 0 <= how.dropout < 1:
        raise DataError(f"a dropout probability is at least 0 and less than 1, not {how.dropout}")
    builders: dict[str, Callable[..., Parts]]
    builders = {"tokens": _of_tokens, "vectors": _of_vectors, "logits": _of_experts}
    reader = "lstm" if dataset.in_order or kind.takes != "tokens" else "none"
    depth = (kind.takes == "vectors") if how.depth is None else how.depth
    how = how._replace(depth=depth, reader=how.reader or reader)
    return *builders[kind.takes](rng, kind, preprocessors, outputs, how), preprocessors


def _of_tokens(rng: Generator, kind: Any, preprocessors: dict[str, Any], classes: int, how: How) -> Parts:
    """Fusion of tokens: words are passed on as they are, for attention reads them; where their order matters, and for
    letters, an LSTM reads them first. Sentences beside large pictures are questions, or as good as: they ask."""
    modalities, widths, lengths = {}, [], []
    for name, preprocessor in preprocessors.items():
        encoder, (length, features) = token_encoder(rng, preprocessor, how.width, how.reader, how.dtype)
        if is_large(preprocessor):
            encoder, features = located(encoder), features + 2
        modalities[name] = Modality(encoder, rng.normal(0, 0.02, (1, features)).astype(how.dtype))
        widths.append(features)
        lengths.append(length)
    more: dict[str, Any] = {}
    kinds = [preprocessor.kind for preprocessor in preprocessors.values()]
    if kind is AttentionFusion and how.in_order and "text" in kinds and any(map(is_large, preprocessors.values())):
        more = {"asks": kinds.index("text")}
    fusion = kind.init(rng, widths, how.width, lengths, HEADS, dtype=how.dtype, **more)
    return modalities, fusion, Sequential(how.head(rng, how.width, classes))


def _of_vectors(rng: Generator, kind: Any, preprocessors: dict[str, Any], classes: int, how: How) -> Parts:
    """Fusion of vectors; a hidden layer in the head lets modalities interact, whatever the fusion."""
    if meets_places(kind, preprocessors):
        return _of_places(rng, kind, preprocessors, classes, how)
    modalities = {
        name: Modality(how.vector_encoder(rng, preprocessor), np.zeros(how.width, how.dtype))
        for name, preprocessor in preprocessors.items()
    }
    fusion = kind.init(rng, [how.width] * len(modalities), how.width, dtype=how.dtype)
    fused = fusion(tuple(np.zeros((1, how.width), how.dtype) for _ in modalities)).shape[-1]  # found by trying
    return modalities, fusion, Sequential(how.head(rng, fused, classes))


def meets_places(kind: Any, preprocessors: dict[str, Any]) -> bool:
    """Whether a fusion goes on at every place of a picture: one entry by entry, and of one large picture."""
    return kind in (Product, Sum) and [*map(is_large, preprocessors.values())].count(True) == 1 < len(preprocessors)


def _of_places(rng: Generator, kind: Any, preprocessors: dict[str, Any], classes: int, how: How) -> Parts:
    """Fusion of a vector at each place of a large picture with those of the others: which of the things there is meant
    is found before the places are pooled. One vector for the picture would have to tell of each thing that may be
    meant, and each would have to be learned by itself."""
    modalities = {}
    for name, preprocessor in preprocessors.items():
        if is_large(preprocessor):
            encoder, _ = token_encoder(rng, preprocessor, how.width, how.reader, how.dtype)
            layers = encoder.layers[:-1]  # the map, and not its patches
        else:
            layers = *how.vector_encoder(rng, preprocessor).layers, OneCell()
        modalities[name] = Modality(Sequential(layers), np.zeros((1, 1, how.width), how.dtype))
    fusion, found = kind.init(rng, [how.width] * len(modalities), how.width, dtype=how.dtype), 2 * how.width
    at_each = Dense.init(rng, how.width, found, how.dtype), BatchNorm.init(found, momentum=0.9, dtype=how.dtype), ReLU()
    pooled = Patches(), SequencePool("both")
    return modalities, fusion, Sequential((*at_each, *pooled, *how.head(rng, 2 * found, classes)))


def _of_experts(rng: Generator, kind: Any, preprocessors: dict[str, Any], classes: int, how: How) -> Parts:
    """Fusion of logits: each modality has its own head."""
    modalities = {}
    for name, preprocessor in preprocessors.items():
        layers = how.vector_encoder(rng, preprocessor).layers
        modalities[name] = Modality(Sequential((*layers, *how.head(rng, how.width, classes))), None)
    return modalities, kind.init(rng, [classes] * len(modalities), dtype=how.dtype), Sequential(())
