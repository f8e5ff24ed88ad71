"""Numbers in two languages: all different, each example its own translation, and nothing that cannot be written."""

import numpy as np
import pytest

from mmdl import data
from mmdl.data.number_words import LANGUAGES
from mmdl.data.sources.numbers import drawn
from mmdl.errors import DataError

SPLITS = ("train", "validation", "test")


@pytest.mark.parametrize(("source", "target"), [("english", "german"), ("chinese", "french"), ("german", "chinese")])
def test_every_example_is_its_translation(source, target):
    dataset = data.load("numbers", source=source, target=target, count=300)
    assert [len(getattr(dataset, split)) for split in SPLITS] == [300, 250, 500]
    read = dataset.preprocessors["text"]
    assert read.unit == ("word" if source == "english" else "letter") and dataset.target.unit == "letter"
    for examples in (getattr(dataset, split) for split in SPLITS):
        numbers = examples.about["number"].astype(int).tolist()
        written = dataset.target.texts(examples.targets)
        assert written == [LANGUAGES[target](n) for n in numbers] == examples.about["target"].tolist()
        for n, ids, mask in zip(numbers, *examples.inputs["text"], strict=True):
            assert read.words_of(ids[mask]) == read.split(LANGUAGES[source](n))  # every word is known


def test_no_number_is_in_two_splits_and_all_lengths_are_there():
    dataset = data.load("numbers")
    numbers = np.concatenate([getattr(dataset, split).about["number"].astype(int) for split in SPLITS])
    assert len({*numbers.tolist()}) == len(numbers) == 2750
    digits = np.bincount([len(str(n)) for n in numbers])
    assert digits[1] == 10 and digits[2] == 90 and (digits[4:7] > 500).all()


def test_fewer_digits_for_a_test_of_length():
    assert drawn(100, 2, np.random.default_rng(0)).max() == 99
    dataset = data.load("numbers", digits=4)
    assert dataset.train.about["number"].astype(int).max() <= 9999
    longer = dataset.target.encode([LANGUAGES["german"](777_777)])  # one digit longer can be written, and so scored
    assert dataset.target.texts(longer) == ["siebenhundertsiebenundsiebzigtausendsiebenhundertsiebenundsiebzig"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"target": "klingon"}, "english, german, french, chinese, not in 'klingon'"),
        ({"digits": 7}, "1 to 6 digits, not 7"),
        ({"digits": 0}, "1 to 6 digits, not 0"),
        ({"digits": 1}, "there are 10 numbers of up to 1 digits, not 2,750"),
        ({"digits": 3, "count": 251}, "there are 1,000 numbers of up to 3 digits, not 1,001"),
        ({"digits": 2}, "there are 100 numbers of up to 2 digits, not 2,750"),
    ],
)
def test_what_there_is_not(options, said):
    with pytest.raises(DataError, match=said):
        data.load("numbers", **options)


def test_all_numbers_that_there_are():
    dataset = data.load("numbers", target="chinese", digits=3, count=250)
    numbers = np.concatenate([getattr(dataset, split).about["number"].astype(int) for split in SPLITS])
    assert sorted(numbers) == list(range(1000))


@pytest.mark.parametrize(("highest", "numbers"), [(False, [0, 10, 100]), (True, [9, 99, 999])])
def test_a_number_has_as_many_digits_as_were_drawn(highest, numbers):
    class Draws:
        """One digit, two, three; and then the lowest number or the highest."""

        lengths = iter((1, 2, 3))

        def integers(self, low, high):
            return next(self.lengths) if (low, high) == (1, 4) else high - 1 if highest else low

    assert drawn(3, 3, Draws()).tolist() == numbers
