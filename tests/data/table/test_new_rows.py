"""New rows are read as the model reads: its words, sizes and means; bad cells lose themselves, not their row."""

import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile

from mmdl.data import (
    AudioPreprocessor,
    ImagePreprocessor,
    PicturePreprocessor,
    Standardizer,
    TargetTokenizer,
    Tokenizer,
    load,
)
from mmdl.data.table.new_rows import read_new_rows
from mmdl.data.table.opened import Reading
from mmdl.errors import DataError

PREPROCESSORS = {
    "image": PicturePreprocessor(8, 8),
    "text": Tokenizer.fit(["red ball", "blue box"]),
    "numbers": Standardizer((10.0, 0.0), (2.0, 1.0)),
}
COLUMNS = {"image": "photo", "text": "title", "numbers": ("a", "b")}
CLASSES = ("ball", "box")


@pytest.fixture
def table(tmp_path):
    Image.new("RGB", (20, 10), "red").save(tmp_path / "red.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")

    def write(*rows, name="new.csv", delimiter=","):
        path = tmp_path / name
        lines = [delimiter.join(row) for row in [("photo", "title", "a", "b", "kind"), *rows]]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


def test_the_models_own_statistics_and_words_are_used(table):
    path = table(("red.png", "a red box", "12", "1", "box"), ("", "ball", "", "", "ball"))
    examples, refused, strangers, *_ = read_new_rows(path, PREPROCESSORS, COLUMNS, CLASSES, "kind")
    assert refused == [] and not strangers
    np.testing.assert_allclose(examples.inputs["numbers"][0], [1, 1])
    assert examples.labels.tolist() == [1, 0]
    assert {name: seen.tolist() for name, seen in examples.present.items()} == {
        "image": [True, False],
        "text": [True, True],
        "numbers": [True, False],
    }
    expected = PREPROCESSORS["text"].encode(["a red box", "ball"])
    np.testing.assert_array_equal(examples.inputs["text"].values, expected.values)
    assert examples.about["line"].tolist() == ["2", "3"]


def test_without_a_label_there_are_none(table):
    path = table(("red.png", "ball", "1", "2", "whatever"))
    assert read_new_rows(path, PREPROCESSORS, COLUMNS).examples.labels.tolist() == [-1]


def test_a_bad_cell_loses_itself_and_a_row_without_anything_is_lost(table):
    path = table(
        ("broken.png", "ball", "1", "2", "ball"),
        ("gone.png", "", "", "", "ball"),
        ("red.png", "box", "1", "two", "box"),
        ("", "", "", "", "box"),
    )
    examples, refused, *_ = read_new_rows(path, PREPROCESSORS, COLUMNS, CLASSES, "kind")
    assert examples.about["line"].tolist() == ["2", "4"]
    assert [(each.line, each.column) for each in refused] == [
        (2, "photo"),
        (3, "photo"),
        (4, "a, b"),
        (5, "photo, title, a, b"),
    ]
    assert examples.present["image"].tolist() == [False, True]
    assert examples.present["numbers"].tolist() == [True, False]


def test_classes_that_the_model_does_not_know_are_named_and_counted(table):
    path = table(("", "ball", "", "", "cube"), ("", "box", "", "", "box"), ("", "box", "", "", "cube"))
    examples, refused, strangers, *_ = read_new_rows(path, PREPROCESSORS, COLUMNS, CLASSES, "kind")
    assert len(examples) == 1 and strangers == {"cube": 2} and len(refused) == 2


def test_modalities_without_a_column_are_absent(table):
    examples = read_new_rows(table(("", "ball", "", "", "ball")), PREPROCESSORS, {"text": "title"}).examples
    assert not examples.present["image"].any() and not examples.present["numbers"].any()
    assert examples.inputs["image"].shape == (1, 8, 8, 3)


def test_decimal_commas_come_with_semicolons(table):
    path = table(("", "", "12,5", "0", "ball"), delimiter=";")
    examples = read_new_rows(path, PREPROCESSORS, {"numbers": ("a", "b")}).examples
    np.testing.assert_allclose(examples.inputs["numbers"], [[1.25, 0]])


