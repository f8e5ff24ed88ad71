"""The same weights give what Keras gives: outputs, gradients, and how the loss falls."""

import jax
import keras
import numpy as np
import pytest

import mmdl.keras
from mmdl import tree
from mmdl.layers import training_mode
from mmdl.tokens import Tokens

pytestmark = pytest.mark.parity

N, T, D = 3, 6, 5
IMAGE, SEQUENCE, VECTOR = (7, 8, 3), (T, D), (D,)
LAYERS = {
    "conv2d": (IMAGE, lambda L: L.Conv2D(4, (3, 2))),
    "conv2d same, strides": (IMAGE, lambda L: L.Conv2D(4, 3, strides=(2, 3), padding="same", activation="relu")),
    "conv2d dilated, no bias": (IMAGE, lambda L: L.Conv2D(4, (2, 3), dilation_rate=2, use_bias=False)),
    "conv1d": (SEQUENCE, lambda L: L.Conv1D(4, 3, activation="tanh")),
    "conv1d same, strides": (SEQUENCE, lambda L: L.Conv1D(4, 3, 2, "same", use_bias=False)),
    "conv1d causal, dilated": (SEQUENCE, lambda L: L.Conv1D(4, 2, padding="causal", dilation_rate=2)),
    "max pooling": (IMAGE, lambda L: L.MaxPooling2D()),
    "max pooling same": (IMAGE, lambda L: L.MaxPooling2D((3, 2), strides=2, padding="same")),
    "average pooling": (IMAGE, lambda L: L.AveragePooling2D((2, 3))),
    "average pooling same": (IMAGE, lambda L: L.AveragePooling2D((3, 2), strides=(1, 2), padding="same")),
    "global average 2d": (IMAGE, lambda L: L.GlobalAveragePooling2D()),
    "global average 1d": (SEQUENCE, lambda L: L.GlobalAveragePooling1D()),
    "flatten": (IMAGE, lambda L: L.Flatten()),
    "dense": (VECTOR, lambda L: L.Dense(4)),
    "dense on tokens": (SEQUENCE, lambda L: L.Dense(4, activation="softmax")),
    **{
        f"activation {name}": (VECTOR, lambda L, name=name: L.Activation(name))
        for name in mmdl.keras.layers.ACTIVATIONS
    },
    "dropout at rest": (VECTOR, lambda L: L.Dropout(0.5)),
    "simple rnn": (SEQUENCE, lambda L: L.SimpleRNN(4)),
    "simple rnn relu, sequences": (SEQUENCE, lambda L: L.SimpleRNN(4, "relu", return_sequences=True)),
    "simple rnn sigmoid": (SEQUENCE, lambda L: L.SimpleRNN(4, activation="sigmoid")),
    "lstm": (SEQUENCE, lambda L: L.LSTM(4)),
    "lstm sequences": (SEQUENCE, lambda L: L.LSTM(4, return_sequences=True)),
    "gru": (SEQUENCE, lambda L: L.GRU(4)),
    "gru sequences": (SEQUENCE, lambda L: L.GRU(4, return_sequences=True)),
    "bidirectional lstm": (SEQUENCE, lambda L: L.Bidirectional(L.LSTM(4))),
    "bidirectional gru, sequences": (SEQUENCE, lambda L: L.Bidirectional(L.GRU(4, return_sequences=True))),
    "bidirectional rnn": (SEQUENCE, lambda L: L.Bidirectional(L.SimpleRNN(4, "sigmoid"))),
    "layer normalization": (SEQUENCE, lambda L: L.LayerNormalization()),
    "layer normalization, epsilon": (VECTOR, lambda L: L.LayerNormalization(epsilon=0.1)),
    "batch normalization": (IMAGE, lambda L: L.BatchNormalization(momentum=0.9, epsilon=0.01)),
}
MERGES = {
    "add": (1, lambda L, a, b: L.Add()([a, b])),
    "average": (1, lambda L, a, b: L.Average()([a, b])),
    "multiply": (1, lambda L, a, b: L.Multiply()([a, b])),
    "concatenate": (2, lambda L, a, b: L.Concatenate()([a, b])),
    "a + b": (1, lambda L, a, b: a + b),
    "a * b": (1, lambda L, a, b: a * b),
    "one layer twice": (1, lambda L, a, b: twice(L.Dense(4, activation="tanh"), a, b)),
    "a layer for both": (2, lambda L, a, b: L.Dense(3)(L.Concatenate()([a, b]))),
    "different depths": (2, lambda L, a, b: L.Add()([L.Dense(4)(L.Dense(6)(L.Dense(5)(a))), L.Dense(4)(b)])),
}
ATTENTION = {
    "attention": lambda L, x: L.MultiHeadAttention(2, 3)(x, x),
    "attention, value_dim": lambda L, x: L.MultiHeadAttention(3, 4, value_dim=2, **slowly(L))(x, x, x),
    "attention, causal": lambda L, x: L.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True),
    "transformer": lambda L, x: L.LayerNormalization()(L.Add()([x, L.MultiHeadAttention(2, 3)(x, x)])),
}
MASKED = {
    "simple rnn": lambda L, x: L.SimpleRNN(4)(x),
    "lstm": lambda L, x: L.LSTM(4)(L.LSTM(4, return_sequences=True)(x)),
    "gru": lambda L, x: L.GRU(4, return_sequences=True)(x),
    "bidirectional": lambda L, x: L.Bidirectional(L.GRU(4))(x),
    "bidirectional sequences": lambda L, x: L.Bidirectional(L.LSTM(4, return_sequences=True))(x),
    "mean": lambda L, x: L.GlobalAveragePooling1D()(L.Dropout(0.5)(L.Dense(4)(L.LayerNormalization()(x)))),
    "attention": lambda L, x: L.GlobalAveragePooling1D()(L.Add()([x, L.MultiHeadAttention(2, 3)(x, x)])),
    "lost": lambda L, x: L.Flatten()(x),
}
OPTIMIZERS = {
    "adam": lambda O: O.Adam(),
    "sgd": lambda O: O.SGD(momentum=0.9),
    "nesterov": lambda O: O.SGD(momentum=0.9, nesterov=True),
    "rmsprop": lambda O: O.RMSprop(rho=0.8),
}


