"""Columns in memory: what each is, by its first value, and what becomes of the cells."""

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile

from mmdl.data import PicturePreprocessor, Standardizer, Tokenizer, from_columns
from mmdl.data.from_columns import kind_of_values, raw_of
from mmdl.errors import DataError

RNG = np.random.default_rng(0)
LABELS = ["ball", "box", "ball", "box"]


def picture(rows=16, columns=24):
    return RNG.integers(0, 256, (rows, columns, 3), np.uint8)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1.5], "numbers"),
        ([None, math.nan, "", np.float32(2)], "numbers"),
        ([np.nan, True], "numbers"),
        (["a title"], "text"),
        ([math.nan, "a title"], "text"),
        (["", "a.wav"], "audio"),
        (["a.PNG"], "image"),
        ([Path("a.jpeg")], "image"),
        (["a.WAV"], "audio"),
        ([Path("notes.md")], "text"),
        ([(8000, np.zeros(9))], "audio"),
        ([Image.new("L", (4, 4))], "image"),
        ([np.zeros((4, 4))], "image"),
        ([np.zeros((4, 4, 3))], "image"),
    ],
)
def test_the_first_value_says_what_a_column_is(values, kind):
    assert kind_of_values("x", values) == kind


@pytest.mark.parametrize("value", [(1, 2, 3), np.zeros(4), np.zeros((1, 2, 3, 4)), b"bytes", [1, 2]])
def test_other_values_are_refused(value):
    with pytest.raises(DataError, match=r"column .x. is of .*: it takes numbers, strings, pictures or"):
        kind_of_values("x", [value])
    with pytest.raises(DataError, match="column 'x' is empty: it takes"):
        kind_of_values("x", [None, ""])


def test_each_column_is_what_its_preprocessor_makes_of_it():
    columns = {
        "photo": [picture(), None, Image.fromarray(picture()), picture()],
        "size": [1.0, 2, None, 3.0],
        "title": ["a red ball", "", "?!", "blue box"],
        "clip": [(8000, RNG.uniform(-1, 1, 2000)), (16000, RNG.uniform(-1, 1, 4000)), None, None],
        "age": [math.nan, 20, None, 40],
    }
    dataset = from_columns(columns, LABELS)
    assert dataset.classes == ("ball", "box") and dataset.train.labels.tolist() == [0, 1, 0, 1]
    assert dataset.modalities == ("photo", "title", "clip", "numbers")
    assert dataset.validation is None and len(dataset.test) == 0
    examples, made = dataset.train, dataset.preprocessors
    assert {name: seen.tolist() for name, seen in examples.present.items()} == {
        "photo": [True, False, True, True],
        "title": [True, False, False, True],
        "clip": [True, True, False, False],
        "numbers": [True, True, False, True],
    }
    raw = raw_of(columns, made)
    for name, kind in {"photo": "image", "title": "text", "clip": "audio", "numbers": "numbers"}.items():
        assert made[name].kind == kind
        found, there = examples.inputs[name], examples.present[name]
        own = made[name].encode([each for each in raw[name] if each is not None])
        if kind in ("text", "audio"):
            assert np.array_equal(found.mask[there], own.mask)
            assert np.abs(found.values[there] - own.values).max() < 1e-5
        else:
            scale = 255 if kind == "image" else 1
            assert np.abs(found[there] - scale * own).max() < 1e-4 and not found[~there].any()
    assert made["photo"].shape == (16, 24, 3) and made["numbers"].names == ("size", "age")
    assert made["numbers"].mean == (2, 30) and examples.inputs["numbers"][0, 1] == 0
    assert dataset.recipe == {"batch_size": 16, "epochs": 60, "modality_dropout": pytest.approx(0.45)}


def test_files_are_read(tmp_path):
    for n in range(4):
        Image.fromarray(picture(8, 40)).save(tmp_path / f"{n}.png")
        wavfile.write(tmp_path / f"{n}.wav", 8000, RNG.uniform(-1, 1, 1000).astype(np.float32))
    columns = {
        "photo": [tmp_path / f"{n}.png" for n in range(4)],
        "clip": [str(tmp_path / f"{n}.wav") for n in range(4)],
    }
    dataset = from_columns(columns, LABELS)
    assert dataset.preprocessors["photo"].shape == (8, 40, 3)
    assert dataset.train.inputs["clip"].mask.sum(axis=1).tolist() == [6] * 4


def test_what_a_column_is_can_be_said():
    dataset = from_columns({"code": ["one.png", "two.png", "", "x"]}, LABELS, kinds={"code": "text"})
    assert dataset.train.kinds == {"code": "text"}
    levels = RNG.integers(0, 9, (4, 4), np.int64)
    assert from_columns({"x": list(levels[:, 0]), "y": list(levels[:, 1])}, LABELS).modalities == ("numbers",)


def test_numbers_to_be_predicted():
    dataset = from_columns({"title": ["a", "b", "c", "d"]}, [1, 2, 3, 6], task="regression")
    assert dataset.classes == () and dataset.train.labels.tolist() == [1, 2, 3, 6]
    assert dataset.scale.mean == (3,) and dataset.scale.deviation == pytest.approx((math.sqrt(3.5),))
    assert dataset.scale.names == ("label",)
    for labels in ([1, math.inf, 2, 3], [[1], [2], [3], [4]]):
        with pytest.raises(DataError, match="regression needs one finite number for each row"):
            from_columns({"title": ["a", "b", "c", "d"]}, labels, task="regression")


@pytest.mark.parametrize(
    ("columns", "labels", "sentence"),
    [
        ({"a": ["x"] * 4}, ["ball"] * 4, "needs two classes or more, and here is 1 class"),
        ({"a": ["x"] * 3}, LABELS, "column 'a' has 3 rows, but there are 4 labels"),
        ({"a": [1.0] * 3}, LABELS, "column 'numbers' has 3 rows, but there are 4 labels"),
        ({"a": ["?", "!", "", None]}, LABELS, "in column 'a' there is nothing"),
        ({"numbers": ["x"] * 4, "a": [1] * 4}, LABELS, "is what columns of numbers are called together"),
        ({}, LABELS, "there is no column to learn from"),
    ],
)
def test_what_cannot_be_learned_from(columns, labels, sentence):
    with pytest.raises(DataError, match=sentence):
        from_columns(columns, labels)


def test_a_column_of_texts_may_be_called_numbers():
    assert from_columns({"numbers": ["a", "b", "c", "d"]}, LABELS).train.kinds == {"numbers": "text"}


def test_new_columns_go_to_their_modalities():
    made = {"title": Tokenizer.fit(["a b"]), "numbers": Standardizer((0.0, 0.0), (1.0, 1.0), ("size", "age"))}
    made["photo"] = PicturePreprocessor(8, 8)
    photo = picture()
    columns = {"age": [3, None], "photo": [photo, None], "size": [1, None], "title": ["a", "..."]}
    raw = raw_of(columns, made)
    assert raw["title"] == ["a", None] and raw["numbers"] == [[1, 3], None]
    assert raw["photo"][0] is photo and raw["photo"][1] is None
    with pytest.raises(DataError, match="there is no column 'age', but size, title, photo"):
        raw_of({"size": [1], "title": ["a"], "photo": [photo]}, made)
