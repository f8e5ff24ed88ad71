"""What the models do with what they are given: arguments, shapes, masks, files."""

import numpy as np
import pytest

from mmdl import keras, training
from mmdl.errors import DataError, FormatError, ShapeError
from mmdl.keras import layers
from mmdl.keras.models import Model, Sequential, load_model
from tests.close import close


def classifier(rng=None, **compiled):
    model = Sequential([layers.Dense(8, activation="relu", input_shape=(4,)), layers.Dense(3, "softmax")], rng=rng)
    model.compile(
        **{"optimizer": "adam", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]} | compiled
    )
    return model


def points(count=60):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, count)
    return rng.normal(size=(3, 4))[labels] * 3 + rng.normal(size=(count, 4)), labels


def normalized(rng=None):
    """A model with running statistics, a mask, two inputs, a nested layer, and one that is used twice."""
    ids, image = layers.Input((None,), rng=rng), layers.Input((6, 6, 2))
    x = layers.Embedding(9, 4, mask_zero=True)(ids)
    x = layers.Add()([x, layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)])
    x = layers.Bidirectional(layers.GRU(2))(x)
    y = layers.BatchNormalization()(layers.Conv2D(4, (3, 3), padding="same", use_bias=False)(image))
    y = layers.GlobalAveragePooling2D()(y)
    shared = layers.Dense(4, activation="tanh", name="shared")
    return Model([ids, image], layers.Dense(3, "softmax")(layers.Concatenate()([shared(x), shared(y)])))


def words_and_images():
    rng = np.random.default_rng(1)
    return [rng.integers(0, 9, (20, 5)), rng.random((20, 6, 6, 2))], rng.integers(0, 3, 20)


class TestFit:
    def test_it_learns(self):
        x, y = points()
        model = classifier(np.random.default_rng(0))
        history = model.fit(x, y, epochs=60, batch_size=8, verbose=0, validation_data=(x, y)).history
        assert list(history) == ["loss", "accuracy", "val_loss", "val_accuracy"] and len(history["loss"]) == 60
        assert history["accuracy"][-1] > 0.9
        loss, accuracy = model.evaluate(x, y, verbose=0)
        assert [history["val_loss"][-1], history["val_accuracy"][-1]] == pytest.approx([loss, accuracy])
        assert accuracy == np.mean(model.predict(x, verbose=0).argmax(axis=1) == y)

    def test_the_same_generator_gives_the_same_bits(self):
        a, b = (classifier(np.random.default_rng(3)) for _ in range(2))
        histories = [model.fit(*points(), epochs=2, verbose=0).history for model in (a, b)]
        assert histories[0] == histories[1]
        assert all(np.array_equal(p, q) for p, q in zip(a.get_weights(), b.get_weights(), strict=True))

    def test_means_count_examples(self):
        """A last batch that is smaller counts less."""
        x, y = points(50)
        model = classifier(optimizer=keras.optimizers.SGD(0.0), metrics=[])
        assert model.evaluate(x, y, batch_size=50, verbose=0) == pytest.approx(model.evaluate(x, y, 7, verbose=0))
        (loss,) = model.fit(x, y, batch_size=40, verbose=0).history["loss"]
        assert loss == pytest.approx(model.evaluate(x, y, verbose=0))

    def test_the_last_examples_are_kept_for_validation(self):
        x, y = points()
        whole, split = (classifier(np.random.default_rng(0)) for _ in range(2))
        kept = whole.fit(x[:45], y[:45], epochs=2, verbose=0, validation_data=(x[45:], y[45:])).history
        assert split.fit(x, y, epochs=2, verbose=0, validation_split=0.25).history == kept
        assert whole.evaluate(x, y, verbose=0, return_dict=True).keys() == {"loss", "accuracy"}

    def test_it_tells_of_each_epoch(self, capsys):
        x, y = points()
        classifier().fit(x, y, epochs=2)
        lines = capsys.readouterr().out.splitlines()
        assert [line[:9] for line in lines] == ["Epoch 1/2", "Epoch 2/2"]
        assert "loss: " in lines[0] and "accuracy: " in lines[0]
        classifier().fit(x, y, verbose=0)
        assert capsys.readouterr().out == ""

    def test_the_first_examples_tell_the_shape(self):
        model = Sequential([layers.Flatten(), layers.Dense(2)])
        assert model.predict(np.ones((3, 2, 5)), verbose=0).shape == (3, 2)
        assert model.input.shape == (None, 2, 5) and model.output.shape == (None, 2)

    def test_dropout_works_in_training_only(self):
        model = Sequential([layers.Dropout(0.5, input_shape=(100,))], rng=np.random.default_rng(0))
        model.compile("sgd", "mean_squared_error")
        x = np.ones((4, 100))
        assert np.array_equal(model.predict(x, verbose=0), x) and model.evaluate(x, x, verbose=0) == 0
        assert model.fit(x, x, verbose=0).history["loss"][0] == pytest.approx(1)

    def test_padding_never_changes_a_result(self):
        model = normalized()
        (ids, images), _ = words_and_images()
        longer = np.concatenate([ids, np.zeros_like(ids)], axis=1)
        a, b = model.predict([ids, images], verbose=0), model.predict([longer, images], verbose=0)
        assert close(a, b, atol=1e-6)


