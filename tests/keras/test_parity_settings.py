"""Settings of models, layers, losses and callbacks mean what they mean in Keras."""

import numpy as np
import pytest

import mmdl.keras
from mmdl.errors import DataError, ShapeError
from mmdl.keras.models import load_model
from tests.close import close
from tests.keras.agreement import assert_agree, assert_close, both, jax, keras, share

pytestmark = [pytest.mark.parity]


def examples(count=40):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, count)
    return rng.normal(size=(3, 4))[labels] + rng.normal(size=(count, 4)), labels


def pair(loss="sparse_categorical_crossentropy", last="softmax", optimizer="adam", **settings):
    """The same small model of both makers, with a norm, compiled alike."""
    models = []
    for maker in (keras, mmdl.keras):
        L = maker.layers
        inner = [L.Dense(8, activation="relu"), L.BatchNormalization(), L.Dense(3, activation=last)]
        models.append(maker.Sequential([L.Input((4,)), *inner]))
    share(*models)
    for maker, model in zip((keras, mmdl.keras), models, strict=True):
        chosen = optimizer(maker.optimizers) if callable(optimizer) else optimizer
        model.compile(chosen, loss(maker.losses) if callable(loss) else loss, **settings)
    return models


def learned(models, x, y, callbacks=lambda maker: [], **settings):
    """The histories of both, and their weights afterwards."""
    told = []
    for maker, model in zip((keras, mmdl.keras), models, strict=True):
        fixed = {"batch_size": 10, "verbose": 0, "shuffle": False, "callbacks": callbacks(maker)}
        told.append(model.fit(x, y, **fixed | settings).history)
    return told, [model.get_weights() for model in models]


def assert_alike(told, weights):
    theirs, mine = told
    assert set(theirs) == set(mine)
    for name in theirs:
        assert close(mine[name], theirs[name], rtol=1e-4), name
    for a, b in zip(*weights[::-1], strict=True):
        assert_close(a, b, 1e-4)


@pytest.mark.parametrize("frozen", [[0], [1], [0, 1], [0, 1, 2]])
def test_layers_that_are_not_trainable_stay(frozen):
    """And a batch norm among them normalises by what it has learned before."""
    models = pair()
    before = [[layer.get_weights() for layer in model.layers] for model in models][1]
    for model in models:
        for number in frozen:
            model.layers[number].trainable = False
        model.compile("adam", "sparse_categorical_crossentropy")
    assert_alike(*learned(models, *examples(), epochs=3))
    for number, (layer, old) in enumerate(zip(models[1].layers, before, strict=True)):
        same = [np.array_equal(a, b) for a, b in zip(layer.get_weights(), old, strict=True)]
        assert all(same) if number in frozen else not any(same)


def test_a_model_that_is_not_trainable_stays_and_learns_again():
    models = pair()
    x, y = examples()
    for value in (False, True):
        for model in models:
            model.trainable = value
            model.compile("rmsprop", "sparse_categorical_crossentropy")
        assert models[1].trainable is value
        before = models[1].get_weights()
        assert_alike(*learned(models, x, y))
        assert all(map(np.array_equal, before, models[1].get_weights())) is not value


def test_trainable_may_be_said_at_once_and_is_kept_in_files(tmp_path, capsys):
    model = mmdl.keras.Sequential([mmdl.keras.layers.Dense(2, input_shape=(3,), trainable=False)])
    model.summary()
    assert "Trainable params: 0" in capsys.readouterr().out
    model.save(tmp_path / "model")
    assert not load_model(tmp_path / "model").trainable


def test_frozen_after_it_has_learned_it_stays_too():
    """What the optimizer remembers moves nothing any more, once it is compiled again."""
    model = pair(optimizer="adam")[1]
    model.fit(*examples(), verbose=0)
    model.layers[0].trainable = False
    model.compile("adam", "sparse_categorical_crossentropy")
    before = model.layers[0].get_weights()
    model.fit(*examples(), verbose=0)
    assert all(map(np.array_equal, before, model.layers[0].get_weights()))


SHAPES = {
    "conv1d": ((9, 2), lambda L, x: L.Conv1D(3, (3,), (2,))(x)),
    "conv1d dilated": ((9, 2), lambda L, x: L.Conv1D(3, [3], dilation_rate=(2,))(x)),
    "max pool": ((6, 6, 2), lambda L, x: L.MaxPool2D()(x)),
    "joined": ((5,), lambda L, x: L.Concatenate(axis=-1)([L.Dense(3)(x), L.Dense(2)(x)])),
}


@pytest.mark.parametrize("name", SHAPES)
def test_layers(name):
    shape, make = SHAPES[name]
    x = np.random.default_rng(2).normal(size=(3, *shape))
    assert_agree(*both(make, shape), [x])


def test_inputs_may_have_names():
    assert mmdl.keras.Input((3,), name="words").shape == (None, 3) == mmdl.keras.layers.Input((3,), name="x").shape


