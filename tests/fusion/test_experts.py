"""Fusion of opinions."""

import numpy as np
import pytest

from mmdl.fusion import ArticleProduct, Average, MixtureOfExperts, ProductOfExperts
from mmdl.layers import Dense
from mmdl.ops.softmax import softmax
from tests.close import close
from tests.fusion.cases import PRESENT, build, vectors

LOGITS = vectors(np.random.default_rng(0), 3, 3, 3)
KINDS = [ProductOfExperts, ArticleProduct, Average]


def together(kind, p):
    """The probabilities (M, K) of experts as one opinion, by the definition."""
    total = p.mean(axis=0) if kind is Average else p.prod(axis=0)
    return total / total.sum()


@pytest.mark.parametrize("kind", KINDS)
class TestExperts:
    def test_log_probabilities_by_the_definition(self, kind):
        l = kind()(LOGITS)
        for n in range(4):
            assert close(np.exp(l[n]), together(kind, softmax(np.array([x[n] for x in LOGITS]))))

    def test_the_absent_are_left_out(self, kind):
        l, _ = kind().forward(LOGITS, PRESENT)
        for n in range(3):
            p = softmax(np.array([x[n] for x, there in zip(LOGITS, PRESENT[n], strict=True) if there]))
            assert close(np.exp(l[n]), together(kind, p))

    def test_with_nobody_there_all_classes_are_alike(self, kind):
        assert close(kind().forward(LOGITS, PRESENT)[0][3], np.log(1 / 3))

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
        assert close(kind().forward(LOGITS, np.ones((4, 3), bool))[0], kind()(LOGITS), rtol=0, atol=1e-14)

    def test_one_expert_alone_is_believed(self, kind):
        assert close(np.exp(kind()(LOGITS[:1])), softmax(LOGITS[0]))

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


class TestArticleProduct:
    SURE = (np.array([[0.0, -40, 1]]), np.array([[0.0, 0, 1]]))  # the second class is out of the question

    def test_it_is_a_product_of_experts_within_bounds(self):
        assert np.array_equal(ArticleProduct()(LOGITS), ProductOfExperts()(LOGITS))

    def test_no_probability_is_smaller_than_the_floor_of_keras(self):
        l, sure = ArticleProduct()(self.SURE), ProductOfExperts()(self.SURE)
        assert np.isclose(np.exp(l[0, 1]), 1e-7) and np.exp(sure[0, 1]) < 1e-17
        assert np.array_equal(l[0, [0, 2]], sure[0, [0, 2]])

    def test_what_is_held_does_not_learn(self):
        """Where everybody is sure of a falsehood, a product of experts learns most, and the article's nothing."""
        dl = np.array([[0.0, -1, 0]])  # the loss asks for the second class
        for kind, learns in ((ProductOfExperts, True), (ArticleProduct, False)):
            _, trace = kind().forward(self.SURE)
            assert all(d.any() == learns for d in kind().backward(dl, trace)[0])

    def test_opposite_experts_stay_finite(self):
        """In floats the bare product is 0 for every class, and divided by its sum no number at all."""
        l = ArticleProduct()((np.array([[1e4, 0.0]]), np.array([[0.0, 1e4]])))
        assert close(np.exp(l), 0.5)


