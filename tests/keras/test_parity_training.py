"""Models begin, learn, and say how well they do as Keras's do."""

import numpy as np
import pytest

import mmdl.keras
from tests.close import close
from tests.keras.agreement import assert_close, jax, keras, share
from tests.keras.listings import IMAGES, WORDS, model_of

pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore:.*input_(shape|length)")]

WIDTHS = {"vocab_size": 50, "embedding_dim": 20, "max_length": 6}
OPTIMIZERS = {
    "adam": lambda O: O.Adam(),
    "sgd": lambda O: O.SGD(momentum=0.9),
    "rmsprop": lambda O: O.RMSprop(rho=0.8),
}
BEGINNINGS = {
    "dense": ((300,), lambda L, x: L.Dense(200)(x)),
    "conv1d": ((9, 64), lambda L, x: L.Conv1D(80, 5)(x)),
    "conv2d": ((9, 9, 32), lambda L, x: L.Conv2D(64, (3, 2))(x)),
    "embedding": ((4,), lambda L, x: L.Embedding(100, 200)(x)),
    "simple rnn": ((4, 100), lambda L, x: L.SimpleRNN(120)(x)),
    "lstm": ((4, 100), lambda L, x: L.LSTM(60)(x)),
    "gru": ((4, 100), lambda L, x: L.GRU(60)(x)),
    "bidirectional": ((4, 100), lambda L, x: L.Bidirectional(L.SimpleRNN(80))(x)),
    "attention": ((4, 100), lambda L, x: L.MultiHeadAttention(5, 24, value_dim=32)(x, x)),
    "normalization": ((4, 8), lambda L, x: L.BatchNormalization()(L.LayerNormalization()(x))),
}


@pytest.mark.parametrize("name", BEGINNINGS)
def test_first_weights_are_distributed_alike(name):
    """As they are spread, and as far as they reach where that is not left to chance; what is constant is the same."""
    shape, make = BEGINNINGS[name]
    first = []
    for maker in (keras, mmdl.keras):
        x = maker.Input(shape)
        first.append(maker.Model(x, make(maker.layers, x)).get_weights())
    for theirs, mine in zip(*first, strict=True):
        assert mine.shape == theirs.shape and mine.dtype == theirs.dtype
        if np.unique(theirs).size <= 2:
            assert np.array_equal(mine, theirs)
        else:
            assert mine.std() == pytest.approx(theirs.std(), rel=0.05)
            if abs(theirs).max() < 2 * theirs.std():  # uniform, not orthogonal
                assert abs(mine).max() == pytest.approx(abs(theirs).max(), rel=0.02)


def listing(maker, number):
    """The article's models: of images, of words, and the product of both."""
    images, words = (model_of(program, maker, **WIDTHS) for program in (IMAGES, WORDS))
    if maker is keras:
        words.build((None, WIDTHS["max_length"]))  # Keras 3 does not look at input_length any more
    if number < 3:
        return (images, words)[number - 1]
    # Keras 3 has forgotten the `input` and `output` of a Sequential, by which the article calls them
    return maker.Model([*images.inputs, *words.inputs], images.outputs[0] * words.outputs[0])


def examples(count):
    """Pictures, words and classes, of which some are wrong: no loss near zero, where rounding would show."""
    rng = np.random.default_rng(4)
    labels = rng.integers(0, 10, count)
    # Brighter pictures let rounding grow until float32 is as far from float64, in Keras too, as what is allowed here
    pictures = rng.random((10, 28, 28, 1))[labels] / 2 + rng.normal(0, 0.15, (count, 28, 28, 1))
    words = (rng.integers(0, 50, (10, 6))[labels] + rng.integers(0, 20, (count, 6))) % 50
    return pictures, words, np.eye(10)[np.where(rng.random(count) < 0.3, rng.integers(0, 10, count), labels)]