def slowly(L):
    """Keras on JAX takes a value_dim of its own only without its fast attention, which cannot drop."""
    return {"dropout": 0.5} if L is keras.layers else {}


def twice(layer, a, b):
    return layer(a) + layer(b)


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


def assert_agree(theirs, mine, x, training=False):
    """Same outputs, and for the same upstream gradient the same gradients of weights and inputs."""
    learned = [weight.value for weight in theirs.trainable_variables]
    others = [weight.value for weight in theirs.non_trainable_variables]

    def f(learned, x):
        return theirs.stateless_call(learned, others, x, training=training)[0]

    x = [each.astype(np.float32) for each in x]
    network = training_mode(mine.network, np.random.default_rng(0) if training else None)
    y, trace = network.forward(x)
    y = y.values if isinstance(y, Tokens) else y
    expected, pull_back = jax.vjp(f, learned, x)
    assert_close(y, expected, 1e-6)
    dy = np.random.default_rng(1).normal(size=y.shape).astype(np.float32)
    dlearned, dx = pull_back(dy)
    my_dx, gradient = network.backward(dy, trace)
    for a, b in zip(my_dx, dx, strict=True):
        if a is not None:
            assert_close(a, b, 1e-5)
    gradients, running = summed(mine.network, gradient), tree.running_momentum(mine.network)
    ids = [id(array) for path, array in tree.distinct(mine.network) if path not in running]
    order = [id(base(array)) for array in mine.weights if id(base(array)) in ids]
    for a, b in zip((gradients[each] for each in order), dlearned, strict=True):
        assert_close(a.reshape(b.shape), b, 1e-5)


def base(array):
    """The model's own array, where a weight is another view of it."""
    return array if array.base is None else array.base


def summed(model, gradient):
    """Gradients by the identity of the array, those of one that stands at several places added."""
    arrays, found = dict(tree.leaves(gradient)), {}
    for path, array in tree.leaves(model):
        found[id(array)] = found.get(id(array), 0) + arrays[path]
    return found


def assert_close(a, b, tolerance):
    b = np.asarray(b)
    assert a.shape == b.shape
    assert np.abs(a - b).max(initial=0) <= tolerance * max(1, np.abs(b).max(initial=0))


def normal(*shapes):
    rng = np.random.default_rng(2)
    return [rng.normal(size=(N, *shape)) for shape in shapes]


@pytest.mark.parametrize("name", LAYERS)
def test_layer(name):
    shape, make = LAYERS[name]
    assert_agree(*both(lambda L, x: make(L)(x), shape), normal(shape))


@pytest.mark.parametrize("name", MERGES)
def test_merge(name):
    widths, make = MERGES[name]
    shapes = (4,), ((4,) if widths == 1 else (3,))
    assert_agree(*both(make, *shapes), normal(*shapes))


@pytest.mark.parametrize("name", ATTENTION)
def test_attention(name):
    assert_agree(*both(ATTENTION[name], SEQUENCE), normal(SEQUENCE))


@pytest.mark.filterwarnings("ignore:.*mask")
@pytest.mark.parametrize("mask_zero", [True, False])
@pytest.mark.parametrize("name", MASKED)
def test_mask(name, mask_zero):
    ids = np.array([[3, 1, 0, 0, 0], [2, 0, 3, 4, 4], [0, 0, 1, 1, 2], [4, 3, 2, 1, 4]])
    make = MASKED[name]
    models = both(lambda L, x: make(L, L.Embedding(5, 4, mask_zero=mask_zero)(x)), (5,))
    assert_agree(*models, [ids])