class TestFiles:
    def test_a_model_comes_back(self, tmp_path):
        model, (x, y) = normalized(np.random.default_rng(0)), words_and_images()
        model.compile("rmsprop", "sparse_categorical_crossentropy")
        model.fit(x, y, epochs=3, verbose=0)
        model.save(tmp_path / "model.keras")
        again = load_model(tmp_path / "model.keras")
        assert np.array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
        assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
        running = again.get_weights()[[w.shape for w in model.weights].index((4,)) + 2]
        assert not np.array_equal(running, np.zeros(4))

    def test_two_calls_of_one_layer_come_back(self, tmp_path):
        x = layers.Input((4, 3), rng=np.random.default_rng(0))
        attend = layers.MultiHeadAttention(2, 3, name="attend")
        model = Model(x, attend(x, x, use_causal_mask=True) + attend(x, x))
        model.save(tmp_path / "model.keras")
        again, tokens = load_model(tmp_path / "model.keras"), np.random.default_rng(1).normal(size=(2, 4, 3))
        assert np.array_equal(again.predict(tokens, verbose=0), model.predict(tokens, verbose=0))
        assert len(again.get_weights()) == 8 and [str(layer) for layer in again.layers] == [
            "MultiHeadAttention",
            "Plus",
        ]
        again.compile("sgd", "mean_squared_error")
        again.fit(tokens, tokens, verbose=0)

    def test_broken_files(self, tmp_path):
        path = tmp_path / "model"
        with pytest.raises(DataError, match="No such file"):
            load_model(path)
        path.write_bytes(b"no model")
        with pytest.raises(FormatError, match="no model file"):
            load_model(path)
        model = Sequential([layers.Dense(2, input_shape=(2,))])
        training.save(path, model.network)
        with pytest.raises(FormatError, match="no file of such a model"):
            load_model(path)
        model.layers[0].__class__ = type("Unknown", (type(model.layers[0]),), {})
        model.save(path)
        with pytest.raises(FormatError, match="KeyError"):
            load_model(path)


class TestSummary:
    def test_names_shapes_and_counts(self, capsys):
        normalized().summary()
        out = capsys.readouterr().out
        for text in ("conv2d (Conv2D)", "(None, 6, 6, 4)", "multi_head_attention", "(None, None, 4)", "shared (Dense)"):
            assert text in out
        assert "Non-trainable params: 8" in out

    def test_second_of_a_kind(self, capsys):
        classifier().summary()
        out = capsys.readouterr().out
        assert "dense (Dense)" in out and "dense_1 (Dense)" in out and "Total params: 67" in out


