"""Texts to ids and back."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from mmdl import tree
from mmdl.data import Tokenizer
from mmdl.data.preprocessors.text import PADDING, UNKNOWN
from mmdl.errors import DataError

TEXTS = ["SMALL LETTER A", "CAPITAL LETTER A WITH HOOK", "TWO-HEADED LETTER"]
tokenizer = Tokenizer.fit(TEXTS)


def test_fit_takes_every_word_once_in_alphabetical_order():
    assert tokenizer.words == ("A", "CAPITAL", "HEADED", "HOOK", "LETTER", "SMALL", "TWO", "WITH")
    assert tokenizer.length == 5
    assert tokenizer.entries == 10
    assert Tokenizer.fit(TEXTS, length=2, minimum=2) == Tokenizer(("A", "LETTER"), 2)


def test_round_trip():
    ids, mask = tokenizer.encode(TEXTS)
    assert [tokenizer.words_of(row) for row in ids] == [text.replace("-", " ").split() for text in TEXTS]
    assert mask.tolist() == [[True] * 3 + [False] * 2, [True] * 5, [True] * 3 + [False] * 2]
    assert (ids[~mask] == PADDING).all() and (ids[mask] > UNKNOWN).all()
    assert ids.dtype == np.int32


def test_case_spaces_and_hyphens_do_not_matter():
    ids, _ = tokenizer.encode(["small letter a", "  Small\tLETTER -- a "])
    assert np.array_equal(ids[0], ids[1])


def test_the_marks_of_a_sentence_are_no_words():
    (ids, mask), (plain, _) = tokenizer.encode(['"Small", (letter) A! ...']), tokenizer.encode(["SMALL LETTER A"])
    assert mask.sum() == 3 and np.array_equal(ids, plain)
    assert tokenizer.split("it's 3.5 o'clock") == ["IT'S", "3.5", "O'CLOCK"]


def test_unknown_words_and_empty_texts():
    ids, mask = tokenizer.encode(["SMALL ELEPHANT", "", " - "])
    assert ids.tolist() == [[tokenizer.ids["SMALL"], UNKNOWN], [0, 0], [0, 0]]
    assert mask.tolist() == [[True, True], [False, False], [False, False]]
    assert tokenizer.words_of(ids[0]) == ["SMALL", "?"]
    assert tokenizer.encode([""]).values.shape == (1, 1)
    assert tokenizer.encode([]).values.shape == (0, 1)


def test_long_texts_are_cut_off():
    assert tokenizer.encode(["A " * 50]).values.shape == (1, 5)


def test_it_survives_json():
    plain = json.loads(json.dumps(asdict(tokenizer)))
    assert Tokenizer(tuple(plain["words"]), plain["length"]) == tokenizer


@pytest.mark.parametrize("texts", ["SMALL LETTER A", [b"A"], [None], [["A"]]])
def test_what_is_no_list_of_strings_is_refused(texts):
    with pytest.raises(DataError, match="list of strings"):
        tokenizer.encode(texts)


def test_a_length_of_nothing_is_refused():
    with pytest.raises(DataError, match="at least one word"):
        Tokenizer(("A",), 0)


def test_a_length_may_be_chosen_from_those_of_all_texts():
    seen = []

    def second(lengths):
        seen.extend(lengths)
        return sorted(lengths)[1]

    assert Tokenizer.fit(["a b c", "a", "b c"], second).length == 2 and seen == [3, 1, 2]
    assert Tokenizer.fit([]).length == Tokenizer.fit([""]).length == 1


def test_texts_may_come_one_by_one():
    assert Tokenizer.fit(map(str.upper, ["a b", "c"])).words == ("A", "B", "C")


class TestLetters:
    letters = Tokenizer.fit(["seven", "two  ones"], unit="letter")

    def test_every_character_is_a_token(self):
        assert self.letters.words == (" ", "E", "N", "O", "S", "T", "V", "W")
        assert self.letters.length == len("two ones")
        ids, mask = self.letters.encode(["Seven", "  two\tones "])
        assert ["".join(self.letters.words_of(row)) for row in ids] == ["SEVEN", "TWO ONES"]
        assert mask.sum(axis=1).tolist() == [5, 8]

    def test_a_slip_leaves_most_of_the_word(self):
        ids, _ = self.letters.encode(["SEVXEN", "STO"])
        assert self.letters.words_of(ids[0]) == ["S", "E", "V", "?", "E", "N"]
        assert ids[0, 3] == UNKNOWN and self.letters.words_of(ids[1]) == ["S", "T", "O"]

    def test_nothing_and_too_much(self):
        ids, mask = self.letters.encode(["", " \n", "seven ones two"])
        assert mask.sum(axis=1).tolist() == [0, 0, 8] and (ids[:2] == PADDING).all()

    def test_hyphens_are_letters_and_rare_ones_stay_unknown(self):
        assert Tokenizer.fit(["a-b", "a"], minimum=2, unit="letter") == Tokenizer(("A",), 3, "letter")
        assert "-" in Tokenizer.fit(["a-b"], unit="letter").words

    def test_no_other_unit(self):
        with pytest.raises(DataError, match='is word, letter, auto, spaced, character, not "syllable"'):
            Tokenizer.fit(["a"], unit="syllable")
        with pytest.raises(DataError, match="at least one letter"):
            Tokenizer(("A",), 0, "letter")


def test_a_tokenizer_that_was_saved_without_a_unit_reads_words():
    fields = {"words": ["A", "B"], "length": 3}
    loaded = tree.rebuild({"kind": "Tokenizer", "fields": fields}, {}, {"Tokenizer": Tokenizer})
    assert loaded == Tokenizer(("A", "B"), 3, "word")
    letters = Tokenizer(("A", "B"), 3, "letter")
    assert tree.rebuild(tree.describe(letters), {}, {"Tokenizer": Tokenizer}) == letters
