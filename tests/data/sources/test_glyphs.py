"""The glyphs: what is in them, and that no split knows anything of another."""

import subprocess
import sys
import unicodedata

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from mmdl import data
from mmdl.data import ImagePreprocessor
from mmdl.data.preprocessors.text import UNKNOWN
from mmdl.data.sources import glyphs as module
from mmdl.errors import DataError

SPLITS = ("train", "validation", "test")
NAMING = {"LATIN", "GREEK", "CYRILLIC", "ARABIC", "CANADIAN", "SYLLABICS", "ARMENIAN", "GEORGIAN", "HEBREW"}
NAMING |= {"ARROW", "ARROWS", "BOX", "DRAWINGS"}


def everything(glyphs, column):
    return np.concatenate([getattr(glyphs, split).about[column] for split in SPLITS])


def test_there_are_about_27_000_pairs_of_ten_classes(glyphs):
    labels = np.concatenate([getattr(glyphs, split).labels for split in SPLITS])
    assert 26_000 < len(labels) < 28_000
    assert len(glyphs.classes) == 10
    assert np.bincount(labels, minlength=10).min() > 300
    assert np.bincount(labels).argmax() == glyphs.classes.index("Latin")
    assert set(everything(glyphs, "font")) == set(module.FONTS) and len(module.FONTS) == 12


def test_a_character_is_in_one_split_only(glyphs):
    characters = {split: set(getattr(glyphs, split).about["character"]) for split in SPLITS}
    assert not characters["train"] & characters["test"]
    assert not characters["train"] & characters["validation"]
    assert not characters["validation"] & characters["test"]
    total = sum(map(len, characters.values()))
    assert len(characters["test"]) / total == pytest.approx(0.2, abs=0.005)
    assert len(characters["validation"]) / total == pytest.approx(0.08, abs=0.005)


def test_every_class_is_in_every_split(glyphs):
    for split in SPLITS:
        assert set(getattr(glyphs, split).labels) == set(range(10))


def test_it_is_the_same_at_every_call():
    one, two = (data.load("glyphs", fonts=module.FONTS[4:5]) for _ in range(2))
    assert one.preprocessors == two.preprocessors
    for split in SPLITS:
        a, b = getattr(one, split), getattr(two, split)
        assert np.array_equal(a.labels, b.labels)
        assert np.array_equal(a.inputs["image"], b.inputs["image"])
        assert np.array_equal(a.inputs["text"].values, b.inputs["text"].values)
        assert np.array_equal(a.inputs["text"].mask, b.inputs["text"].mask)


def test_captions_do_not_name_the_class(glyphs):
    assert not set(glyphs.preprocessors["text"].words) & NAMING
    for name in set(everything(glyphs, "name")):
        [character] = unicodedata.lookup(name)
        assert module.caption(character) and not set(module.caption(character).split()) & NAMING


def test_the_vocabulary_is_of_training_words_only(glyphs):
    tokenizer = glyphs.preprocessors["text"]
    captions = [module.caption(character) for character in set(glyphs.train.about["character"])]
    assert set(tokenizer.words) == {word for caption in captions for word in caption.split()}
    assert UNKNOWN in glyphs.test.inputs["text"].values  # the other splits have words of their own
    assert UNKNOWN not in glyphs.train.inputs["text"].values


@pytest.mark.parametrize("split", SPLITS)
def test_captions_lose_half_of_their_words_outside_training(glyphs, split):
    examples = getattr(glyphs, split)
    whole = glyphs.preprocessors["text"].encode([module.caption(each) for each in examples.about["character"]])
    kept = examples.inputs["text"].mask.sum() / whole.mask.sum()
    assert kept == 1 if split == "train" else kept == pytest.approx(0.5, abs=0.02)
    assert np.array_equal(examples.present["text"], examples.inputs["text"].mask.any(axis=1))
    assert glyphs.augment == {"word_dropout": 0.5}


def test_family_is_decided_by_the_name():
    families = {
        "a": "Latin",
        "α": "Greek",
        "ж": "Cyrillic",
        "ش": "Arabic",
        "ᐁ": "Canadian syllabics",
        "Ա": "Armenian",
    }
    families |= {
        "ა": "Georgian",
        "ש": "Hebrew",
        "→": "arrows",
        "⇈": "arrows",
        "┼": "box drawing",
        "٣": "Arabic",
    }
    assert {character: module.family(character) for character in families} == families


@pytest.mark.parametrize("character", ["1", "∑", " ", "\n", "\u0600", "\u05b0", "\u034d"])
def test_digits_marks_controls_and_spaces_have_no_family(character):
    assert module.family(character) is None