def test_batch_normalization_while_it_learns():
    theirs, mine = both(lambda L, x: L.BatchNormalization(momentum=0.8)(x), IMAGE)
    (x,) = normal(IMAGE)
    assert_agree(theirs, mine, [x], training=True)
    for model in (theirs, mine):
        model.compile("sgd", "mean_squared_error")
        model.fit(x, x, epochs=3, shuffle=False, verbose=0)
    for a, b in zip(mine.get_weights(), theirs.get_weights(), strict=True):
        assert_close(a, b, 1e-5)


@pytest.mark.parametrize("name", mmdl.keras.losses.LOSSES)
def test_loss(name):
    rng = np.random.default_rng(3)
    p = rng.random((6, 4)).astype(np.float32)
    p[0] = [0, 0, 0, 1]  # what is clipped
    labels = rng.integers(0, 4, 6)
    one_hot = np.eye(4, dtype=np.float32)[labels]
    y = labels if name.startswith("sparse") else one_hot
    value, gradient = mmdl.keras.losses.LOSSES[name](y, p)
    expected, dp = jax.value_and_grad(lambda p: keras.losses.get(name)(y, p).mean())(p)
    assert_close(value, expected, 1e-6)
    assert_close(gradient, dp, 1e-5)
    column, targets = p[:, :1], labels % 2
    for truth, prediction in ((one_hot, p), (labels, p), (labels[:, None], p), (targets, column)):
        metric = keras.src.trainers.compile_utils.get_metric("accuracy", truth, prediction)
        metric.update_state(truth, prediction)
        assert mmdl.keras.losses.accuracy(truth, prediction) == pytest.approx(float(metric.result()))


def listing(maker, number):
    """The article's models: of images, of words, and the product of both."""
    layers, images, words = maker.layers, maker.Sequential(), maker.Sequential()
    images.add(layers.Input((28, 28, 1)))
    images.add(layers.Conv2D(32, (3, 3), activation="relu"))
    images.add(layers.MaxPooling2D((2, 2)))
    images.add(layers.Flatten())
    images.add(layers.Dense(10, activation="softmax"))
    words.add(layers.Input((12,)))
    words.add(layers.Embedding(50, 20))
    words.add(layers.LSTM(100, return_sequences=True))
    words.add(layers.LSTM(100))
    words.add(layers.Dense(10, activation="softmax"))
    if number < 3:
        return (images, words)[number - 1]
    # Keras 3 has forgotten the `input` and `output` of a Sequential, by which the article calls them
    return maker.Model(images.inputs + words.inputs, images.outputs[0] * words.outputs[0])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_loss_of_the_listings_goes_the_same_way(number, optimizer):
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(4)
    labels = rng.integers(0, 10, 100 * 32)
    # Brighter pictures let rounding grow until float32 is as far from float64, in Keras too, as what is allowed here
    x1 = rng.random((10, 28, 28, 1))[labels] / 2 + rng.normal(0, 0.15, (len(labels), 28, 28, 1))
    x2 = (rng.integers(0, 50, (10, 12))[labels] + rng.integers(0, 20, (len(labels), 12))) % 50
    wrong = rng.random(len(labels)) < 0.3  # no loss near zero, where differences of rounding would be large
    y = np.eye(10)[np.where(wrong, rng.integers(0, 10, len(labels)), labels)]
    x = [x1, x2] if number == 3 else [(x1, x2)[number - 1]]
    theirs, mine = listing(keras, number), listing(mmdl.keras, number)
    mine.set_weights(theirs.get_weights())
    for maker, model in ((keras, theirs), (mmdl.keras, mine)):
        model.compile(OPTIMIZERS[optimizer](maker.optimizers), "categorical_crossentropy")
    curves = []
    for step in range(100):
        rows = slice(32 * step, 32 * step + 32)
        batch = [each[rows] for each in x]
        (loss,) = mine.fit(batch, y[rows], shuffle=False, verbose=0).history["loss"]
        theirs.reset_metrics()
        curves.append((loss, theirs.train_on_batch(batch if number == 3 else batch[0], y[rows])))
    mine, theirs = np.array(curves).T
    apart = np.abs(mine / theirs - 1).max()
    assert apart <= 1e-4


@pytest.mark.parametrize("number", [1, 2, 3])
def test_summary_counts_alike(number, capsys):
    lines = []
    listing(keras, number).summary(print_fn=lambda text: lines.extend(text.splitlines()))
    expected = [line.split("(")[0].strip() for line in lines if "params:" in line]
    listing(mmdl.keras, number).summary()
    assert [line for line in capsys.readouterr().out.splitlines() if "params:" in line] == expected