def test_what_cannot_be_used_at_all_is_one_sentence(table):
    with pytest.raises(DataError, match=r"none of the 1 row of .* can be used; line 2, photo: .*broken.png"):
        read_new_rows(table(("broken.png", "", "", "", "")), PREPROCESSORS, {"image": "photo"})
    with pytest.raises(DataError, match="'audio' is no modality of this model; it takes image, text, numbers"):
        read_new_rows(table(), PREPROCESSORS, {"audio": "clip"})


class Trained:
    """What a model says of itself."""

    preprocessors, classes = PREPROCESSORS, CLASSES


def test_a_table_like_a_models_own_keeps_its_words_and_classes(table):
    rows = [("", f"{kind} {n}", str(n), "1", kind) for n in range(10) for kind in ("box", "ball")]
    path = table(*rows, ("", "cone", "", "", "cone"))
    dataset = load(str(path), like=Trained, label="kind", **COLUMNS)
    assert dataset.classes == CLASSES and dataset.preprocessors == PREPROCESSORS
    assert [len(split) for split in (dataset.train, dataset.validation, dataset.test)] == [14, 2, 4]
    assert "the model knows no class 'cone': 1 row" in dataset.notes
    with pytest.raises(DataError, match="image size is the model's own, and cannot be another"):
        load(str(path), like=Trained, label="kind", image_size=(9, 9), **COLUMNS)
    with pytest.raises(DataError, match="is for a CSV file"):
        load("glyphs", like=Trained)


def test_rows_of_one_picture_and_told_splits_are_kept_apart_as_in_training(table):
    rows = [("red.png", f"{kind} {n}", str(n), "1", kind) for n in range(10) for kind in ("box", "ball")]
    others = [("", f"{kind} {n}", str(n), "1", kind) for n in range(10) for kind in ("box", "ball")]
    dataset = load(str(table(*rows, *others)), like=Trained, label="kind", **COLUMNS)
    with_picture = [split.present["image"].sum() for split in (dataset.train, dataset.validation, dataset.test)]
    assert sorted(with_picture) == [0, 0, 20]
    told = [("", kind, str(n), ("train", "valid", "test")[n % 3], kind) for n in range(9) for kind in ("box", "ball")]
    dataset = load(str(table(*told)), like=Trained, label="kind", text="title", split="b")
    assert [len(split) for split in (dataset.train, dataset.validation, dataset.test)] == [6, 6, 6]


def test_examples_know_what_made_them_and_a_missing_class_is_no_stranger(table):
    path = table(("", "ball", "", "", "ball"), ("", "box", "", "", ""))
    examples, refused, strangers, *_ = read_new_rows(path, PREPROCESSORS, COLUMNS, CLASSES, "kind")
    assert examples.classes == CLASSES and examples.preprocessors == PREPROCESSORS
    assert [str(each) for each in refused] == ["line 3, kind: the class is missing"] and not strangers
    assert read_new_rows(path, PREPROCESSORS, COLUMNS).examples.classes == ()


def test_numbers_to_be_predicted_may_have_decimal_commas(table):
    path = table(("", "ball", "", "", "1,5"), ("", "box", "", "", "NA"), ("", "box", "", "", "x"), delimiter=";")
    examples, refused, strangers, *_ = read_new_rows(path, PREPROCESSORS, {"text": "title"}, None, "kind")
    assert examples.labels.tolist() == [1.5] and examples.classes == () and not strangers
    assert [str(each) for each in refused] == [
        "line 3, kind: the number is missing",
        "line 4, kind: 'x' is no number",
    ]


def test_what_is_to_be_written_is_written_as_the_model_writes(table):
    path = table(("", "ball", "", "", "ab"), ("", "box", "", "", "abc"), ("", "box", "", "", "b"))
    writer = TargetTokenizer(("a", "b"), 3)
    found = read_new_rows(path, PREPROCESSORS, {"text": "title"}, target="kind", writer=writer, also=["a", "kind"])
    assert writer.texts(found.examples.targets) == ["ab", "b"] and found.also == {"a": ["", ""], "kind": ["ab", "b"]}
    assert str(found.refused[0]).startswith("line 3, kind: 'abc' has 3 letters")


