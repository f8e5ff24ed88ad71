"""A student's function: how it is called, and every way in which it can go wrong, in one clear sentence."""

import numpy as np
import pytest

from mmdl.check.draws import PLAIN, roomy
from mmdl.check.grade import FAILS, NOT_DONE, PASSES
from mmdl.check.grading import grade
from mmdl.check.library import EXERCISES
from mmdl.check.mistake import NotTaken
from mmdl.check.student import Student


def sentence(name, function):
    found = grade(EXERCISES[name], function, examples=4)
    assert found.state == FAILS
    assert "\n" not in found.sentence and len(found.sentence) < 200
    return found.sentence


class TestHowItIsCalled:
    def test_by_name_in_any_order(self):
        def affine(b, x, W):
            return x @ W + b

        assert grade(EXERCISES["affine"], affine, examples=4).state == PASSES

    def test_by_place_where_names_are_others(self):
        def affine(inputs, weights, bias):
            return inputs @ weights + bias

        found = grade(EXERCISES["affine"], affine, examples=4)
        assert found.state == PASSES
        assert Student(affine, EXERCISES["affine"]).takes == {"x": "inputs", "W": "weights", "b": "bias"}

    def test_own_extra_arguments_may_have_defaults(self):
        def relu(x, verbose=False):
            return np.maximum(x, 0)

        assert grade(EXERCISES["relu"], relu, examples=4).state == PASSES

    @pytest.mark.parametrize(
        ("function", "word"),
        [
            (lambda x, W: x @ W, "does without b"),
            (lambda x, W, b, c: x @ W, "what is your c?"),
            (lambda *everything: 0, "(x, W, b)"),
        ],
    )
    def test_what_it_cannot_be_given(self, function, word):
        assert word in sentence("affine", function)

    def test_settings_that_it_does_not_take_are_not_asked_for(self):
        def conv2d(x, w):
            I, J = w.shape[:2]
            P, Q = x.shape[1] - I + 1, x.shape[2] - J + 1
            return sum(x[:, i : i + P, j : j + Q] @ w[i, j] for i in range(I) for j in range(J))

        assert grade(EXERCISES["conv2d"], conv2d, examples=4).state == PASSES

    def test_a_mask_that_it_needs_is_always_given(self):
        def masked_mean(x, mask):
            count = np.maximum(mask.sum(axis=1), 1)[:, None]
            return (x * mask[:, :, None]).sum(axis=1) / count

        assert grade(EXERCISES["masked_mean"], masked_mean, examples=8).state == PASSES

    def test_lists_will_do_where_several_arrays_are_returned(self):
        def affine_backward(dy, x, W):
            return [dy @ W.T, x.T @ dy, dy.sum(axis=0)]

        assert grade(EXERCISES["affine_backward"], affine_backward, examples=4).state == PASSES

    def test_not_done(self):
        def affine(x, W, b):
            raise NotImplementedError

        assert grade(EXERCISES["affine"], affine).state == NOT_DONE

    def test_half_done(self):
        def relu(x):
            if len(x) == 1:
                raise NotImplementedError
            return np.maximum(x, 0)

        assert "not done yet for this input" in sentence("relu", relu)


def changes_x(x, W, b):
    x += 1
    return x @ W + b


def draws(x):
    return np.maximum(x, 0) + np.random.default_rng().random(x.shape)


@pytest.mark.parametrize(
    ("name", "function", "words"),
    [
        ("affine", lambda x, W, b: None, "returns None for y: is there a `return`"),
        ("affine", lambda x, W, b: (x @ W + b).tolist(), "y is a list, not an array"),
        ("affine", lambda x, W, b: "y", "y is a str"),
        ("affine", lambda x, W, b: (x @ W + b) * (1 + 0j), "complex"),
        ("affine", lambda x, W, b: (x @ W + b).astype(object), "object"),
        ("affine", changes_x, "changes its argument x"),
        ("affine_backward", lambda dy, x, W: None, "returns None"),
        ("affine_backward", lambda dy, x, W: dy @ W.T, "three arrays: dx, dW, db"),
        ("affine_backward", lambda dy, x, W: (dy @ W.T, x.T @ dy), "returns 2 things"),
        ("elementwise_product_backward", lambda dy, features: dy, "a tuple with"),
        ("sgd_update", lambda p, gradient, rate: list(p.values()), "dictionary with the names W, b, E"),
        ("sgd_update", lambda p, gradient, rate: {"W": p["W"]}, 'no entry "b"'),
        ("causal_mask", lambda T: np.tri(T), "not True and False"),
        ("relu", draws, "another when it is computed again"),
        ("relu", lambda x: print("x" * 10**6), "prints without end"),
        ("relu", lambda x: exit(), "ends the program"),
        ("relu", lambda x: x.no_such_thing, "AttributeError"),
        ("affine", lambda x, W, b: x.T @ W + b, "columns meet"),
        ("relu", lambda x: np.maximum(x, 0)[:, :1], "has shape"),
    ],
)
def test_one_clear_sentence(name, function, words):
    assert words in sentence(name, function)


def test_a_crash_knows_the_line():
    def softmax(s):
        e = np.exp(s)
        return e / total  # noqa: F821

    found = grade(EXERCISES["softmax"], softmax, examples=4)
    assert "NameError" in found.sentence
    assert found.line.text.startswith("return e / total")


def test_what_was_printed_is_kept(capsys):
    def relu(x):
        print("my x has shape", x.shape)
        return x

    found = grade(EXERCISES["relu"], relu, examples=4)
    assert found.printed.startswith("my x has shape")
    assert capsys.readouterr().out == ""


def test_a_question_about_what_it_does_not_take_is_refused():
    student = Student(lambda x, w: x, EXERCISES["conv2d"])
    arguments = student.case(roomy(0), PLAIN).arguments
    with pytest.raises(NotTaken):
        student.call(arguments | {"stride": 2}, ("x", "w", "stride"))