class TestMixtureOfExperts:
    def test_by_the_definition(self):
        layer, x = build("mixture-of-experts")
        l, trace = layer.forward(x)
        g = softmax(np.hstack(x) @ layer.gate.W + layer.gate.b)
        assert close(trace.gates, g) and trace.l is l
        assert close(np.exp(l), sum(g[:, m, None] * softmax(x[m]) for m in range(2)), rtol=0, atol=1e-14)

    def test_the_gates_of_the_present_sum_to_one(self):
        layer, (*x, present) = build("absent experts, mixture")
        l, trace = layer.fusion.forward(tuple(x), present)
        assert close(trace.gates.sum(axis=1), 1)
        assert not trace.gates[:3][~present[:3]].any()
        assert close(np.exp(l[2]), softmax(x[1][2]))  # one who is alone is believed
        assert close(np.exp(l[3]), 1 / 3)  # nobody

    def test_the_absent_say_and_learn_nothing(self):
        layer, (*x, present) = build("absent experts, mixture")
        garbage = tuple(np.where(present[:, m, None], each, 1e4) for m, each in enumerate(x))
        dl = np.random.default_rng(1).standard_normal((4, 3))
        (l, trace), (other, other_trace) = (layer.fusion.forward(each, present) for each in (tuple(x), garbage))
        assert np.array_equal(l, other)
        mine, theirs = (layer.fusion.backward(dl, each) for each in (trace, other_trace))
        for m in range(3):
            assert np.array_equal(mine[0][m], theirs[0][m]) and not mine[0][m][~present[:, m]].any()
        assert np.array_equal(mine[1].gate.W, theirs[1].gate.W)

    def test_examples_have_gates_of_their_own(self):
        layer, x = build("mixture-of-experts")
        assert np.ptp(layer.forward(x)[1].gates, axis=0).min() > 1e-3

    def test_it_solves_half_of_xor_and_no_more(self):
        """No mixture of one who sees a and one who sees b has a smaller loss than ½ log 2 for "are a and b different?"

        Let q be the probability of the truth in a case ab, g the first expert's gate and h = 1 − g the second's. The
        gate's scores add up, so g₀₀ g₁₁ h₀₁ h₁₀ = g₀₁ g₁₀ h₀₀ h₁₁, and there are weights t > 0 for which
        g₀₀ t₀₀ = g₀₁ t₀₁, h₀₁ t₀₁ = h₁₁ t₁₁, g₁₁ t₁₁ = g₁₀ t₁₀ and h₁₀ t₁₀ = h₀₀ t₀₀. An expert says in two cases the
        same, which is right in one of them: weighted with t that cancels, and Σ t (2q − 1) = 0 whatever they say.
        Name the cases so that g is largest in 00 and smallest in 11. Then t₀₁ is the largest weight and t₁₀ the
        smallest, and t₀₀ / t₀₁ + t₁₁ / t₀₁ = g₀₁ / g₀₀ + h₀₁ / h₁₁ ≥ 1. So if 2q − 1 is negative in one case only, it
        is there at least as far below 0 as it is above 0 in some other case: q q' ≤ (1 + x)(1 − x) / 4 ≤ ¼. If it is
        negative in two, q q' ≤ ¼, too. The product of all four is at most ¼, and the mean of −log q at least ½ log 2.
        """
        rng = np.random.default_rng(0)
        bits = np.array([[0, 0, 1, 1], [0, 1, 0, 1]])
        labels = bits[0] ^ bits[1]
        losses = []
        for scale in np.repeat([1.0, 3, 10, 30], 500):
            said = rng.normal(0, scale, (2, 2, 2))  # by each expert, of each bit, for each class
            gate = Dense(rng.normal(0, 1, (4, 2)), rng.normal(0, scale, 2))
            l = MixtureOfExperts(gate)((said[0][bits[0]], said[1][bits[1]]))
            losses.append(-l[range(4), labels].mean())
        assert min(losses) > np.log(2) / 2

    def test_half_of_xor(self):
        """Where b = 1 the first expert is believed, who knows a; where b = 0 the second, who has no opinion."""
        bits = np.array([[0, 0, 1, 1], [0, 1, 0, 1]])
        first = np.array([[-9.0, 9], [9, -9]])[bits[0]]  # same, different
        second = np.array([[-9.0, -9], [9, 9]])[bits[1]]
        gate = Dense(np.array([[0.0, 0], [0, 0], [1, -1], [1, -1]]), np.zeros(2))
        l = MixtureOfExperts(gate)((first, second))
        labels = bits[0] ^ bits[1]
        assert np.isclose(-l[range(4), labels].mean(), np.log(2) / 2)
