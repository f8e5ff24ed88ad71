"""A page of examples: every kind of modality in its form, every class in its turn."""

from types import SimpleNamespace

import numpy as np
import pytest

from mmdl.data import Dataset, Examples, Tokenizer
from mmdl.plots import ExamplesDisplay
from mmdl.plots.examples import mixed
from mmdl.tokens import Tokens

NUMBER = 40


@pytest.fixture(scope="module")
def dataset():
    """Four modalities, each of which tells the number of its example; every fourth has no sound."""
    rng = np.random.default_rng(0)
    numbers = np.arange(NUMBER)
    letters = Tokenizer.fit(["abcdefghij 0123456789"], unit="letter")
    frames = rng.normal(size=(NUMBER, 20, 5)) + numbers[:, None, None]
    inputs = {
        "image": np.broadcast_to(numbers.astype(np.uint8)[:, None, None, None], (NUMBER, 8, 8, 3)),
        "text": letters.encode([f"a {each}" for each in numbers]),
        "audio": Tokens(frames, np.arange(20) < rng.integers(5, 15, (NUMBER, 1))),
        "numbers": np.outer(numbers, [1.0, -1.0, 0.5]).astype(np.float32),
    }
    examples = Examples(inputs, numbers % 3, {"audio": numbers % 4 > 0})
    preprocessors = {"text": letters} | {kind: SimpleNamespace(kind=kind) for kind in ("image", "audio", "numbers")}
    return Dataset("all kinds", ("one", "two", "three"), examples, examples, examples, preprocessors)


@pytest.fixture
def display(dataset):
    return ExamplesDisplay.from_dataset(dataset, np.random.default_rng(0), 7)


def test_every_modality_shows_the_same_example(display):
    columns = {name: column.shown for name, column in display.columns.items()}
    assert [column.kind for column in display.columns.values()] == ["image", "text", "audio", "numbers"]
    found = [int(words.removeprefix("A ")) for words in columns["text"]]
    assert len(set(found)) == 7
    for place, number in enumerate(found):
        assert columns["image"][place] == pytest.approx(np.full((8, 8, 3), number / 255))
        assert columns["numbers"][place].tolist() == [number, -number, number / 2]
        assert display.truths[place] == ("one", "two", "three")[number % 3]
        if number % 4:
            frames = columns["audio"][place]
            known = np.isfinite(frames).all(axis=1)
            assert 5 <= known.sum() < 15 and np.nanmean(frames) == pytest.approx(number, abs=1)
        else:
            assert columns["audio"][place] is None


def test_the_page_is_drawn(display):
    display.plot()
    assert display.axes_.shape == (7, 4)
    assert [axes[0].get_title(loc="left") for axes in display.axes_] == display.truths
    assert "7 of 40 training examples of all kinds" in display.figure_.get_suptitle()
    for (image, text, audio, numbers), place in zip(display.axes_, range(7), strict=True):
        shown = {name: column.shown[place] for name, column in display.columns.items()}
        assert np.array_equal(image.images[0].get_array(), shown["image"])
        assert text.texts[0].get_text() == shown["text"]
        assert np.array_equal(numbers.patches[0].get_data().values, shown["numbers"])
        if shown["audio"] is None:
            assert audio.texts[0].get_text() == "(no audio)" and not audio.images
        else:
            drawn = audio.images[0]
            assert np.array_equal(np.ma.filled(drawn.get_array(), np.nan), shown["audio"].T, equal_nan=True)
            assert drawn.origin == "lower"
    limits = {axes[2].images[0].get_clim() for axes in display.axes_ if axes[2].images}
    assert len(limits) == 1 and len({axes[3].get_ylim() for axes in display.axes_}) == 1


def test_a_page_has_thirty_panels_or_fewer(dataset):
    for names, count in [(["image"], 30), (["image", "text"], 15), (["image", "text", "audio"], 10)]:
        inputs = {name: dataset.train.inputs[name] for name in names}
        part = Dataset("some", dataset.classes, *[Examples(inputs, dataset.train.labels)] * 3, dataset.preprocessors)
        assert len(ExamplesDisplay.from_dataset(part, np.random.default_rng(0)).truths) == count


def test_long_words_are_cut():
    tokenizer = Tokenizer.fit(["incomprehensibilities " * 40])
    examples = Examples({"text": tokenizer.encode(["incomprehensibilities " * 40])}, np.array([0]))
    dataset = Dataset("wordy", ("x" * 60,), examples, examples, examples, {"text": tokenizer})
    [[ax]] = ExamplesDisplay.from_dataset(dataset, np.random.default_rng(0)).plot().axes_
    lines = ax.texts[0].get_text().splitlines()
    assert len(lines) <= 6 and max(map(len, lines)) <= 25 and lines[-1].endswith("…")


def test_all_classes_take_turns():
    labels = np.repeat([2, 0, 1], [900, 90, 10])
    rng = np.random.default_rng(0)
    chosen = mixed(labels, 12, rng)
    assert labels[chosen].tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert np.bincount(labels[mixed(labels, 60, rng)]).tolist() == [25, 10, 25]
    assert len({mixed(labels, 2, np.random.default_rng(seed))[0] for seed in range(5)}) > 1
    assert sorted(mixed(labels, 5000, rng)) == list(range(1000))
    assert len({tuple(labels[mixed(labels, 2, rng)]) for _ in range(30)}) == 3  # with fewer places, any of them
