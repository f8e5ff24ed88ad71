"""Models whose parts do not fit together are refused, and those that only take arrays are left alone."""

from dataclasses import replace

import numpy as np
import pytest

from mmdl.data import ImagePreprocessor, Standardizer, Tokenizer
from mmdl.errors import DataError, FormatError
from mmdl.fusion import Concatenate, TensorFusion
from mmdl.layers import Dense, Embedding, Flatten, Graph, Merge, OneToken, OnValues, SequencePool, Sequential
from mmdl.models import Modality, MultimodalClassifier
from mmdl.models.trial import try_out

RNG = np.random.default_rng(0)
WORDS = ("A", "B", "C")
TEXT = Sequential((Embedding.init(RNG, 5, 6), SequencePool("last")))
IMAGE = Sequential((Flatten(), Dense.init(RNG, 36, 6)))
MODEL = MultimodalClassifier(
    {"image": Modality(IMAGE, np.zeros(6, np.float32)), "text": Modality(TEXT, np.zeros(6, np.float32))},
    Concatenate(),
    Dense.init(RNG, 12, 3),
    ("left", "middle", "right"),
    {"image": ImagePreprocessor(6, 6, 4), "text": Tokenizer(WORDS, 4)},
)


def test_a_model_that_answers_is_one():
    try_out(MODEL)
    try_out(replace(MODEL, preprocessors={}))


TWICE = Graph((OnValues(Merge("concatenate")),), ((0, 0),))
WIDE = {f"n{m}": Modality(Dense.init(RNG, 1, 2), np.zeros(2, np.float32)) for m in range(24)}
WRONG = {
    "each layer twice as wide as the one before": (
        {"modalities": {"text": Modality(Sequential((TEXT.layers[0], *[TWICE] * 40, TEXT.layers[1])), np.zeros(6))}},
        "more than 33,554,432 numbers for two examples",
    ),
    "all products of 24 modalities": (
        {
            "modalities": WIDE,
            "preprocessors": dict.fromkeys(WIDE, Standardizer((0.0,), (1.0,))),
            "fusion": TensorFusion.init(RNG, [2] * 24, 1),
        },
        "at most 4,194,304 products of features, not 16,777,216",
    ),
    "a class too few": ({"classes": ("left", "right")}, "gives 3 numbers where 2 are needed"),
    "a table for each example": (
        {"head": Sequential((Dense.init(RNG, 12, 3), OneToken()))},
        "gives 1 x 3 numbers where 3 are needed",
    ),
    "no class": ({"classes": ()}, "gives 3 numbers where 0 are needed"),
    "no preprocessor": ({"preprocessors": {"text": MODEL.preprocessors["text"]}}, "KeyError: 'image'"),
    "another preprocessor": ({"preprocessors": MODEL.preprocessors | {"image": Standardizer((0.0,), (1.0,))}}, "Shape"),
    "too many words": ({"preprocessors": MODEL.preprocessors | {"text": Tokenizer((*WORDS, "D"), 4)}}, "Error"),
    "too narrow a head": ({"head": Dense.init(RNG, 11, 3)}, "ShapeError"),
    "nothing that stands in": ({"modalities": MODEL.modalities | {"text": Modality(TEXT, np.zeros(5))}}, "ValueError"),
}


@pytest.mark.parametrize("name", WRONG)
def test_parts_that_do_not_fit(name):
    change, words = WRONG[name]
    with pytest.raises(FormatError, match=words) as refusal:
        try_out(replace(MODEL, **change))
    assert "\n" not in str(refusal.value) and len(str(refusal.value)) < 300


def test_an_answer_of_nan_is_none():
    huge = replace(MODEL, head=Dense(np.full((12, 3), 1e38, np.float32), np.zeros(3, np.float32)))
    picture = np.random.default_rng(0).integers(0, 256, (9, 9), np.uint8)
    wide = replace(IMAGE.layers[1], W=IMAGE.layers[1].W * 1e20)
    encoder = Sequential((Flatten(), wide))
    huge = replace(huge, modalities=huge.modalities | {"image": replace(huge.modalities["image"], encoder=encoder)})
    with pytest.raises(DataError, match="has no answer"):
        huge.predict_proba(image=[picture])