LOSSES = {
    "mse": ("mse", "mse", False),
    "mae": ("mae", "mae", False),
    "squared": (lambda L: L.MeanSquaredError(), None, False),
    "absolute": (lambda L: L.MeanAbsoluteError(), None, False),
    "categorical": (lambda L: L.CategoricalCrossentropy(), None, False),
    "categorical of logits": (lambda L: L.CategoricalCrossentropy(from_logits=True), None, False),
    "sparse": (lambda L: L.SparseCategoricalCrossentropy(), None, True),
    "sparse of logits": (lambda L: L.SparseCategoricalCrossentropy(from_logits=True), None, True),
    "binary": (lambda L: L.BinaryCrossentropy(), None, False),
    "binary of logits": (lambda L: L.BinaryCrossentropy(from_logits=True), None, False),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses_by_short_names_and_as_objects(name):
    make, short, sparse = LOSSES[name]
    rng = np.random.default_rng(3)
    p = (rng.normal(size=(6, 4)) * 3 if "logits" in name else rng.random((6, 4))).astype(np.float32)
    labels = rng.integers(0, 4, 6)
    y = labels if sparse else rng.random((6, 4)).astype(np.float32)
    theirs = keras.losses.get(short) if short else make(keras.losses)
    mine = mmdl.keras.losses.LOSSES[short] if short else make(mmdl.keras.losses)
    value, gradient = mine(y, p)
    expected, dp = jax.value_and_grad(lambda p: theirs(y, p).mean())(p)
    assert_close(value, expected, 1e-6)
    assert_close(gradient, dp, 1e-5)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_learning_from_logits(optimizer):
    models = pair(lambda L: L.SparseCategoricalCrossentropy(from_logits=True), None, optimizer)
    assert_alike(*learned(models, *examples(), epochs=2))


@pytest.mark.parametrize("one_hot", [False, True])
def test_classes_have_weights(one_hot):
    loss = "categorical_crossentropy" if one_hot else "sparse_categorical_crossentropy"
    x, y = examples()
    y = np.eye(3)[y] if one_hot else y
    models = pair(loss)
    assert_alike(*learned(models, x, y, class_weight={0: 3.0, 1: 1.0, 2: 0.25}, epochs=2, validation_data=(x, y)))


def test_layers_tell_and_take_their_weights():
    theirs, mine = pair()
    for a, b in zip(theirs.layers, mine.layers, strict=True):
        for p, q in zip(a.get_weights(), b.get_weights(), strict=True):
            assert np.array_equal(p, q)
    W, b = mine.layers[0].get_weights()
    mine.layers[0].set_weights([2 * W, b + 1])
    assert np.array_equal(mine.get_weights()[0], 2 * W) and np.array_equal(mine.get_weights()[1], b + 1)
    W[:] = 0
    assert mine.get_weights()[0].any()
    with pytest.raises(ShapeError, match="Dense has weights of the shapes"):
        mine.layers[0].set_weights([W])


def fast(optimizers):
    """So fast that what is right becomes more certain, and what is wrong more wrong, at once"""
    return optimizers.SGD(0.3)


@pytest.mark.parametrize("patience", [0, 1, 3])
@pytest.mark.parametrize("monitor", ["val_loss", "val_accuracy"])
@pytest.mark.parametrize("restore", [False, True])
def test_stopping_early(monitor, patience, restore):
    x, y = examples()
    models = pair(optimizer=fast, metrics=["accuracy"])

    def stop(maker):
        mode = {"mode": "max"} if maker is keras and "acc" in monitor else {}  # which Keras 3 finds out by itself, too
        return [maker.callbacks.EarlyStopping(monitor, patience=patience, restore_best_weights=restore, **mode)]

    told, weights = learned(models, x, y, stop, epochs=12, validation_data=(x, (y + 1) % 3))
    assert len(told[0]["loss"]) < 12
    assert_alike(told, weights)


def test_what_cannot_be_watched_is_named():
    model = pair()[1]
    with pytest.raises(DataError, match="there is no val_loss to watch; there is loss"):
        model.fit(*examples(), verbose=0, callbacks=[mmdl.keras.callbacks.EarlyStopping()])


@pytest.mark.parametrize("best_only", [False, True])
def test_checkpoints_are_written_after_the_same_epochs(best_only, tmp_path):
    x, y = examples()
    written = []
    for maker, model in zip((keras, mmdl.keras), pair(optimizer=fast), strict=True):
        place = tmp_path / maker.__name__
        place.mkdir()
        path = str(place / "{epoch}.keras")
        keep = maker.callbacks.ModelCheckpoint(path, save_best_only=best_only)
        model.fit(x, y, epochs=5, verbose=0, shuffle=False, validation_data=(x, (y + 1) % 3), callbacks=[keep])
        written.append(sorted(file.name for file in place.iterdir()))
    assert written[0] == written[1] and len(written[1]) < 5 if best_only else len(written[1]) == 5
    last = load_model(place / written[1][-1])
    if not best_only:
        assert all(map(np.array_equal, last.get_weights(), model.get_weights()))


def test_sequences_are_padded_at_the_older_place_too():
    rows = [[1], [2, 3, 4], []]
    for settings in ({}, {"maxlen": 2}, {"maxlen": 2, "padding": "post", "truncating": "post", "value": 9}):
        theirs = keras.preprocessing.sequence.pad_sequences(rows, **settings)
        assert np.array_equal(mmdl.keras.preprocessing.sequence.pad_sequences(rows, **settings), theirs)


@pytest.mark.parametrize(
    "loss", ["sparse_categorical_crossentropy", lambda L: L.SparseCategoricalCrossentropy(from_logits=True)]
)
def test_a_model_from_a_file_evaluates_without_compiling(loss, tmp_path):
    x, y = examples()
    for maker, model in zip((keras, mmdl.keras), pair(loss, metrics=["accuracy"]), strict=True):
        model.fit(x, y, verbose=0)
        path = tmp_path / f"{maker.__name__}.keras"
        model.save(path)
        again = maker.models.load_model(path)
        assert close(again.evaluate(x, y, verbose=0), model.evaluate(x, y, verbose=0))
        again.fit(x, y, verbose=0)