class TestErrors:
    @pytest.mark.parametrize(
        "make, name",
        [
            (lambda: layers.Conv2D(4, 3, groups=2), "groups"),
            (lambda: layers.Conv2D(4, 3, 1, "same", "channels_first"), "too many positional"),
            (lambda: layers.LSTM(4, return_state=True), "return_state"),
            (lambda: layers.LSTM(4, dropout=0.1), "dropout"),
            (lambda: layers.GRU(4, activation="relu")(layers.Input((3, 2))), "GRU honours no activation but tanh"),
            (lambda: layers.Dense(4, kernel_regularizer="l2"), "kernel_regularizer"),
            (lambda: layers.Dense(4, dtype="float64"), "dtype"),
            (lambda: layers.LayerNormalization(axis=1), "axis"),
            (lambda: layers.BatchNormalization(scale=False), "scale"),
            (lambda: layers.Embedding(4, 3, weights=[]), "weights"),
            (lambda: layers.Concatenate(axis=1)([layers.Input((3,)), layers.Input((3,))]), "no axis but the last"),
            (lambda: layers.MultiHeadAttention(2, 3, dropout=0.1), "dropout"),
            (lambda: layers.Bidirectional(layers.GRU(2, go_backwards=True))(layers.Input((3, 2))), "go_backwards"),
            (lambda: layers.Bidirectional(layers.Dense(2))(layers.Input((3, 2))), "not Dense"),
            (lambda: layers.Dense(), "units"),
            (lambda: layers.LSTM(4)(layers.Input((3, 2)), initial_state=None), "initial_state"),
            (lambda: layers.Input((3,), dtype="int32"), "dtype"),
            (lambda: keras.optimizers.Adam(amsgrad=True), "amsgrad"),
            (lambda: keras.optimizers.SGD(clipnorm=1), "clipnorm"),
            (lambda: classifier().fit(*points(), initial_epoch=1), "initial_epoch"),
            (lambda: classifier().fit(*points(), sample_weight=[]), "sample_weight"),
            (lambda: classifier().predict(points()[0], steps=1), "steps"),
            (lambda: classifier(run_eagerly=True), "run_eagerly"),
        ],
    )
    def test_arguments_that_are_not_honoured_are_named(self, make, name):
        with pytest.raises(TypeError, match=name):
            make()

    def test_unknown_names_are_told_what_there_is(self):
        with pytest.raises(DataError, match=r"'swish' is no activation; there is linear, relu, leaky_relu, gelu"):
            layers.Dense(2, activation="swish")(layers.Input((3,)))
        with pytest.raises(DataError, match="no optimizer; there is adam, rmsprop, sgd"):
            classifier(optimizer="lion")
        with pytest.raises(DataError, match="no loss; there is binary_crossentropy"):
            classifier(loss="hinge")
        with pytest.raises(DataError, match="no metric; there is accuracy"):
            classifier(metrics=["auc"])
        with pytest.raises(DataError, match="'None' is no merge_mode; there is concat, sum, mul, ave"):
            layers.Bidirectional(layers.LSTM(2), merge_mode=None)(layers.Input((3, 2)))

    def test_compile_comes_first(self):
        model = Sequential([layers.Dense(3, input_shape=(4,))])
        for ask in (model.fit, model.evaluate):
            with pytest.raises(DataError, match="compile"):
                ask(*points())
        model.compile("sgd")
        with pytest.raises(DataError, match="loss"):
            model.fit(*points())

    def test_shapes(self):
        model, (x, y) = classifier(), points()
        with pytest.raises(ShapeError, match=r"\(None, 4\)\], not \[\(60, 3\)"):
            model.predict(x[:, :3])
        with pytest.raises(ShapeError, match=r"\(None, 4\)\], not \[\(60,\)"):
            model.predict(x[:, 0])
        with pytest.raises(ShapeError, match="60 examples and y has 59"):
            model.fit(x, y[1:])
        with pytest.raises(ShapeError, match=r"\(None, 4\)\], not \[\(60, 4\), \(60, 4\)\]"):
            model.predict([x, x])
        with pytest.raises(ShapeError, match="weights of the shapes"):
            model.set_weights(model.get_weights()[1:])
        with pytest.raises(ShapeError, match="targets"):
            classifier(loss="categorical_crossentropy").fit(x, np.eye(4)[y])
        with pytest.raises(DataError, match=r"labels must lie in 0\.\.2"):
            model.fit(x, y + 1)
        with pytest.raises(ShapeError, match="known length"):
            layers.Dense(3)(layers.Input((None,)))
        with pytest.raises(ShapeError, match="conv2d"):
            layers.Conv2D(3, 3)(layers.Input((8,)))

    def test_graphs(self):
        a, b = layers.Input((3,)), layers.Input((3,))
        y = layers.Dense(3)(a) + layers.Dense(3)(b)
        with pytest.raises(DataError, match="none of the graph's inputs"):
            Model(a, y)
        with pytest.raises(TypeError, match="one output"):
            Model([a, b], [y, y])
        with pytest.raises(TypeError, match="symbols"):
            layers.Dense(3)(np.ones((2, 3)))
        with pytest.raises(TypeError, match="unsupported operand"):
            a * 2
        with pytest.raises(TypeError, match="Add takes a list of two or more"):
            layers.Add()([a])
        with pytest.raises(TypeError, match="Dense takes one symbol"):
            layers.Dense(3)([a, b])
        with pytest.raises(ShapeError, match="elementwise_product"):
            a * layers.Input((4,))
        with pytest.raises(TypeError, match="query itself"):
            layers.MultiHeadAttention(1, 2)(layers.Input((3, 2)), layers.Input((3, 2)))
        with pytest.raises(TypeError, match="one output"):
            Model(a, Sequential([layers.Dense(3)]).output)
        with pytest.raises(TypeError, match="int is no layer"):
            Sequential([3])

    def test_a_shape_that_is_not_so(self):
        with pytest.raises(ShapeError, match=r"Dense says that its input has shape \(None, 5\), not \(None, 4\)"):
            Sequential([layers.Dense(4, input_shape=(3,)), layers.Dense(2, input_shape=(5,))])

    def test_masks(self):
        x = layers.Embedding(4, 3, mask_zero=True)(layers.Input((5,)))
        for lose, name in ((layers.Flatten(), "Flatten"), (lambda x: x + x, "Plus"), (lambda x: x * x, "Times")):
            with pytest.warns(UserWarning, match=f"{name} does not look at the mask"):
                assert not lose(x).masked
        model = Sequential([layers.Embedding(4, 3, mask_zero=True)])
        model.compile("sgd", "mean_squared_error")
        with pytest.raises(TypeError, match="no loss honours masks"):
            model.fit(np.ones((2, 5)), np.ones((2, 5, 3)))
