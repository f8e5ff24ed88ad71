"""The same model by Keras and by mmdl, with the same weights: how alike they are."""

import numpy as np

import mmdl.keras
from mmdl import tree
from mmdl.layers import training_mode

try:
    import jax
    import keras
except ImportError:  # conftest.py says what becomes of the tests
    jax = keras = None


def both(make, *shapes):
    """The same model of both makers, with the same random weights."""
    pair = []
    for maker in (keras, mmdl.keras):
        inputs = [maker.Input(shape) for shape in shapes]
        pair.append(maker.Model(inputs, make(maker.layers, *inputs)))
    share(*pair)
    return pair


def share(theirs, mine):
    """New weights travel from Keras to mmdl, and back unchanged."""
    rng = np.random.default_rng(0)
    drawn = [rng.uniform(0.2, 1.2, w.shape) * rng.choice([-0.5, 0.5], w.shape) for w in theirs.get_weights()]
    names = [weight.name for weight in theirs.weights]
    drawn = [abs(w) if name == "moving_variance" else w for w, name in zip(drawn, names, strict=True)]
    theirs.set_weights([w.astype(np.float32) for w in drawn])
    mine.set_weights(theirs.get_weights())
    for sent, back in zip(theirs.get_weights(), mine.get_weights(), strict=True):
        assert np.array_equal(sent, back)
    theirs.set_weights(mine.get_weights())


def assert_agree(theirs, mine, x, training=False, where=None):
    """Same outputs, and for the same upstream gradient the same gradients of weights and inputs; as many numbers

    `where` says at which places of a sequence both mean something.
    """
    assert sum(w.size for w in mine.weights) == theirs.count_params()
    assert tree.count(mine.network) == sum(np.size(w) for w in theirs.trainable_variables)
    learned = [weight.value for weight in theirs.trainable_variables]
    others = [weight.value for weight in theirs.non_trainable_variables]
    x = [each.astype(np.float32) for each in x]
    network = training_mode(mine.network, np.random.default_rng(0) if training else None)
    (y, _), trace = network.forward(x[0] if len(x) == 1 else tuple(x))
    dy = np.random.default_rng(1).normal(size=y.shape).astype(np.float32)
    chosen = np.ones(y.shape[:2], bool) if where is None else where
    dy[~chosen] = 0

    def forward(learned, x):
        return theirs.stateless_call(learned, others, x, training=training)[0]

    @jax.jit
    def ask(learned, x):
        y, pull_back = jax.vjp(forward, learned, x)
        return y, *pull_back(dy)

    expected, dlearned, dx = ask(learned, x)
    assert y.shape == expected.shape
    assert_close(y[chosen], np.asarray(expected)[chosen], 1e-6)
    my_dx, gradient = network.backward(dy, trace)
    for a, b in zip([my_dx] if len(x) == 1 else my_dx, dx, strict=True):
        if a is not None:
            assert_close(a, b, 1e-5)
    gradients, running = summed(mine.network, gradient), tree.running_momentum(mine.network)
    ids = [id(array) for path, array in tree.distinct(mine.network) if path not in running]
    order = [id(owner(array)) for array in mine.weights if id(owner(array)) in ids]
    for a, b in zip((gradients[each] for each in order), dlearned, strict=True):
        assert_close(a.reshape(b.shape), b, 1e-5)


def owner(array):
    """The model's own array, where a weight is another view of it."""
    return array if array.base is None else array.base


def summed(model, gradient):
    """Gradients by the identity of the array, those of one that stands at several places added."""
    arrays, found = dict(tree.leaves(gradient)), {}
    for path, array in tree.leaves(model):
        found[id(array)] = found.get(id(array), 0) + arrays[path]
    return found


def assert_close(a, b, tolerance):
    """Not farther apart than a share of the largest number, or of one."""
    b = np.asarray(b)
    assert np.shape(a) == b.shape
    assert np.abs(a - b).max(initial=0) <= tolerance * max(1, np.abs(b).max(initial=0))
