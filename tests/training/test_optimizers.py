"""Each optimizer against its textbook rule, one number at a time, and what all of them owe to the model."""

import math

import numpy as np
import pytest

from mmdl import tree
from mmdl.layers import BatchNorm, Dense, Embedding, ReLU, Sequential
from mmdl.training import SGD, Adam, AdamW, RMSprop, clip_by_global_norm, global_norm
from mmdl.training import state as state_module

ALL = [SGD(), SGD(0.1, 0.9), SGD(0.1, 0.9, nesterov=True), RMSprop(), Adam(), AdamW()]
each_optimizer = pytest.mark.parametrize("optimizer", ALL, ids=repr)


def sgd(p, gradients, rate, momentum=0.0, nesterov=False):
    v = 0.0
    for g in gradients:
        v = momentum * v + g
        p -= rate * (g + momentum * v if nesterov else v)
    return p


def rmsprop(p, gradients, rate, decay, epsilon, early_epsilon=False):
    v = 0.0
    for g in gradients:
        v = decay * v + (1 - decay) * g**2
        p -= rate * g / (math.sqrt(v + epsilon) if early_epsilon else math.sqrt(v) + epsilon)
    return p


def adam(p, gradients, rate, beta1, beta2, epsilon, weight_decay=0.0, early_epsilon=False):
    m = v = 0.0
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        added = epsilon / math.sqrt(1 - beta2**t) if early_epsilon else epsilon
        p -= rate * (m_hat / (math.sqrt(v_hat) + added) + weight_decay * p)
    return p


TEXTBOOK = [
    (SGD(0.1), lambda p, g: sgd(p, g, 0.1)),
    (SGD(0.1, momentum=0.9), lambda p, g: sgd(p, g, 0.1, 0.9)),
    (SGD(0.1, momentum=0.8, nesterov=True), lambda p, g: sgd(p, g, 0.1, 0.8, True)),
    (RMSprop(), lambda p, g: rmsprop(p, g, 1e-3, 0.9, 1e-8)),
    (RMSprop(0.1, decay=0.5, epsilon=0.1), lambda p, g: rmsprop(p, g, 0.1, 0.5, 0.1)),
    (RMSprop(epsilon=0.1, early_epsilon=True), lambda p, g: rmsprop(p, g, 1e-3, 0.9, 0.1, True)),
    (Adam(), lambda p, g: adam(p, g, 1e-3, 0.9, 0.999, 1e-8)),
    (Adam(epsilon=0.1, early_epsilon=True), lambda p, g: adam(p, g, 1e-3, 0.9, 0.999, 0.1, early_epsilon=True)),
    (Adam(0.1, 0.7, 0.8, epsilon=0.1), lambda p, g: adam(p, g, 0.1, 0.7, 0.8, 0.1)),
    (AdamW(), lambda p, g: adam(p, g, 1e-3, 0.9, 0.999, 1e-8, 0.01)),
    (AdamW(0.1, weight_decay=0.5), lambda p, g: adam(p, g, 0.1, 0.9, 0.999, 1e-8, 0.5)),
]


