"""The gradient oracles know the derivatives of functions that everybody can differentiate."""

import numpy as np
import pytest

from mmdl.verify.oracle import (
    adjoint_gap,
    central_difference_gradient,
    complex_step_derivative,
    complex_step_gradient,
    promote,
)
from tests.close import close


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def product(x, W):
    return x @ W


@pytest.mark.parametrize(("oracle", "tolerance"), [(complex_step_gradient, 1e-15), (central_difference_gradient, 1e-9)])
def test_gradient_of_a_product(rng, oracle, tolerance):
    x, W, dy = rng.standard_normal((2, 3)), rng.standard_normal((3, 4)), rng.standard_normal((2, 4))
    assert close(oracle(product, [x, W], 0, dy), dy @ W.T, rtol=0, atol=tolerance)
    assert close(oracle(product, [x, W], 1, dy), x.T @ dy, rtol=0, atol=tolerance)


@pytest.mark.parametrize("oracle", [complex_step_gradient, central_difference_gradient])
def test_tuples_in_and_out(rng, oracle):
    def sum_and_product(pair):
        return pair[0] + pair[1], pair[0] * pair[1]

    a, b, d_sum, d_product = rng.standard_normal((4, 3))
    da, db = oracle(sum_and_product, [(a, b)], 0, (d_sum, d_product))
    assert close(da, d_sum + d_product * b)
    assert close(db, d_sum + d_product * a)


@pytest.mark.parametrize("oracle", [complex_step_gradient, central_difference_gradient])
def test_arguments_stay_as_they_are(rng, oracle):
    x, W = rng.standard_normal((2, 3)), rng.standard_normal((3, 4))
    before = x.copy(), W.copy()
    oracle(product, [x, W], 0, np.ones((2, 4)))
    assert np.array_equal(x, before[0]) and np.array_equal(W, before[1])


def test_ids_and_settings_are_passed_on():
    def scaled_rows(table, ids, scale):
        return scale * table[ids]

    gradient = complex_step_gradient(scaled_rows, [np.ones((3, 1)), np.array([1, 1]), 2], 0, np.ones((2, 1)))
    assert gradient.ravel().tolist() == [0, 4, 0]


def test_complex_steps_do_not_cancel():
    """Where central differences have lost all digits but six, complex steps are exact."""

    def f(x):
        return np.exp(x) / np.sqrt(np.sin(x) ** 3 + np.cos(x) ** 3)

    x = np.array([1.5])
    exact = 4.053427893898621  # Squire, Trapp 1998
    assert abs(complex_step_gradient(f, [x], 0, np.ones(1))[0] - exact) < 1e-14
    assert 1e-11 < abs(central_difference_gradient(f, [x], 0, np.ones(1))[0] - exact) < 1e-7


def test_derivative_along_a_direction(rng):
    x, W, v, V = (rng.standard_normal(shape) for shape in ((2, 3), (3, 4), (2, 3), (3, 4)))
    assert close(complex_step_derivative(product, [x, W], [v, V]), v @ W + x @ V)
    assert close(complex_step_derivative(product, [x, W], [None, V]), x @ V)


def test_adjoint_gap_is_zero_for_the_gradient_and_for_nothing_else(rng):
    x, W, v, V, dy = (rng.standard_normal(shape) for shape in ((2, 3), (3, 4), (2, 3), (3, 4), (2, 4)))
    right = [dy @ W.T, x.T @ dy]
    assert adjoint_gap(product, [x, W], right, dy, [v, V]) < 1e-15
    assert adjoint_gap(product, [x, W], [right[0], None], dy, [v, None]) < 1e-15
    for place in range(2):
        wrong = [gradient * (1.01 if k == place else 1) for k, gradient in enumerate(right)]
        assert adjoint_gap(product, [x, W], wrong, dy, [v, V]) > 1e-6


def test_small_gaps_are_relative_to_one_and_large_ones_to_what_was_added():
    for size, gap in ((1.0, 0.25), (4.0, 1 / 3)):  # of ½·size and ¼·size
        assert adjoint_gap(lambda x: x / 2, [np.ones(1)], [np.ones(1) / 4], np.ones(1), [size * np.ones(1)]) == gap


def test_a_step_lost_in_a_real_buffer_is_an_error():
    def through_a_buffer(x):
        buffer = np.zeros(x.shape)
        buffer[:] = x.real**2
        return buffer

    with pytest.raises(TypeError, match="a result in float64"):
        complex_step_gradient(through_a_buffer, [np.ones(2)], 0, np.ones(2))
    assert close(central_difference_gradient(through_a_buffer, [np.ones(2)], 0, np.ones(2)), 2)


def test_promotion_touches_numbers_with_a_fraction_only():
    ids, mask = np.arange(3), np.ones(2, bool)
    assert promote(np.ones(2, np.float32), complex).dtype == complex
    assert promote(ids, complex) is ids and promote(mask, complex) is mask and promote("same", complex) == "same"
    assert promote(((1, 0), (0, 2)), complex) == ((1, 0), (0, 2))
    assert [part.dtype for part in promote((np.ones(1), ids), np.float32)] == [np.float32, ids.dtype]
