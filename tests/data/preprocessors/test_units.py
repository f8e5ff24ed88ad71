"""Words of every script: what is one stays one, and punctuation of all scripts comes off."""

import unicodedata

import pytest

from mmdl.data import Tokenizer
from mmdl.data.preprocessors.units import bare, has_words, split_any, split_characters, split_spaced, split_words


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("iPhone15价格😀，好！", ["IPHONE15", "价", "格", "😀", "好"]),
        ("今日はCloudyです。", ["今", "日", "は", "CLOUDY", "で", "す"]),
        ("한국어 말", ["한", "국", "어", "말"]),
        ("ราคา", ["ร", "า", "ค", "า"]),
        ("هل هذا كتاب؟ «نعم»", ["هل", "هذا", "كتاب", "نعم"]),
        ("Où est l'été?", ["OÙ", "EST", "L'ÉTÉ"]),
        ("Привет, мир…", ["ПРИВЕТ", "МИР"]),
        ("ne\u0301e née", ["NÉE", "NÉE"]),
        ("👍🏽 👨‍👩‍👧 ❤️!", ["👍🏽", "👨‍👩‍👧", "❤️"]),
        ("two-headed (arrow)", ["TWO", "HEADED", "ARROW"]),
        ("$5 C++ #tag ...", ["$5", "C++", "TAG"]),
        ("？！ …", []),
        ("「日本」・東京", ["日", "本", "東", "京"]),
    ],
)
def test_each_script_in_its_own_way(text, tokens):
    assert split_any(text) == tokens


def test_what_has_words_has_tokens():
    for text in map(chr, range(0, 0x30000, 11)):
        assert has_words(f" {text}-!") == bool(split_any(f" {text}-!")), hex(ord(text))
    assert has_words("?! a") and not has_words("") and not has_words("？！ …")


def test_words_only_and_characters_only():
    assert split_spaced("这是 图！ ¿Qué?") == ["这是", "图", "QUÉ"]
    assert split_characters(" ne\u0301 e\n好") == ["N", "É", " ", "E", " ", "好"]
    assert bare("…؟a.b؛") == "A.B".lower() and bare("?!") == "" == bare("")


def test_names_of_characters_are_split_as_ever():
    """The glyphs' captions, of which published numbers were measured."""
    for code in range(0xA0, 0x2C00, 7):
        name = unicodedata.name(chr(code), "")
        assert split_any(name) == split_spaced(name) == split_words(name)


def test_a_tokenizer_of_any_script():
    tokenizer = Tokenizer.fit(["红色 big 车", "Blue 车"], unit="auto")
    assert tokenizer.words == ("BIG", "BLUE", "红", "色", "车") and tokenizer.length == 4
    assert not tokenizer.of_letters and tokenizer.noun == "word" and "5 words known" in tokenizer.describe()
    ids, mask = tokenizer.encode(["我的红车, blue!"])
    assert tokenizer.words_of(ids[0][mask[0]]) == ["?", "?", "红", "车"]
    assert Tokenizer.fit(["ab"], unit="character").of_letters