def curves(number, optimizer, steps=100):
    """The losses of both makers, step by step, from the same weights with the same batches."""
    pictures, words, y = examples(32 * steps)
    x = [pictures, words] if number == 3 else [(pictures, words)[number - 1]]
    keras.utils.set_random_seed(0)
    theirs, mine = listing(keras, number), listing(mmdl.keras, number)
    mine.set_weights(theirs.get_weights())
    for maker, model in ((keras, theirs), (mmdl.keras, mine)):
        model.compile(OPTIMIZERS[optimizer](maker.optimizers), "categorical_crossentropy")
    found = []
    for step in range(steps):
        rows = slice(32 * step, 32 * step + 32)
        batch = [each[rows] for each in x]
        (loss,) = mine.fit(batch, y[rows], shuffle=False, verbose=0).history["loss"]
        theirs.reset_metrics()
        found.append((loss, np.ravel(theirs.train_on_batch(batch if number == 3 else batch[0], y[rows]))[0]))
    return np.array(found).T


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_loss_of_the_listings_goes_the_same_way(number, optimizer):
    mine, theirs = curves(number, optimizer)
    assert np.abs(mine / theirs - 1).max() <= 1e-4
    assert theirs[-10:].mean() < theirs[:10].mean()


def test_nesterov_goes_the_same_way(monkeypatch):
    monkeypatch.setitem(OPTIMIZERS, "nesterov", lambda O: O.SGD(0.05, momentum=0.8, nesterov=True))
    mine, theirs = curves(1, "nesterov", steps=10)
    assert np.abs(mine / theirs - 1).max() <= 1e-4


@pytest.mark.parametrize("number", [1, 2, 3])
def test_summary_counts_alike(number, capsys):
    lines = []
    listing(keras, number).summary(print_fn=lambda text: lines.extend(text.splitlines()))
    expected = [line.split("(")[0].strip() for line in lines if "params:" in line]
    listing(mmdl.keras, number).summary()
    assert [line for line in capsys.readouterr().out.splitlines() if "params:" in line] == expected


def test_fit_and_evaluate_tell_the_same():
    """Names and numbers of a history, with examples kept for validation; a last batch that is smaller."""
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(90, 4)), rng.integers(0, 3, 90)
    models, told = [], []
    for maker in (keras, mmdl.keras):
        L = maker.layers
        models.append(
            maker.Sequential([L.Input((4,)), L.Dense(8, activation="relu"), L.Dense(3, activation="softmax")])
        )
    share(*models)
    for model in models:
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        settings = {"batch_size": 25, "verbose": 0, "shuffle": False}
        split = model.fit(x, y, epochs=2, validation_split=0.2, **settings).history
        given = model.fit(x, y, validation_data=(x, y), **settings).history
        told.append([split, given, model.evaluate(x, y, verbose=0, return_dict=True), model.evaluate(x, y, verbose=0)])
    for *dicts, _ in told:
        assert [set(each) for each in dicts] == [set(each) for each in told[0][:3]]
    for expected, found in zip(*told, strict=True):
        if isinstance(expected, dict):
            expected, found = ([each[name] for name in sorted(each)] for each in (expected, found))
        assert close(found, expected, rtol=1e-4)
    expected, found = (model.predict(x, verbose=0) for model in models)
    assert close(found, expected, atol=1e-4)


@pytest.mark.parametrize("name", mmdl.keras.losses.LOSSES)
def test_loss(name):
    rng = np.random.default_rng(3)
    p = rng.random((6, 4)).astype(np.float32)
    p[0] = [0, 0, 0, 1]  # what is clipped
    p[0] += 0.01 * (name in ("mae", "mean_absolute_error"))  # whose slope at a tie is 0 here, and 1 in JAX
    labels = rng.integers(0, 4, 6)
    y = labels if name.startswith("sparse") else np.eye(4, dtype=np.float32)[labels]
    value, gradient = mmdl.keras.losses.LOSSES[name](y, p)
    expected, dp = jax.value_and_grad(lambda p: keras.losses.get(name)(y, p).mean())(p)
    assert_close(value, expected, 1e-6)
    assert_close(gradient, dp, 1e-5)


def test_accuracy():
    rng = np.random.default_rng(3)
    p, labels = rng.random((40, 4)).astype(np.float32), rng.integers(0, 4, 40)
    one_hot, column = np.eye(4, dtype=np.float32)[labels], p[:, :1]
    for truth, prediction in ((one_hot, p), (labels, p), (labels[:, None], p), (labels[:, None] % 2, column)):
        metric = keras.src.trainers.compile_utils.get_metric("accuracy", truth, prediction)
        metric.update_state(truth, prediction)
        assert mmdl.keras.losses.accuracy(truth, prediction) == pytest.approx(float(metric.result()))
