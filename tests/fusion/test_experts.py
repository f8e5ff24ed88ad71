"""Fusion of opinions."""

import numpy as np
import pytest

from mmdl.fusion import Average, ProductOfExperts
from mmdl.ops.softmax import softmax
from tests.fusion.cases import PRESENT, vectors

LOGITS = vectors(np.random.default_rng(0), 3, 3, 3)
KINDS = [ProductOfExperts, Average]


def together(kind, p):
    """The probabilities (M, K) of experts as one opinion, by the definition."""
    total = p.prod(axis=0) if kind is ProductOfExperts else p.mean(axis=0)
    return total / total.sum()


@pytest.mark.parametrize("kind", KINDS)
class TestExperts:
    def test_log_probabilities_by_the_definition(self, kind):
        l = kind()(LOGITS)
        for n in range(4):
            assert np.allclose(np.exp(l[n]), together(kind, softmax(np.array([x[n] for x in LOGITS]))))

    def test_the_absent_are_left_out(self, kind):
        l, _ = kind().forward(LOGITS, PRESENT)
        for n in range(3):
            p = softmax(np.array([x[n] for x, there in zip(LOGITS, PRESENT[n], strict=True) if there]))
            assert np.allclose(np.exp(l[n]), together(kind, p))

    def test_with_nobody_there_all_classes_are_alike(self, kind):
        assert np.allclose(kind().forward(LOGITS, PRESENT)[0][3], np.log(1 / 3))

    def test_the_absent_say_and_learn_nothing(self, kind):
        garbage = tuple(np.where(PRESENT[:, m, None], x, 1e4) for m, x in enumerate(LOGITS))
        dl = np.random.default_rng(1).standard_normal((4, 3))
        l, trace = kind().forward(LOGITS, PRESENT)
        other, other_trace = kind().forward(garbage, PRESENT)
        assert np.array_equal(l, other)
        for m, (mine, theirs) in enumerate(
            zip(kind().backward(dl, trace)[0], kind().backward(dl, other_trace)[0], strict=True)
        ):
            assert np.array_equal(mine, theirs)
            assert not mine[~PRESENT[:, m]].any() and mine[PRESENT[:, m]].all()

    def test_all_present_is_the_default(self, kind):
        assert np.allclose(kind().forward(LOGITS, np.ones((4, 3), bool))[0], kind()(LOGITS), rtol=0, atol=1e-14)

    def test_one_expert_alone_is_believed(self, kind):
        assert np.allclose(np.exp(kind()(LOGITS[:1])), softmax(LOGITS[0]))

    def test_sure_experts_stay_finite(self, kind):
        l, trace = kind().forward((1e4 * LOGITS[0], -1e4 * LOGITS[0]))
        assert np.isfinite(l).all()
        assert all(np.isfinite(each).all() for each in kind().backward(np.ones_like(l), trace)[0])

    def test_traces_have_names(self, kind):
        l, trace = kind().forward(LOGITS, PRESENT)
        assert trace.logits is LOGITS and trace.l is l and trace.present is PRESENT


def test_one_who_is_sure_overrules_a_product_but_not_an_average():
    sure = np.array([[0.0, -20, 0]])
    others = np.array([[0.0, 5, 0]])
    assert np.exp(ProductOfExperts()((sure, others, others))[0, 1]) < 0.001
    assert np.exp(Average()((sure, others, others))[0, 1]) > 0.6