def test_pictures_are_centred_and_neither_cut_off_nor_faint(glyphs):
    images = np.concatenate([getattr(glyphs, split).inputs["image"] for split in SPLITS])[..., 0]
    assert images.shape[1:] == (28, 28) and images.dtype == np.uint8
    assert (images.max(axis=(1, 2)) == 255).all()
    for axis in (1, 2):
        ink = images.any(axis=axis)
        before, after = ink.argmax(axis=1), ink[:, ::-1].argmax(axis=1)
        assert np.isin(after - before, (-1, 0, 1)).all()
    longest = np.maximum(images.any(axis=1).sum(axis=1), images.any(axis=2).sum(axis=1))
    assert 15 <= np.median(longest) <= 22  # neither tiny nor filling the frame
    assert (longest == 28).mean() < 0.01


def test_no_glyph_runs_out_of_its_cell():
    class Untouched:
        def frame(self, ink):
            assert not (ink[[0, -1]].any() or ink[:, [0, -1]].any())
            return ink

    assert len(list(module.draw("DejaVuSans-Bold", Untouched()))) > 2000


def test_each_picture_shows_its_own_character():
    """As it is drawn alone, twice as large; a capital is 16 pixels high."""
    preprocessor = ImagePreprocessor()
    shown = {character: picture for character, _, picture in module.draw("DejaVuSansMono", preprocessor)}
    font = ImageFont.truetype(module.font_file("DejaVuSansMono"), 44, layout_engine=ImageFont.Layout.BASIC)
    for character in "LЖω→":
        sheet = Image.new("L", (112, 112))
        ImageDraw.Draw(sheet).text((56, 56), character, 255, font=font, anchor="mm")
        assert np.array_equal(shown[character], preprocessor.frame(np.asarray(sheet.reduce(2))))
    assert shown["L"].any(axis=1).sum() in (16, 17)


def test_characters_without_ink_are_left_out():
    class Bleach:
        def frame(self, ink):
            return np.zeros_like(ink)

    assert not list(module.draw("DejaVuSansMono", Bleach()))


def test_look_alikes_make_the_picture_insufficient(glyphs):
    train = glyphs.train
    shown = {}
    for image, label, font in zip(train.inputs["image"], train.labels, train.about["font"], strict=True):
        shown.setdefault((font, image.tobytes()), set()).add(int(label))
    assert any(len(labels) >= 3 for labels in shown.values())  # the As


def test_an_unknown_dataset_names_those_that_exist():
    with pytest.raises(DataError, match=r"there is no dataset 'glyph'; there is .*glyphs"):
        data.load("glyph")


def test_missing_fonts_are_one_sentence(monkeypatch):
    with pytest.raises(DataError, match="NoSuchFont comes with matplotlib"):
        module.font_file("NoSuchFont")
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DataError, match="pip install matplotlib"):
        data.load("glyphs")


def test_neither_importing_nor_loading_imports_matplotlib():
    program = (
        "import sys, mmdl.data as d; assert not {'PIL', 'fontTools', 'matplotlib'} & {*sys.modules};"
        "d.load('glyphs', fonts=['DejaVuSansMono']); assert 'matplotlib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_whole_names_keep_the_words_that_name_the_class():
    whole = data.load("glyphs", fonts=module.FONTS[:1], whole_names=True, word_dropout=0.0)
    captions = data.load("glyphs", fonts=module.FONTS[:1])
    tokenizer = whole.preprocessors["text"]
    assert NAMING & set(tokenizer.words)
    for split in SPLITS:
        some, others = getattr(whole, split), getattr(captions, split)
        assert np.array_equal(some.about["character"], others.about["character"])
        assert np.array_equal(some.inputs["image"], others.inputs["image"])
        encoded = tokenizer.encode(list(map(str, some.about["name"])))
        length = encoded.mask.shape[1]
        assert np.array_equal(some.inputs["text"].values[:, :length], encoded.values)
        assert np.array_equal(some.inputs["text"].mask[:, :length], encoded.mask)


@pytest.mark.parametrize("count", [25, 100])
def test_a_fifth_is_tested_and_a_tenth_of_the_rest_is_watched(count):
    labels = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [count, 2 * count, 3 * count]))
    split = module.split_each(labels, np.random.default_rng(1))
    for label, size in ((0, count), (1, 2 * count), (2, 3 * count)):
        found = {name: int((split[labels == label] == name).sum()) for name in SPLITS}
        assert found == {"test": size // 5, "validation": size * 2 // 25, "train": size * 18 // 25}