def layers(dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    return Sequential((Dense.init(rng, 3, 4, dtype), ReLU(), Dense.init(rng, 4, 2, dtype)))


def gradient_like(model, rng):
    """Numbers of very different sizes, in a tree like the model."""
    return tree.map(lambda p: (rng.normal(size=p.shape) * 10.0 ** rng.integers(-6, 2, p.shape)).astype(p.dtype), model)


@pytest.mark.parametrize("optimizer, textbook", TEXTBOOK, ids=lambda value: "" if callable(value) else repr(value)[:60])
def test_steps_are_the_textbooks(optimizer, textbook):
    model, rng = layers(), np.random.default_rng(1)
    before, state = tree.copy(model), optimizer.start(model)
    gradients = [gradient_like(model, rng) for _ in range(70)]  # beyond 64, where faint moments are swept
    for gradient in gradients:
        optimizer.step(model, gradient, state)
    for place, (path, p) in enumerate(tree.leaves(model)):
        start = list(tree.leaves(before))[place][1]
        its = [list(tree.leaves(gradient))[place][1] for gradient in gradients]
        for at in np.ndindex(p.shape):
            expected = textbook(float(start[at]), [float(g[at]) for g in its])
            assert p[at] == pytest.approx(expected, rel=1e-12, abs=1e-13), (path, at)


def test_moments_are_trees_of_the_models_type():
    model, rng, optimizer = layers(), np.random.default_rng(1), Adam()
    state = optimizer.start(model)
    assert all(tree.equal(moment, tree.zeros(model)) for moment in state.moments)
    g = gradient_like(model, rng)
    optimizer.step(model, g, state)
    m, v = state.moments
    tree.map(lambda m, g: np.testing.assert_allclose(m, 0.1 * g, rtol=1e-12), m, g)
    tree.map(lambda v, g: np.testing.assert_allclose(v, 0.001 * g**2, rtol=1e-12), v, g)


def test_first_step_of_adam_is_the_rate_whatever_the_gradient():
    model = layers()
    before = tree.copy(model)
    optimizer = Adam(0.01)
    optimizer.step(model, tree.map(lambda p: np.full_like(p, -1e4), model), optimizer.start(model))
    tree.map(lambda p, start: np.testing.assert_allclose(p - start, 0.01, rtol=1e-9), model, before)


def test_faint_moments_are_swept_every_64_steps():
    """What has no gradient any more would fade to denormal numbers, which cost fifty times as much."""
    model, optimizer = Dense(np.ones((2, 1), np.float32), np.zeros(1, np.float32)), SGD(0.1, momentum=1.0)
    state = optimizer.start(model)
    for step in range(64):
        if step == 1:
            state.moments[0].W[:, 0] = 1e-29, 1e-31
        assert step < 1 or state.moments[0].W[1] > 0
        optimizer.step(model, tree.zeros(model), state)
    assert state.moments[0].W[:, 0].tolist() == [np.float32(1e-29), 0]


def test_a_faint_gradient_is_no_faint_moment():
    """What is swept is what is remembered; in no step, the 64th no more than others, what is learned."""
    model, optimizer = Dense(np.zeros((1, 1)), np.zeros(1)), SGD(1.0)
    state = optimizer.start(model)
    for _ in range(64):
        optimizer.step(model, tree.map(lambda p: np.full_like(p, 1e-31), model), state)
    assert model.W[0, 0] == pytest.approx(-64e-31, rel=1e-12, abs=0)


@each_optimizer
def test_a_row_that_never_changes(optimizer):
    """Whatever its gradient is, and whether weights decay: here the row of padding, which need not be zero."""
    model = Embedding(np.ones((3, 2)), padding_id=1)
    optimizer.step(model, tree.map(np.ones_like, model), optimizer.start(model))
    assert (model.E[1] == 1).all() and (model.E[[0, 2]] < 1).all()


def test_weight_decay_alone_shrinks_every_parameter():
    model, optimizer = layers(), AdamW(0.1, weight_decay=0.5)
    before = tree.copy(model)
    optimizer.step(model, tree.zeros(model), optimizer.start(model))
    assert tree.equal(model, tree.map(lambda p: p * 0.95, before))


@each_optimizer
def test_model_and_state_change_in_place_and_the_gradient_does_not(optimizer):
    model, rng = layers(np.float32), np.random.default_rng(1)
    arrays, before = [array for _, array in tree.leaves(model)], tree.copy(model)
    gradient, state = gradient_like(model, rng), optimizer.start(model)
    kept = tree.copy(gradient)
    for _ in range(3):
        assert optimizer.step(model, gradient, state) == pytest.approx(global_norm(gradient), rel=1e-6)
    assert state.steps == 3
    assert tree.equal(gradient, kept)
    assert not tree.equal(model, before)
    for (_, now), array in zip(tree.leaves(model), arrays, strict=True):
        assert now is array and now.dtype == np.float32


@each_optimizer
def test_rate_of_one_step_may_be_given(optimizer):
    model, gradient = layers(), gradient_like(layers(), np.random.default_rng(1))
    other = tree.copy(model)
    optimizer.step(model, gradient, optimizer.start(model), rate=0.25)
    same = type(optimizer)(**(vars(optimizer) | {"rate": 0.25}))
    same.step(other, gradient, same.start(other))
    assert tree.equal(model, other)


@each_optimizer
def test_clipping_in_the_step_is_clipping_before_it(optimizer):
    model, gradient = layers(), gradient_like(layers(), np.random.default_rng(1))
    other = tree.copy(model)
    norm = optimizer.step(model, gradient, optimizer.start(model), clip=0.5)
    clipped, same = clip_by_global_norm(gradient, 0.5)
    optimizer.step(other, clipped, optimizer.start(other))
    assert norm == pytest.approx(same, rel=1e-12) and norm > 0.5
    tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12), model, other)


