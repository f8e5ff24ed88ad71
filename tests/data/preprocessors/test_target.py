"""What is to be written comes back as it was, and ends where it ends."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmdl.data import TargetTokenizer
from mmdl.data.preprocessors.target import END
from mmdl.errors import DataError

TEXTS = ["dreißig", "Zwei-und-zwanzig!", "", "À bientôt, ça va?", " two  spaces ", "\u0065\u0301", "十二万", "a\nb\tc"]


@pytest.mark.parametrize("unit", ["word", "letter"])
def test_nothing_is_changed(unit):
    tokenizer = TargetTokenizer.fit(TEXTS, unit=unit)
    targets = tokenizer.encode(TEXTS)
    assert tokenizer.texts(targets) == TEXTS
    assert [tokenizer.text(row[mask]) for row, mask in zip(*targets, strict=True)] == TEXTS
    ends = targets.mask.sum(axis=1) - 1
    assert (targets.values[np.arange(len(TEXTS)), ends] == END).all()
    assert ((targets.values == END).sum(axis=1) == targets.mask.shape[1] - ends).all()  # END once, then padding
    assert targets.values.max() == tokenizer.entries - 1 == len(tokenizer.units)


@given(st.lists(st.text(max_size=20), max_size=5), st.sampled_from(["word", "letter"]))
def test_any_text_comes_back(texts, unit):
    tokenizer = TargetTokenizer.fit(texts, unit=unit)
    assert tokenizer.texts(tokenizer.encode(texts)) == texts


def test_too_long_is_refused_and_never_cut():
    tokenizer = TargetTokenizer.fit(["abc", "ab"])
    assert tokenizer.length == 4 and tokenizer.encode(["cab"]).values.tolist() == [[3, 1, 2, END]]
    with pytest.raises(DataError, match="'abca' has 4 letters, and there is room for 3"):
        tokenizer.encode(["a", "abca"])


def test_what_cannot_be_written_is_refused():
    tokenizer = TargetTokenizer.fit(["eins zwei"], unit="word", length=9)
    with pytest.raises(DataError, match="'zwei drei' cannot be written: 'drei' is none of the 2 words"):
        tokenizer.encode(["zwei drei"])
    with pytest.raises(DataError, match="even of one"):
        tokenizer.encode("eins")
    with pytest.raises(DataError, match="a target is a text, not int"):
        tokenizer.encode([3])
    with pytest.raises(DataError, match='word or letter, not "syllable"'):
        TargetTokenizer((), 3, "syllable")


def test_its_settings_are_plain_values():
    tokenizer = TargetTokenizer.fit(TEXTS)
    settings = json.loads(json.dumps(asdict(tokenizer)))
    assert TargetTokenizer(**settings | {"units": tuple(settings["units"])}) == tokenizer
    assert tokenizer.shape == (tokenizer.length,) and "letters" in tokenizer.describe()


def test_the_end_always_has_room_and_nobody_writes_without_end():
    nothing = TargetTokenizer.fit([])
    assert nothing.length == 1 and nothing.encode([]).values.shape == (0, 1)
    assert nothing.encode([""]).values.tolist() == [[END]]
    assert TargetTokenizer(("a",), 4096).describe() == "1 letters, at most 4095 in a text"
    with pytest.raises(DataError, match="room for its end at least, not for 0 ids"):
        TargetTokenizer((), 0)
    with pytest.raises(DataError, match="at most 4,096 ids, not 4,097"):
        TargetTokenizer((), 4097)
