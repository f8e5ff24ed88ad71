"""The text CNN: its head, its widths, and the word vectors that it begins with."""

from dataclasses import replace

import numpy as np
import pytest

from mmdl.data import Dataset, Examples, Standardizer, Tokenizer
from mmdl.errors import DataError
from mmdl.layers import Dense, ReLU
from mmdl.models import multimodal_classifier
from mmdl.models.text_cnn import OF_COUNTS, log_count_ratios
from mmdl.tokens import Tokens
from tests.close import close

TEXTS = ["good film", "good good fun", "bad film", "a film", "", "fun"]
LABELS = np.array([0, 0, 1, 2, 1, 0])
WORDS = Tokenizer.fit(TEXTS)


def dataset(numbers=False, texts=TEXTS, present=None):
    inputs = {"text": WORDS.encode(texts)} | ({"numbers": np.ones((6, 1), np.float32)} if numbers else {})
    examples = Examples(inputs, LABELS, {} if present is None else {"text": present})
    return Dataset(
        "films", ("a", "b", "c"), examples, None, examples, {"text": WORDS, "numbers": Standardizer((0.0,), (1.0,))}
    )


def model(of=None, fusion="concatenate", **how):
    how = {"text_reader": "convolution"} | how
    return multimodal_classifier(np.random.default_rng(0), of or dataset(), fusion, **how)


def vectors(of=None, **how):
    return model(of, **how).modalities["text"].encoder.layers[0].E


def test_a_text_alone_read_by_convolutions_is_kims_text_cnn():
    def head(numbers=False, **how):
        return [getattr(layer, "rate", type(layer)) for layer in model(dataset(numbers), width=8, **how).head.layers]

    assert head() == [0.5, Dense]
    assert head(depth=1, dropout=0.1) == head(numbers=True, dropout=0.1) == [0.1, Dense, ReLU, 0.1, Dense]


def test_its_vector_is_wider_than_its_word_vectors():
    assert vectors().shape[1] == 64 and model().head.layers[-1].W.shape[0] == 192
    assert model(fusion="attention").head.layers[-1].W.shape[0] == 96
    assert vectors(width=8).shape[1] == 8 and vectors(width=200).shape[1] == 64


@pytest.mark.parametrize("width", [4, 5, 7])
@pytest.mark.parametrize("fusion", ["sum", "average"])
def test_a_width_has_two_halves_of_three_windows(width, fusion):
    with pytest.raises(DataError, match=f"an even width of at least 6, not {width}"):
        model(fusion=fusion, width=width)


@pytest.mark.parametrize("labels", [LABELS, LABELS % 2])
def test_log_count_ratios_are_those_of_loops(labels):
    classes, (ids, mask) = labels.max() + 1, WORDS.encode(TEXTS)
    counts = np.ones((WORDS.entries, classes))
    for n, label in enumerate(labels):
        for word in {ids[n, t] for t in range(ids.shape[1]) if mask[n, t]}:
            counts[word, label] += 1
    r = np.zeros_like(counts)
    for a in range(2, WORDS.entries):
        log_p = [np.log(counts[a, k] / sum(counts[:, k])) for k in range(classes)]
        r[a] = [log_p[k] - sum(log_p) / classes for k in range(classes)]
    assert close(log_count_ratios(Tokens(ids, mask), labels, WORDS.entries, classes), r, 1e-12)


def test_padding_and_unknown_words_say_nothing_of_a_class():
    ids, mask = np.array([[2, 1, 1], [1, 7, 7]]), np.array([[True, True, False], [True, False, False]])
    r = log_count_ratios(Tokens(ids, mask), np.array([0, 1]), 8, 2)
    assert not r[:2].any() and r[2, 0] > 0 > r[2, 1]
    assert close(r[7], r[3], 0)  # what stands in padding is not counted


@pytest.mark.parametrize("fusion", ["concatenate", "attention", "average"])
def test_word_vectors_begin_with_the_counts(fusion):
    texts = dataset().train.inputs["text"]
    r = log_count_ratios(texts, LABELS, WORDS.entries, 3)
    E = vectors(fusion=fusion, width=12)
    assert close(E[:, :3], (OF_COUNTS * r).astype(np.float32), 0)
    assert E.dtype == np.float32 and E[:, 3:].all()


def test_absent_texts_are_not_counted():
    absent = np.arange(6) != 1
    shown = [text if here else "" for text, here in zip(TEXTS, absent, strict=True)]
    assert close(vectors(dataset(present=absent)), vectors(dataset(texts=shown)), 0)
    assert (vectors() != vectors(dataset(texts=shown))).any()


@pytest.mark.parametrize("how", [{"text_reader": "lstm"}, {"of": dataset(numbers=True)}])
def test_other_models_begin_as_they_were_drawn(how):
    assert vectors(**how)[0, :3].all()  # what is counted of padding would be zero


def test_more_classes_than_a_word_vector_has_numbers():
    many = replace(dataset(), classes=tuple("abcdefgh"))
    assert vectors(many, width=6)[0].all() and not vectors(many, width=8)[0].any()
