"""Decoding against brute force, with a decoder whose probabilities depend on everything written so far."""

from itertools import product
from typing import NamedTuple

import numpy as np
import pytest

from mmdl.data.preprocessors.target import END
from mmdl.errors import DataError
from mmdl.ops.softmax import log_softmax
from mmdl.tokens import Tokens
from mmdl.training.decoding import beam_labels, decode, greedy_labels

K = 3


class Written(NamedTuple):
    """One number an example that stands for its history."""

    hash: np.ndarray  # (N,)


class Stepped(NamedTuple):
    logits: np.ndarray
    state: Written
    weights: np.ndarray


class Babbler:
    """Its logits are a fixed pseudo-random function of the example and the history of tokens."""

    def start(self, memory):
        return Written(memory.values[:, 0, 0].astype(np.int64))

    def step(self, state, ids):
        history = (state.hash * 31 + ids + 7) % 1_000_003
        logits = np.array([2 * np.random.default_rng(int(each)).standard_normal(K) for each in history])
        return Stepped(logits, Written(history), logits[:, :2] - logits[:, :1])


def memory(*seeds):
    return Tokens(np.array(seeds, float)[:, None, None], np.ones((len(seeds), 1), bool))


def log_p(seed, ids):
    """log p of a whole text, token by token."""
    decoder, total = Babbler(), 0.0
    state, last = decoder.start(memory(seed)), np.array([END])
    for each in ids:
        logits, state, _ = decoder.step(state, last)
        total += log_softmax(logits)[0, each]
        last = np.array([each])
    return total


def all_texts(limit):
    """Every text of at most `limit` tokens: with END last, or `limit` tokens without any."""
    for T in range(1, limit + 1):
        yield from ((*ids, END) for ids in product(range(1, K), repeat=T - 1))
    yield from product(range(1, K), repeat=limit)


@pytest.mark.parametrize("seed", range(5))
def test_one_beam_is_greedy(seed):
    [[answer]] = decode(Babbler(), memory(seed), 6)
    decoder = Babbler()
    state, last, expected = decoder.start(memory(seed)), np.array([END]), []
    while len(expected) < 6 and (not expected or expected[-1] != END):
        logits, state, _ = decoder.step(state, last)
        expected.append(int(logits.argmax()))
        last = np.array(expected[-1:])
    assert answer.ids.tolist() == expected
    assert answer.log_p == pytest.approx(log_p(seed, expected))
    assert answer.probability == pytest.approx(np.exp(answer.log_p))


@pytest.mark.parametrize("seed", range(5))
def test_a_beam_of_all_prefixes_finds_what_brute_force_finds(seed):
    [answers] = decode(Babbler(), memory(seed), 4, beams=2 * K**4, penalty=0)
    expected = sorted(all_texts(4), key=lambda ids: -log_p(seed, ids))
    assert len(answers) == len(expected)
    assert [tuple(each.ids.tolist()) for each in answers[:10]] == expected[:10]
    assert sum(each.probability for each in answers) == pytest.approx(1)


@pytest.mark.parametrize("penalty", [0.0, 0.7])
def test_examples_do_not_depend_on_one_another(penalty):
    together = decode(Babbler(), memory(1, 2, 3), 6, beams=4, penalty=penalty)
    for n, seed in enumerate((1, 2, 3)):
        [alone] = decode(Babbler(), memory(seed), 6, beams=4, penalty=penalty)
        assert [each.ids.tolist() for each in together[n]] == [each.ids.tolist() for each in alone]
        np.testing.assert_allclose([each.score for each in together[n]], [each.score for each in alone])


def test_scores_are_normalised_by_length_and_in_order():
    for answers in decode(Babbler(), memory(4, 5), 6, beams=5, penalty=0.7, best=3):
        assert len(answers) == 3
        for each in answers:
            assert each.score == pytest.approx(each.log_p / ((5 + len(each.ids)) / 6) ** 0.7)
        assert [each.score for each in answers] == sorted((each.score for each in answers), reverse=True)


def test_weights_belong_to_the_tokens_of_the_answer():
    for answer in decode(Babbler(), memory(6), 5, beams=4)[0]:
        decoder = Babbler()
        state, last = decoder.start(memory(6)), np.array([END])
        for t, each in enumerate(answer.ids):
            _, state, weights = decoder.step(state, last)
            np.testing.assert_array_equal(answer.weights[t], weights[0])
            last = np.array([each])


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_text_has_at_most_so_many_tokens(limit):
    [answers] = decode(Babbler(), memory(3), limit, beams=50, penalty=0)
    assert {tuple(each.ids.tolist()) for each in answers} == {*all_texts(limit)}


def test_nothing_is_computed_once_all_texts_have_ended():
    class Counting(Babbler):
        steps = 0

        def step(self, state, ids):
            self.steps += 1
            return super().step(state, ids)

    decoder = Counting()
    answers = decode(decoder, memory(1, 2, 3), 1000)
    assert decoder.steps == max(len(best.ids) for [best] in answers) < 1000


def test_what_makes_no_sense_is_refused():
    for settings in ({"limit": 0}, {"limit": 3, "beams": 0}):
        with pytest.raises(DataError, match="need at least one place each"):
            decode(Babbler(), memory(1), **settings)


def collapsed(path):
    """What a path of frames says."""
    return tuple(k for t, k in enumerate(path) if k != END and (t == 0 or path[t - 1] != k))


def test_the_best_path():
    path = [1, 1, 0, 1, 2, 2, 0]
    logits = np.eye(K)[path][None]
    assert greedy_labels(logits) == [[1, 1, 2]]
    assert greedy_labels(logits, np.arange(7)[None] < 4) == [[1, 1]]


@pytest.mark.parametrize("seed", range(5))
def test_a_wide_prefix_beam_adds_up_all_paths(seed):
    log_q = log_softmax(np.random.default_rng(seed).standard_normal((4, K)))
    total = {}
    for path in product(range(K), repeat=4):
        p = np.exp(sum(log_q[t, k] for t, k in enumerate(path)))
        total[collapsed(path)] = total.get(collapsed(path), 0) + p
    found = beam_labels(log_q, beams=1000)
    assert {tuple(labels) for labels, _ in found} == total.keys()
    for labels, each in found:
        assert np.exp(each) == pytest.approx(total[tuple(labels)])
    assert found[0][0] == list(max(total, key=total.get))