def test_pictures_that_cannot_be_read_are_found_one_by_one(table):
    path = table(*((name, "ball", "", "", "") for name in ("red.png", "", "broken.png", "red.png")))
    made = {"image": ImagePreprocessor(8, 8, 6), "text": PREPROCESSORS["text"]}
    examples, refused, *_ = read_new_rows(path, made, {"image": "photo", "text": "title"})
    assert examples.present["image"].tolist() == [True, False, False, True]
    assert [(each.line, each.column) for each in refused] == [(4, "photo")]


def test_sounds_that_cannot_be_read_are_found_one_by_one(table, tmp_path):
    tone = np.sin(np.arange(800)).astype(np.float32)
    wavfile.write(tmp_path / "tone.wav", 8000, tone)
    path = table(*((name, "ball", "", "", "") for name in ("tone.wav", "", "broken.png", "tone.wav")))
    made = {
        "audio": AudioPreprocessor.fit([(8000, tone)]),
        "text": PREPROCESSORS["text"],
    }
    examples, refused, *_ = read_new_rows(path, made, {"audio": "photo", "text": "title"})
    assert examples.present["audio"].tolist() == [True, False, False, True]
    assert [(each.line, each.column) for each in refused] == [(4, "photo")]
    assert "broken.png" in refused[0].reason


def test_classes_are_dealt_out_in_their_shares_and_all_rows_are_counted(table):
    rows = [("", f"{kind} {n}", "", "", kind) for n in range(10) for kind in ("box", "ball")]
    path = table(*rows, *(("", "cone", "", "", "cone") for _ in rows))
    dataset = load(str(path), like=Trained, label="kind", text="title")
    for split, count in ((dataset.train, 7), (dataset.validation, 1), (dataset.test, 2)):
        assert np.bincount(split.labels).tolist() == [count, count]
    assert dataset.notes[0] == "new.csv: 40 rows, 20 of which can be used"
    assert "box: 10 examples, 7 for training, 1 for validation, 2 for the test" in dataset.notes
    with pytest.raises(DataError, match="no row that can be used is for train; line 2, kind: 'ball' has fewer than 3"):
        load(str(table(("", "ball", "", "", "ball"))), like=Trained, label="kind", text="title")
    assert "the model knows no class 'cone': 20 rows" in dataset.notes


def test_a_table_of_numbers_like_a_models_own(table):
    class Measured:
        """What a model that predicts numbers says of itself."""

        preprocessors, scale = PREPROCESSORS, Standardizer((5.0,), (2.0,), ("kind",))

    path = table(*(("", f"ball {n}", "", "", f"{n},5") for n in range(10)), delimiter=";")
    dataset = load(str(path), like=Measured, label="kind", text="title")
    assert (
        dataset.scale is Measured.scale
        and dataset.classes == ()
        and dataset.notes == ("new.csv: 10 rows, 10 of which can be used",)
    )
    for split, count in ((dataset.train, 7), (dataset.validation, 1), (dataset.test, 2)):
        assert split.labels.tolist() == [int(line) - 1.5 for line in split.about["line"]] and len(split) == count


def test_words_that_say_that_something_is_missing_may_be_words(table):
    path = table(("", "NA", "1", "", "01"), ("", "ball", "1", "", "2"))
    columns = {"text": "title", "numbers": ("a", "b")}
    found = read_new_rows(path, PREPROCESSORS, columns, ("01", "2"), "kind")
    assert found.absent == {"NA": 1} and found.examples.present["text"].tolist() == [False, True]
    assert found.examples.labels.tolist() == [0, 1]  # names of classes stay as they are written
    kept = read_new_rows(path, PREPROCESSORS, columns, ("01", "2"), "kind", how=Reading(keep_na=True))
    assert not kept.absent and kept.examples.present["text"].all()
