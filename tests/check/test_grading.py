"""What a grade says: what holds, the smallest input, when it goes wrong, and whether both passes go together."""

import numpy as np

from mmdl.check.grade import FAILS, PASSES
from mmdl.check.grading import grade
from mmdl.check.library import EXERCISES
from mmdl.check.student import Student
from mmdl.ops.attention import attention, attention_backward
from mmdl.ops.convolution import conv2d, conv2d_backward
from mmdl.ops.embedding import embedding_backward
from mmdl.ops.softmax import softmax


def graded(name, function, partner=None, examples=6):
    own_forward = Student(partner[1], EXERCISES[partner[0]]) if partner else None
    return grade(EXERCISES[name], function, own_forward, examples)


def scaled_by_d(q, k, v):
    return attention(q / np.sqrt(q.shape[-1]), k, v)


def scaled_by_d_backward(dy, q, k, v, weights):
    dq, dk, dv = attention_backward(dy, q, k, v, weights)
    return dq / np.sqrt(q.shape[-1]), dk / np.sqrt(q.shape[-1]), dv


class TestBothPasses:
    def test_right_backward_of_a_wrong_forward(self):
        found = graded("attention_backward", attention_backward, ("attention", scaled_by_d))
        assert found.state == PASSES
        assert "Your backward is right; your forward isn't" in found.remark

    def test_wrong_backward_that_fits_a_wrong_forward(self):
        found = graded("attention_backward", scaled_by_d_backward, ("attention", scaled_by_d))
        assert found.state == FAILS
        assert "the gradient of your own attention" in found.remark

    def test_wrong_backward_of_a_right_forward(self):
        found = graded("attention_backward", scaled_by_d_backward, ("attention", lambda q, k, v: attention(q, k, v)))
        assert found.state == FAILS and found.remark == ""

    def test_both_right(self):
        found = graded("attention_backward", attention_backward, ("attention", lambda q, k, v: attention(q, k, v)))
        assert found.state == PASSES and found.remark == ""


class TestFailing:
    def test_what_holds(self):
        found = graded("affine_backward", lambda dy, x, W: (dy @ W.T, x.T @ dy, dy.mean(axis=0)))
        assert found.held[-1] == "dx and dW are right"
        assert found.sentence == "db is not what it should be"
        assert [each.name for each in found.comparisons] == ["db"]

    def test_the_smallest_input_shows_all_that_is_wrong(self):
        found = graded("affine_backward", lambda dy, x, W: (0 * x, x.T @ dy / len(x), dy.mean(axis=0)), examples=20)
        assert {each.name for each in found.comparisons} == {"dx", "dW", "db"}
        assert found.case[0].count(",") <= 2  # two examples, since with one the mean is right

    def test_when(self):
        def right_at_stride_one(x, w, b=None, stride=1):
            y = conv2d(x, w, b, stride)
            return y if stride == 1 else y + 1

        def repeats_lost(dy, ids, E):
            dE = np.zeros_like(E)
            dE[ids] = dy
            return dE

        assert graded("conv2d", right_at_stride_one).when == "stride is not 1"
        assert graded("embedding_backward", repeats_lost).when == "a number in ids is there twice"
        assert graded("embedding_backward", lambda dy, ids, E: -embedding_backward(dy, ids, E)).when == ""

    def test_only_for_large_numbers(self):
        found = graded("softmax", lambda s: np.exp(s) / np.exp(s).sum(axis=-1, keepdims=True))
        assert found.sentence.endswith("for numbers as large as ±10,000")
        assert "otherwise its numbers are right" in found.held

    def test_broken_laws(self):
        found = graded("softmax", lambda s: softmax(s.T).T)
        assert "Each row of probabilities sums to one." in found.broken

    def test_a_picture_is_large_enough_to_see_something(self):
        found = graded("affine_backward", lambda dy, x, W: (dy @ W.T, x.T @ dy * 2, dy.sum(axis=0)))
        assert found.picture.comparison.name == "dW"
        assert min(found.picture.comparison.expected.shape) >= 4
        assert found.picture.axes == ("D", "K")

    def test_a_law_that_only_ties_break(self):
        def shared(dy, x, winner, window=2):
            rows, columns = np.broadcast_to(window, 2)
            dx = np.zeros(x.shape)
            for n, p, q, d in np.ndindex(dy.shape):
                cells = x[n, p * rows : (p + 1) * rows, q * columns : (q + 1) * columns, d]
                top = cells == cells.max()
                dx[n, p * rows : (p + 1) * rows, q * columns : (q + 1) * columns, d] = dy[n, p, q, d] * top / top.sum()
            return dx

        found = graded("max_pool2d_backward", shared)
        assert found.sentence.endswith("where some numbers are equal")
        assert [each.name for each in found.diagnoses] == ["equals_share"]


class TestDiagnoses:
    """Mistakes that no library knows."""

    def told(self, name, function):
        return " ".join(each.shows for each in graded(name, function).diagnoses)

    def test_right_for_other_arguments(self):
        def turned(x, w, b=None, stride=1):
            return conv2d(x, w, b, stride if isinstance(stride, int) else stride[::-1])

        assert self.told("conv2d", turned) == "y is what it would be if stride were taken the other way round."
        assert "if w were flipped along axis 0" in self.told("conv2d_dx", lambda dy, x, w: gathered(dy, x, w[::-1]))
        right = EXERCISES["momentum_step"].reference
        exchanged = self.told("momentum_step", lambda p, g, v, rate, momentum: right(p, v, g, rate, momentum))
        assert exchanged == "p and v are what they would be if g and v changed places."

    def test_several_mistakes_are_told_one_by_one(self):
        found = graded("affine_backward", lambda dy, x, W: (-(dy @ W.T), x.T @ dy, dy.mean(axis=0)))
        assert {each.name: each.outputs for each in found.diagnoses} == {
            "ratio": ("db",),
            "sign": ("dx",),
        }

    def test_a_known_mistake_that_shows_now_and_then(self):
        def flipped_if_small(x, w, b=None, stride=1):
            return conv2d(x, w[::-1, ::-1] if len(x) == 1 or len(w) > 1 else w, b, stride)

        assert "kernel" in self.told("conv2d", flipped_if_small)

    def test_a_result_that_is_not_even_close_gets_none(self):
        assert graded("softmax", lambda s: np.cos(s)).diagnoses == ()


def gathered(dy, x, w):
    return conv2d_backward(dy, x, w)[0]


class TestPassing:
    def test_numbers(self):
        found = graded("affine", lambda x, W, b: x @ W + b, examples=20)
        assert found.state == PASSES
        assert found.shapes >= 10
        assert found.error < 1e-14
        assert not found.widens

    def test_speed(self):
        def slow(s):
            return np.array([[np.exp(x) / sum(map(np.exp, row)) for x in row] for row in s - s.max(axis=-1)[:, None]])

        found = graded("softmax", slow)
        assert found.speed.theirs > 10 * found.speed.ours > 0

    def test_float64_is_remarked_but_no_mistake(self):
        def affine(x, W, b):
            y = np.zeros((len(x), len(b)))
            y[:] = x @ W + b
            return y

        found = graded("affine", affine)
        assert found.state == PASSES and found.widens

    def test_the_sign_of_a_component_does_not_matter(self):
        def principal_components(x, components=2):
            centred = x - x.mean(axis=0)
            vectors = np.linalg.eigh(centred.T @ centred)[1]
            return centred @ -vectors[:, ::-1][:, :components]

        assert graded("principal_components", principal_components).state == PASSES
