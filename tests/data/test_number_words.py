"""Numbers in words: as num2words has them, and as Chinese readers would read them back."""

import pytest

from mmdl.data.number_words import LANGUAGES, LARGEST, chinese, english, french, german

num2words = pytest.importorskip("num2words").num2words
NUMBERS = sorted(
    {*range(2000), *range(0, LARGEST, 997), *range(100, LARGEST, 10_001), 80_000, 200_000, 280_000, LARGEST}
)


@pytest.mark.parametrize(("words", "language"), [(english, "en"), (french, "fr")])
def test_as_num2words_says_it(words, language):
    assert [words(n) for n in NUMBERS] == [num2words(n, lang=language) for n in NUMBERS]


def test_german_but_for_einstausend():
    """num2words says einhunderteinstausend; German counts thousands with "ein"."""
    expected = [num2words(n, lang="de").replace("einstausend", "eintausend") for n in NUMBERS]
    assert [german(n) for n in NUMBERS] == expected
    assert (
        german(101_000) == "einhunderteintausend" and german(21) == "einundzwanzig" and german(101) == "einhunderteins"
    )


def value(text):
    """What a Chinese number means, read from left to right."""
    total = section = digit = 0
    for sign in text:
        if sign in "零一二三四五六七八九":
            digit = "零一二三四五六七八九".index(sign)
        elif sign == "万":
            total, section, digit = (section + digit) * 10_000, 0, 0
        else:
            section += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[sign]
            digit = 0
    return total + section + digit


def test_chinese():
    known = {
        0: "零",
        10: "十",
        12: "十二",
        19: "十九",
        20: "二十",
        101: "一百零一",
        109: "一百零九",
        119: "一百一十九",
        1099: "一千零九十九",
        10_999: "一万零九百九十九",
        110: "一百一十",
        111: "一百一十一",
        1001: "一千零一",
    }
    known |= {1010: "一千零一十", 10_001: "一万零一", 100_000: "十万", 110_000: "十一万", 100_100: "十万零一百"}
    known |= {123_456: "十二万三千四百五十六", 20_300: "二万零三百", 200_020: "二十万零二十"}
    assert {n: chinese(n) for n in known} == known
    assert [value(chinese(n)) for n in NUMBERS] == NUMBERS


@pytest.mark.parametrize("words", LANGUAGES.values())
def test_no_two_numbers_are_one_word(words):
    assert len({words(n) for n in NUMBERS}) == len(NUMBERS)
