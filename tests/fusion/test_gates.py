"""Gates, and one modality that modulates another."""

import numpy as np
import pytest

from mmdl.errors import ShapeError
from mmdl.fusion import FiLM, Gated
from mmdl.layers import Dense
from tests.close import close
from tests.fusion.cases import build, vectors

RNG = np.random.default_rng(0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def dense(layer, x):
    return x @ layer.W + layer.b


def test_two_share_a_gate():
    layer, (a, b) = build("gated")
    h1, h2 = (np.tanh(dense(projection, x)) for projection, x in zip(layer.projections, (a, b), strict=True))
    z = sigmoid(dense(layer.gates[0], np.hstack([a, b])))
    assert len(layer.gates) == 1
    assert close(layer((a, b)), z * h1 + (1 - z) * h2, rtol=0, atol=1e-14)


def test_three_have_a_gate_each():
    layer, x = build("gated three")
    together = np.hstack(x)
    expected = sum(
        sigmoid(dense(gate, together)) * np.tanh(dense(projection, each))
        for gate, projection, each in zip(layer.gates, layer.projections, x, strict=True)
    )
    assert len(layer.gates) == 3
    assert close(layer(x), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("case", ["gated", "gated three", "gated one"])
def test_the_trace_tells_how_far_each_gate_is_open(case):
    layer, x = build(case)
    z, trace = layer.forward(x)
    assert len(trace.gates) == len(trace.candidates) == len(x)
    assert all((gate > 0).all() and (gate < 1).all() for gate in trace.gates)
    assert close(z, sum(map(np.multiply, trace.gates, trace.candidates)))
    if case == "gated":
        assert close(trace.gates[0] + trace.gates[1], 1)


def test_a_gate_decides_by_all_modalities():
    """The same first vector passes or not, as the second says."""
    layer = Gated(
        (Dense(np.eye(2), np.zeros(2)), Dense(np.zeros((1, 2)), np.zeros(2))),
        (Dense(np.array([[0, 0], [0, 0], [50.0, 50.0]]), np.zeros(2)),),
    )
    a = np.array([[1.0, -2.0], [1.0, -2.0]])
    assert close(layer((a, np.array([[1.0], [-1.0]]))), [np.tanh(a[0]), [0, 0]])


def test_the_second_scales_and_shifts_the_first():
    layer, (x, c) = build("film")
    gamma, beta = 1 + dense(layer.scales[0], c), dense(layer.shifts[0], c)
    z, trace = layer.forward((x, c))
    assert close(z, gamma * dense(layer.projection, x) + beta, rtol=0, atol=1e-14)
    assert np.array_equal(trace.gammas[0], gamma) and np.array_equal(trace.betas[0], beta)


def test_the_third_modulates_what_the_second_made():
    layer, x = build("film of three")
    first = FiLM(layer.projection, layer.scales[:1], layer.shifts[:1])(x[:2])
    gamma, beta = 1 + dense(layer.scales[1], x[2]), dense(layer.shifts[1], x[2])
    assert close(layer(x), gamma * first + beta, rtol=0, atol=1e-14)


def test_modulation_starts_near_the_modality_itself():
    """The mean of γ over many features is 1, and a modality of zeros changes nothing."""
    layer = FiLM.init(RNG, (3, 4), 5)
    x, _ = vectors(RNG, 3, 4)
    x = x.astype(np.float32)
    assert np.array_equal(layer((x, np.zeros((4, 4), np.float32))), layer.projection(x))


def test_modalities_that_do_not_fit():
    for case in ("gated", "film"):
        layer, x = build(case)
        with pytest.raises(ShapeError, match="affine: D is 5 in x"):
            layer(x[::-1])
