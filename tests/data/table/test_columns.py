"""The columns of a table: what a cell stands for, and how large, long and wide what is learned from becomes."""

import math

import numpy as np
import pytest
from PIL import Image

from mmdl.data.repeated import Repeated
from mmdl.data.table.columns import Numbers, Pictures, Sounds, Texts, file_of, frame_size, most, number_of
from mmdl.errors import DataError

ALL = np.ones(4, bool)


@pytest.mark.parametrize(
    ("sizes", "frame"),
    [
        ([], (16, 16)),
        ([None, None], (16, 16)),
        ([(1, 1), None], (16, 16)),
        ([(20, 20)], (16, 16)),  # of two multiples of 8 that are as near, the even one
        ([(21, 21)], (24, 24)),
        ([(30, 40)] * 3, (32, 40)),
        ([(40, 30)] * 3, (40, 32)),
        ([(600, 300)], (64, 32)),
        ([(10, 2000)], (8, 64)),  # a strip is one multiple high
        ([(40, 40), (40, 40), (9, 9000)], (40, 40)),  # one odd picture decides nothing
        ([(16, 32), (32, 64), (64, 128)], (32, 64)),
    ],
)
def test_the_frame_is_that_of_the_middling_picture(sizes, frame):
    assert frame_size(sizes) == frame


def test_nearly_all_fit_in_whole():
    lengths = range(1, 101)
    assert most(lengths, 1000) == 96 and most(lengths, 1000, 0.99) == 100 and most(lengths, 50) == 50
    assert most([3.5], 4) == 3.5


def test_a_number_in_a_cell():
    assert number_of("1.5") == 1.5 and number_of("1,5", ",") == 1.5 and number_of("-1e30") == -1e30
    assert all(math.isnan(number_of(cell)) for cell in ("", "NA", "n/a", "NaN", "null", "None", "-", "?"))
    for cell, sentence in {
        "wide": "'wide' is no number",
        "inf": "'inf' is no number",
        "2e30": "'2e30' is too large",
    }.items():
        with pytest.raises(DataError, match=sentence):
            number_of(cell)


def test_a_file_is_looked_for_from_the_folder_of_the_table(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.png").touch()
    (tmp_path / r"b\c.png").touch()
    assert file_of(tmp_path, "") is None
    assert file_of(tmp_path, "photos/a.png") == file_of(tmp_path, r"photos\a.png") == tmp_path / "photos" / "a.png"
    assert file_of(tmp_path, r"b\c.png") == tmp_path / r"b\c.png"  # a name that has a backslash in it


class TestPictures:
    def test_grey_if_all_are_grey_and_learned_from_training_rows(self):
        """A picture that three rows show counts once; what is only tested does not count at all."""
        dark, light, other = (np.full((8, 8, 3), level, np.uint8) for level in (0, 255, 100))
        values = [dark, light, None, light, other, light]
        training = np.array([True, True, True, True, False, True])
        preprocessor, kept, said = Pictures("photo", None).fit(values, training)
        assert preprocessor.shape == (8, 8, 1) and preprocessor.mean == (0.5,) and preprocessor.deviation == (0.5,)
        assert isinstance(kept, Repeated) and kept.values.shape == (3, 8, 8, 1)
        assert np.asarray(kept)[:, 0, 0, 0].tolist() == [0, 255, 255, 100, 255]
        assert said == "3 pictures for 5 rows, made 8 x 8 pixels, grey"

    def test_one_coloured_pixel_makes_colours(self):
        values = [np.zeros((8, 8, 3), np.uint8), np.ones((8, 8, 3), np.uint8)]
        values[1][3, 3, 2] = 9
        preprocessor, kept, said = Pictures("photo", None).fit(values, [True, True])
        assert preprocessor.shape == (8, 8, 3) and said == "2 pictures, made 8 x 8 pixels, in colour"
        assert type(kept) is np.ndarray and kept.shape == (2, 8, 8, 3)

    def test_a_file_is_read_once_and_what_cannot_be_read_is_told_each_time(self, tmp_path):
        Image.new("RGB", (48, 24), "red").save(tmp_path / "red.png")
        (tmp_path / "bad.png").write_bytes(b"no picture")
        values, wrong = Pictures("photo", tmp_path).read(["red.png", "", "bad.png", "red.png", "bad.png"])
        assert values[0] is values[3] and values[0].shape == (24, 48, 3)
        assert values[1] is values[2] is values[4] is None
        assert {place: column for place, (column, _) in wrong.items()} == {2: "photo", 4: "photo"}
        assert Pictures("photo", tmp_path, (9, 10)).read(["red.png"])[0][0].shape == (9, 10, 3)


class TestTexts:
    def test_cells_without_words_are_empty(self):
        assert Texts("title").read(["a ball", "?!", "", "3"]) == (["a ball", None, None, "3"], {})

    def test_the_vocabulary_is_of_training_rows(self):
        tokenizer, found, said = Texts("title").fit(["a ball", None, "a box", "b c d"], np.array([1, 1, 1, 0], bool))
        assert tokenizer.words == ("A", "BALL", "BOX") and tokenizer.length == 2
        assert len(found.values) == 3 and said == "3 texts, 3 words known, at most 2 of a text are read"

    @pytest.mark.parametrize(("longer", "said"), [(1, False), (2, True)])
    def test_more_than_one_text_of_a_hundred_cut_is_said(self, longer, said):
        texts = ["word " * 65] * longer + ["word"] * (100 - longer)
        tokenizer, _, sentence = Texts("title").fit(texts, np.ones(100, bool))
        assert tokenizer.length == 64
        cut = "; 2 of 100 texts for training have more, up to 65: --text-length reads more"
        assert sentence == "100 texts, 1 words known, at most 64 of a text are read" + cut * said


def test_sounds_are_heard_as_long_as_nearly_all_of_those_for_training():
    sounds = [np.full(length, 0.5, np.float32) for length in (800, 1600, 400)]
    preprocessor, found, said = Sounds("clip", None).fit([*sounds, None], np.array([True, False, True, True]))
    assert preprocessor.length == preprocessor.frames_in(800) == 5 and found.mask.sum(axis=1).tolist() == [5, 5, 2]
    assert said == "3 sounds, at most 0.1 s of each are heard"
    assert Sounds("clip", None, 0.2).fit(sounds, ALL[:3])[0].length == preprocessor.__class__(length=99).frames_in(1600)


class TestNumbers:
    def test_rows_and_what_is_wrong_with_a_cell(self):
        reader = Numbers(("size", "age"))
        values, wrong = reader.read([("1.5", "2"), ("", "NA"), ("wide", "3"), ("4", "")])
        assert values[0] == [1.5, 2] and values[1] is None and math.isnan(values[2][0]) and values[2][1] == 3
        assert wrong == {2: ("size", "'wide' is no number")}
        preprocessor, found, said = reader.fit(values, np.array([True, True, True, False]))
        assert preprocessor.mean == (1.5, 2.5) and found.shape == (3, 2)
        assert said == "3 rows of numbers, 2 each; empty cells, taken as the mean: 2"

    def test_the_first_cell_of_a_row_at_fault_is_named(self):
        assert Numbers(("a", "b")).read([("x", "y")])[1] == {0: ("a", "'x' is no number")}

    def test_a_form_that_is_not_the_usual_one_is_told(self):
        reader = Numbers(("size", "age"), ";")
        values, _ = reader.read([("1,5", "2")] * 3)
        assert reader.fit(values, ALL[:3])[2] == (
            "3 rows of numbers, 2 each; size: decimal ',', between thousands none"
        )