@each_optimizer
def test_shared_parameter_moves_once_by_the_sum_of_its_gradients(optimizer):
    rng = np.random.default_rng(0)
    one, two = Dense.init(rng, 3, 3, np.float64), Dense.init(rng, 3, 3, np.float64)
    alone = Sequential(tree.copy((one, two)))
    shared = Sequential((one, two, one))
    parts = gradient_like(shared, rng)
    summed = Sequential((tree.add(parts.layers[0], parts.layers[2]), parts.layers[1]))
    states = optimizer.start(shared), optimizer.start(alone)
    for _ in range(3):
        norm = optimizer.step(shared, parts, states[0], clip=1.0)
        assert norm == optimizer.step(alone, summed, states[1], clip=1.0)
    assert shared.layers[0] is shared.layers[2]
    assert tree.equal(Sequential(shared.layers[:2]), alone)
    assert states[0].moments[0].layers[2].W is states[0].moments[0].layers[0].W


@each_optimizer
def test_running_statistics_move_by_one_minus_momentum_and_nothing_else(optimizer):
    model = Sequential((BatchNorm.init(2, momentum=0.75, dtype=np.float64),))
    gradient = tree.map(lambda p: np.array([4.0, -8.0]), model)
    learned_alone = tree.copy((model.layers[0].gamma, model.layers[0].beta))
    alone = optimizer.start(learned_alone)
    its = optimizer.start(model)
    for _ in range(2):
        norm = optimizer.step(model, gradient, its, clip=1.0)
        assert norm == optimizer.step(learned_alone, (gradient.layers[0].gamma,) * 2, alone, clip=1.0)
    norm_layer = model.layers[0]
    np.testing.assert_array_equal(norm_layer.mean, [-2.0, 4.0])
    np.testing.assert_array_equal(norm_layer.variance, [-1.0, 5.0])
    assert tree.equal((norm_layer.gamma, norm_layer.beta), learned_alone)
    assert not its.moments[0].layers[0].mean.any()


@each_optimizer
def test_cutting_into_pieces_changes_no_bit(optimizer, monkeypatch):
    whole, pieces = layers(np.float32), layers(np.float32)
    gradient = gradient_like(whole, np.random.default_rng(1))
    optimizer.step(whole, gradient, optimizer.start(whole))
    monkeypatch.setattr(state_module, "PIECE", 7)
    optimizer.step(pieces, gradient, optimizer.start(pieces))
    assert tree.equal(whole, pieces)


@pytest.mark.parametrize("optimizer", [SGD(momentum=0.9), RMSprop(), Adam()], ids=repr)
def test_moments_without_a_gradient_become_zero_and_not_denormal(optimizer):
    model = layers(np.float32)
    its = optimizer.start(model)
    optimizer.step(model, gradient_like(model, np.random.default_rng(1)), its)
    for _ in range(1500):
        optimizer.step(model, tree.zeros(model), its)
    numbers = np.concatenate([np.abs(array).ravel() for moment in its.moments for _, array in tree.leaves(moment)])
    assert not numbers[numbers < np.finfo(np.float32).tiny].any()


@each_optimizer
def test_model_without_parameters_is_left_alone(optimizer):
    model = Sequential((ReLU(),))
    assert optimizer.step(model, model, optimizer.start(model)) == 0


@each_optimizer
def test_finds_the_bottom_of_a_bowl(optimizer):
    model = Sequential((Dense(np.array([[3.0, -2.0]]), np.array([1.0, 5.0])),))
    state = optimizer.start(model)
    for step in range(600):
        optimizer.step(model, model, state, rate=0.05 * (1 - step / 600))
    assert global_norm(model) < 1e-2


def test_what_is_not_given_is_as_published():
    """Kingma and Ba 2015, section 2; Tieleman and Hinton 2012, slide 29; and what PyTorch and Keras have made usual."""
    assert Adam() == Adam(rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8, early_epsilon=False)
    assert AdamW() == AdamW(rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8, early_epsilon=False, weight_decay=0.01)
    assert RMSprop() == RMSprop(rate=0.001, decay=0.9, epsilon=1e-8, early_epsilon=False)
    assert SGD() == SGD(rate=0.01, momentum=0.0, nesterov=False)
