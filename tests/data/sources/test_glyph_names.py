"""Names to be written: what is tested was not seen, and everything that it takes was."""

import unicodedata

import numpy as np
import pytest
from fontTools.ttLib import TTFont

from mmdl import data
from mmdl.data.preprocessors.units import split_words
from mmdl.data.sources import glyphs
from mmdl.data.sources.glyph_names import FONTS, NEW_FONT, held_out, ingredients, parts_of

SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def dataset():
    return data.load("glyph-names")


def characters(examples, held=None):
    about = examples.about
    return {*(about["character"] if held is None else about["character"][about["held out"] == held]).tolist()}


def test_targets_are_whole_names(dataset):
    for split in SPLITS:
        examples = getattr(dataset, split)
        names = [unicodedata.name(each) for each in examples.about["character"].tolist()]
        assert dataset.target.texts(examples.targets) == names == examples.about["name"].tolist()
        assert {name.split()[0] for name in names} <= {"LATIN", "GREEK", "CYRILLIC", "COMBINING", "MODIFIER"}
        for label, name in zip(examples.labels, names, strict=True):
            assert name.startswith(dataset.classes[label].upper())


def test_compositions_are_new_and_their_parts_are_not(dataset):
    learned = characters(dataset.train)
    marks = {mark for each in learned for mark in parts_of(each)[1:]}
    words = {word for each in learned for word in unicodedata.name(each).split()}
    tested, watched = characters(dataset.test, "composition"), characters(dataset.validation)
    assert len(tested) > 100 and len(watched) > 50 and not tested & watched
    for each in tested | watched:
        letter, *rest = parts_of(each)
        assert each not in learned and letter in learned and rest and {*rest} <= marks
        assert {*unicodedata.name(each).split()} <= words


def test_all_characters_of_the_fonts_are_there(dataset):
    with TTFont(glyphs.font_file("DejaVuSans")) as tables:
        drawn = {each for each in map(chr, tables.getBestCmap()) if glyphs.family(each) in dataset.classes}
    assert drawn <= set().union(*(characters(getattr(dataset, split)) for split in SPLITS))
    learned = {word for name in dataset.train.about["name"] for word in split_words(name)}
    assert {*dataset.preprocessors["text"].words} == learned
    held = [{*getattr(dataset, split).about["held out"]} for split in SPLITS]
    assert held == [{""}, {"composition"}, {"composition", "font"}]


def test_the_new_font_shows_what_is_known(dataset):
    fonts = {split: {*getattr(dataset, split).about["font"]} for split in SPLITS}
    assert fonts == {"train": {*FONTS}, "validation": {*FONTS}, "test": {*FONTS, NEW_FONT}}
    new = dataset.test.about["held out"] == "font"
    assert ((dataset.test.about["font"] == NEW_FONT) == new).all() and new.sum() > 500
    assert characters(dataset.test, "font") <= characters(dataset.train)


def test_half_the_words_are_lost_for_good_where_it_is_tested(dataset):
    """And in training none are yet: they are lost afresh in every epoch."""
    counts = {split: getattr(dataset, split).inputs["text"].mask.sum() for split in SPLITS}
    words = {split: getattr(dataset, split).targets.mask.sum() - len(getattr(dataset, split)) for split in SPLITS}
    assert counts["test"] == pytest.approx(words["test"] / 2, rel=0.1)
    assert counts["train"] >= words["train"] and dataset.augment == {"word_dropout": 0.5}
    again = data.load("glyph-names").test
    assert np.array_equal(again.inputs["text"].values, dataset.test.inputs["text"].values)


def test_held_out_keeps_what_the_others_need():
    """Á can be spared: A and É are known, and so are all its words. In the second set nobody else has a tilde."""
    known = ["A", "E", "Á", "É", "Í", "I", "Ó", "O", "Ú", "U", "Ń", "N"]
    parts = held_out(known, np.random.default_rng(0))
    assert [parts[each] for each in "AEIOUN"] == ["train"] * 6 and "test" in parts.values()
    alone = [*"AÀÁÂÃÄÅĀĂĄǍȀȂ"]  # no mark is on two letters
    assert held_out(alone, np.random.default_rng(0)) == dict.fromkeys(alone, "train")
    assert "\u0391" not in ingredients("\u0386")  # the letter itself need not be known from others
    assert ingredients("Á") == {"\u0301", "LATIN", "CAPITAL", "LETTER", "A", "WITH", "ACUTE"}


def test_only_what_has_parts_is_held_out():
    """Ø has a stroke by its name, and is no O with a mark."""
    whole, composed = [*"ØĐŁĦODLH"], [*"ÁÉÍÓÚÝÀÈÌÒÙÂÊÎÔÛ"]
    letters = [*"AEIOUY"]
    for seed in range(5):
        parts = held_out(sorted({*whole, *composed, *letters}), np.random.default_rng(seed))
        assert {parts[each] for each in {*whole, *letters}} == {"train"}
        held = [parts[each] for each in composed if parts[each] != "train"]
        assert held.count("test") == 3 and held.count("validation") == 1  # a sixth and a twelfth of sixteen
        learned = [each for each in parts if parts[each] == "train"]
        known = set().union(*map(ingredients, learned))
        assert all(ingredients(each) <= known for each in composed)


def test_of_two_with_one_mark_one_stays():
    pairs = [*"ÀÈ", *"ÁÉ", *"ÂÊ", *"ÃẼ", *"ÄË", *"ĀĒ", *"ĂĔ", *"ĄĘ", *"ǍĚ", *"ȀȄ", *"ȂȆ"]
    for seed in range(10):
        parts = held_out(["A", "E", *pairs], np.random.default_rng(seed))
        held = [[parts[each] != "train" for each in pairs[n : n + 2]] for n in range(0, len(pairs), 2)]
        assert not any(map(all, held)) and sum(map(sum, held)) == 6  # a sixth and a twelfth of 22


def test_of_three_with_one_mark_two_may_go():
    marked = [*"ÀÈÌ", *"ÁÉÍ", *"ÂÊÎ", *"ÃẼĨ", *"ÄËÏ", *"ĀĒĪ", *"ĂĔĬ", *"ĄĘĮ"]
    most = set()
    for seed in range(12):
        parts = held_out([*"AEI", *marked], np.random.default_rng(seed))
        held = [sum(parts[each] != "train" for each in marked[n : n + 3]) for n in range(0, 24, 3)]
        assert sum(held) == 6  # a sixth and a twelfth of 24
        most.add(max(held))
    assert most == {1, 2} or most == {2}
