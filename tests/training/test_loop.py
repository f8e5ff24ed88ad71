"""fit: the loop that anyone would write, and what it promises besides."""

from dataclasses import replace
from functools import partial
from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest

from mmdl import tree
from mmdl.data import batches
from mmdl.errors import DataError, TrainingError
from mmdl.layers import BatchNorm, Dropout, Sequential
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.training import (
    SGD,
    Adam,
    BatchLoss,
    Callback,
    EarlyStopping,
    Epochs,
    Training,
    Validation,
    classification,
    cosine,
    evaluate,
    fit,
    global_norm,
    loss_and_gradient,
)
from mmdl.training.overflow import largest


def without_seconds(history):
    return {name: values for name, values in history.items() if name != "seconds"}


class Recorder(Callback):
    def __init__(self):
        self.told, self.models = [], []

    def start(self, training):
        self.told.append(("start", training.epochs, training.steps))

    def step(self, training):
        self.told.append(("step", training.step, training.loss_value))

    def epoch(self, training):
        self.told.append(("epoch", len(training.history["loss"])))
        self.models.append(tree.copy(training.model))

    def end(self, training):
        self.told.append(("end",))


class Interrupting(Recorder):
    """Presses Ctrl-C after so many steps."""

    def __init__(self, steps):
        super().__init__()
        self.left = steps

    def step(self, training):
        super().step(training)
        self.left -= 1
        if self.left == 0:
            self.now = tree.copy(training.model)
            raise KeyboardInterrupt


def test_ten_lines_give_the_same_numbers(model, train):
    fitted = fit(model, train, optimizer=SGD(0.1), epochs=2, batch_size=16, rng=np.random.default_rng(7))

    rng = np.random.default_rng(7)
    for _ in range(2):
        for batch in batches(train, 16, rng):
            logits, trace = model.forward(batch)
            _, dlogits = softmax_cross_entropy(logits, batch.labels)
            gradient = model.gradient(dlogits, trace)
            model = tree.map(lambda p, g: p - 0.1 * g, model, gradient)

    assert tree.equal(fitted.model, model)


def test_history_has_an_entry_an_epoch_of_every_metric(model, train, validation):
    how = {"optimizer": Adam(0.01), "epochs": 3, "rng": np.random.default_rng(0)}
    fitted = fit(model, train, callbacks=[Validation(validation)], **how)
    assert list(fitted.history) == [
        "loss",
        "accuracy",
        "learning_rate",
        "gradient_norm",
        "seconds",
        "validation_loss",
        "validation_accuracy",
    ]
    assert all(len(values) == 3 for values in fitted.history.values())
    assert all(type(value) is float for values in fitted.history.values() for value in values)
    found = evaluate(fitted.model, validation)
    assert fitted.history["validation_loss"][-1] == found["loss"]
    assert fitted.history["validation_accuracy"][-1] == found["accuracy"]
    assert fitted.history["learning_rate"] == pytest.approx([0.01] * 3)
    assert not fitted.interrupted


def test_history_holds_means_over_examples_and_steps(model, train):
    fitted = fit(model, train, optimizer=SGD(0.0), epochs=1, batch_size=40, rng=np.random.default_rng(0))
    whole = evaluate(model, train)
    assert fitted.history["loss"] == pytest.approx([whole["loss"]], rel=1e-5)
    assert fitted.history["accuracy"] == [whole["accuracy"]]
    steps = [loss_and_gradient(model, batch)[1] for batch in batches(train, 40, np.random.default_rng(0))]
    expected = np.mean([global_norm(gradient) for gradient in steps])
    assert fitted.history["gradient_norm"] == pytest.approx([expected], rel=1e-5)
    assert "validation_loss" not in fitted.history


def test_learns(model, train, validation):
    fitted = fit(
        model,
        train,
        optimizer=Adam(0.03),
        epochs=12,
        rng=np.random.default_rng(0),
        schedule=partial(cosine, warm_up=0.3),
        clip=1.0,
        augment={"modality_dropout": 0.2},
    )
    assert evaluate(fitted.model, validation)["accuracy"] == 1
    assert evaluate(fitted.model, validation, only="image")["accuracy"] > 0.6
    assert evaluate(fitted.model, validation, only=("text",))["accuracy"] > 0.6


def test_the_model_that_was_given_is_left_alone(model, train):
    before = tree.copy(model)
    fitted = fit(model, train, optimizer=Adam(), epochs=1, rng=np.random.default_rng(0))
    assert tree.equal(model, before) and not tree.equal(fitted.model, before)


def test_no_epoch_gives_a_copy(model, train):
    fitted = fit(model, train, optimizer=Adam(), epochs=0, rng=np.random.default_rng(0))
    assert tree.equal(fitted.model, model) and fitted.model is not model
    assert fitted.history == {}


def with_dropout(model):
    return replace(model, head=Sequential((BatchNorm.init(16), Dropout(0.3), model.head)))


def test_same_seed_same_bits(model, train, validation):
    def run(seed):
        return fit(
            with_dropout(model),
            train,
            optimizer=Adam(0.01),
            epochs=2,
            rng=np.random.default_rng(seed),
            augment={"word_dropout": 0.3, "modality_dropout": 0.2},
            callbacks=[Validation(validation)],
        )

    one, two, other = run(3), run(3), run(4)
    assert tree.equal(one.model, two.model)
    assert without_seconds(one.history) == without_seconds(two.history)
    assert not tree.equal(one.model, other.model)


def test_model_comes_back_out_of_training_mode_with_moved_statistics(model, train):
    fitted = fit(with_dropout(model), train, optimizer=Adam(), epochs=1, rng=np.random.default_rng(0))
    norm, dropout, _ = fitted.model.head.layers
    assert norm.rng is None and dropout.rng is None
    assert norm.mean.any() and (norm.variance != 1).any()


def test_rate_follows_the_schedule_over_all_steps(model, train):
    asked = []

    def schedule(step, steps):
        asked.append((step, steps))
        return 1 / (1 + step)

    fitted = fit(
        model,
        train,
        optimizer=SGD(0.1),
        epochs=2,
        batch_size=30,
        rng=np.random.default_rng(0),
        schedule=schedule,
    )
    assert asked == [(step, 6) for step in range(6)]
    assert fitted.history["learning_rate"] == pytest.approx(
        [0.1 * (1 + 1 / 2 + 1 / 3) / 3, 0.1 * (1 / 4 + 1 / 5 + 1 / 6) / 3]
    )


def test_clipping_limits_the_step(model, train):
    fitted = fit(model, train, optimizer=SGD(1.0), epochs=1, batch_size=90, rng=np.random.default_rng(0), clip=1e-3)
    step = tree.map(np.subtract, model, fitted.model)
    assert global_norm(step) == pytest.approx(1e-3, rel=1e-3)
    assert fitted.history["gradient_norm"][0] > 1e-2


def test_another_loss_is_used_for_training_and_validation(model, train, validation):
    smooth = partial(softmax_cross_entropy, smoothing=0.2)
    fitted = fit(
        model,
        train,
        optimizer=SGD(0.0),
        epochs=1,
        batch_size=90,
        rng=np.random.default_rng(0),
        loss=classification(smooth),
        callbacks=[Validation(validation, smooth)],
    )
    assert fitted.history["loss"] == pytest.approx([evaluate(model, train, loss=smooth)["loss"]], rel=1e-6)
    assert fitted.history["validation_loss"] == [evaluate(model, validation, loss=smooth)["loss"]]
    assert evaluate(model, train, loss=smooth)["loss"] != evaluate(model, train)["loss"]


def test_patience_stops_and_keeps_the_best(model, train, validation):
    recorder = Recorder()
    fitted = fit(
        model,
        train,
        optimizer=SGD(1.5),
        epochs=60,
        rng=np.random.default_rng(0),
        callbacks=(Validation(validation.select(slice(0, 12))), EarlyStopping(2), recorder),
    )
    losses = fitted.history["validation_loss"]
    best = int(np.argmin(losses))
    assert len(losses) == best + 3 < 60
    assert fitted.kept == best + 1
    assert tree.equal(fitted.model, recorder.models[best])
    assert not tree.equal(fitted.model, recorder.models[-1])


def test_patience_that_does_not_run_out_keeps_the_best_too(model, train, validation):
    recorder = Recorder()
    fitted = fit(
        model,
        train,
        optimizer=SGD(1.5),
        epochs=6,
        rng=np.random.default_rng(0),
        callbacks=(Validation(validation), EarlyStopping(100), recorder),
    )
    assert len(fitted.history["loss"]) == 6
    assert tree.equal(fitted.model, recorder.models[int(np.argmin(fitted.history["validation_loss"]))])


def test_stopping_early_needs_something_to_watch(model, train):
    with pytest.raises(DataError, match="validation_loss: a callback before"):
        fit(model, train, optimizer=SGD(), epochs=1, rng=np.random.default_rng(0), callbacks=[EarlyStopping(1)])


def test_nothing_to_learn_from_is_said(model, train):
    with pytest.raises(DataError, match="no examples"):
        fit(model, train.select(slice(0, 0)), optimizer=SGD(), epochs=1, rng=np.random.default_rng(0))


def test_a_batch_may_be_a_single_example(model, train):
    few = train.select(slice(0, 3))
    fitted = fit(model, few, optimizer=SGD(), epochs=1, rng=np.random.default_rng(0), batch_size=1)
    assert len(Epochs(few, 1)) == 3 and not tree.equal(fitted.model, model)


def test_seconds_of_an_epoch_go_on_from_those_before_a_stop(model, train, monkeypatch):
    """And those of the next begin anew. By a clock that moves whenever it is looked at: once before two steps each."""
    clock = count(100.0, 0.25)
    monkeypatch.setattr("mmdl.training.loop.time", SimpleNamespace(perf_counter=lambda: next(clock)))
    training = Training(tree.copy(model), Epochs(train, 45), SGD(), 2, np.random.default_rng(0))
    training.seconds = 3600.0
    assert training.run().history["seconds"] == [3600.5, 0.5]


@pytest.mark.parametrize("size", [0, -1])
def test_batch_size_is_checked(model, train, size):
    with pytest.raises(DataError, match="at least one example"):
        fit(model, train, optimizer=SGD(), epochs=1, rng=np.random.default_rng(0), batch_size=size)


@pytest.mark.filterwarnings("error")
def test_loss_that_is_not_finite_stops_with_epoch_and_step(model, train):
    recorder = Recorder()
    with pytest.raises(TrainingError, match=r"became (nan|inf) in epoch 1, step 2, .* than 1e\+30") as error:
        fit(
            model,
            train,
            optimizer=SGD(1e30),
            epochs=2,
            batch_size=30,
            rng=np.random.default_rng(0),
            callbacks=(recorder,),
        )
    assert isinstance(error.value, ValueError)
    assert recorder.told[-1] == ("end",)


@pytest.mark.filterwarnings("error")
def test_weights_broken_by_the_last_step_are_found_by_validation(model, train, validation):
    with pytest.raises(TrainingError, match=r"validation loss became (nan|inf) after epoch 1;"):
        fit(
            model,
            train,
            optimizer=SGD(1e38),
            epochs=1,
            batch_size=90,
            rng=np.random.default_rng(0),
            callbacks=[Validation(validation)],
        )


def test_gradient_that_is_not_finite_stops(model, train):
    with pytest.raises(TrainingError, match=r"gradient became nan in epoch 1, step 1, from head.b on;"):
        fit(model, train, optimizer=SGD(), epochs=1, rng=np.random.default_rng(0), loss=classification(broken))


def broken(logits, labels):
    value, gradient = softmax_cross_entropy(logits, labels)
    return value, gradient * np.float32(np.inf)


def test_bad_steps_are_skipped_and_counted_if_asked(model, train):
    """Every other batch has a gradient that is not finite: what is learned is learned from the others."""
    asked = []

    def sometimes(logits, labels):
        asked.append(len(labels))
        return broken(logits, labels) if len(asked) % 2 else softmax_cross_entropy(logits, labels)

    how = {"optimizer": Adam(), "epochs": 1, "batch_size": 30, "skip_bad_steps": True}
    fitted = fit(model, train, rng=np.random.default_rng(0), loss=classification(sometimes), **how)
    assert fitted.skipped == 2 and not tree.equal(fitted.model, model)
    assert all(np.isfinite(array).all() for _, array in tree.leaves(fitted.model))
    with pytest.raises(TrainingError, match="no step of epoch 1"):
        fit(model, train, rng=np.random.default_rng(0), loss=classification(broken), **how)


def test_a_parameter_that_is_not_finite_is_named(model, train):
    """The first, if there are several: through it the others may have become so."""
    model.modalities["text"].encoder.layers[1].W[0, 0] = np.nan
    model.head.W[0, 0] = np.inf
    with pytest.raises(
        TrainingError, match=r"loss became nan in epoch 1, step 1, through modalities.text.encoder.layers.1.W;"
    ):
        fit(model, train, optimizer=SGD(), epochs=1, rng=np.random.default_rng(0))


def test_the_layer_whose_output_overflows_is_named(model, train):
    model.modalities["image"].encoder.layers[4].W[:] = 1e38
    with pytest.raises(TrainingError, match=r"step 1, first in the output of modalities.image.encoder.layers.4;"):
        fit(model, train, optimizer=SGD(), epochs=1, rng=np.random.default_rng(0))


def test_the_largest_gradient_is_named_if_only_the_loss_is_not_finite(model, train):
    def endless(logits, labels):
        return np.inf, softmax_cross_entropy(logits, labels)[1]

    with pytest.raises(TrainingError, match=r"loss became inf in epoch 1, step 1, most steeply at modalities"):
        fit(model, train, optimizer=SGD(), epochs=1, rng=np.random.default_rng(0), loss=classification(endless))


def test_the_largest_gradient_may_be_small_and_negative():
    assert largest({"a": np.array([1e-3, 0]), "b": (np.zeros(0), np.array([-2e-3])), "c": np.array([1e-3])}) == "b.1"


def test_a_loss_over_tokens_is_weighted_by_tokens(model, train):
    """A mean over as many things as each batch has: the history's mean is that over all of them."""
    counts = []

    def by_tokens(logits, batch):
        count = int(batch["text"].mask.sum())
        counts.append((count, float(len(counts))))
        return BatchLoss(counts[-1][1], np.zeros_like(logits), count, {"tokens": 2 * count})

    fitted = fit(model, train, optimizer=SGD(), epochs=1, batch_size=40, rng=np.random.default_rng(0), loss=by_tokens)
    total = sum(count for count, _ in counts)
    assert total == train.inputs["text"].mask.sum()
    assert fitted.history["loss"] == pytest.approx([sum(count * value for count, value in counts) / total])
    assert fitted.history["tokens"] == [2]


def test_interrupt_returns_what_is_done(model, train):
    stop = Interrupting(5)
    fitted = fit(
        model,
        train,
        optimizer=SGD(0.1),
        epochs=9,
        batch_size=30,
        rng=np.random.default_rng(0),
        callbacks=(stop,),
    )
    assert fitted.interrupted
    assert len(fitted.history["loss"]) == 1
    assert tree.equal(fitted.model, stop.now) and not tree.equal(fitted.model, stop.models[0])
    assert stop.told[-1] == ("end",)


def test_interrupt_with_patience_returns_the_best_so_far(model, train, validation):
    stop = Interrupting(5)
    fitted = fit(
        model,
        train,
        optimizer=SGD(0.1),
        epochs=9,
        batch_size=30,
        rng=np.random.default_rng(0),
        callbacks=(Validation(validation), EarlyStopping(3), stop),
    )
    assert fitted.interrupted and tree.equal(fitted.model, stop.models[0])


@pytest.mark.parametrize(
    "what, when, where",
    [("interrupted", "step", (0, 2)), ("interrupted", "epoch", (1, 0)), ("stopped", "step", (1, 0))],
)
def test_who_stops_training_says_it_once(model, train, what, when, where):
    """Interrupted, it ends after the step or the epoch; stopped, with its epoch."""
    asking = Callback()
    setattr(asking, when, lambda training: setattr(training, what, training.step != 1))
    training = Training(tree.copy(model), Epochs(train, 30), SGD(), 3, np.random.default_rng(0), callbacks=[asking])
    training.run()
    assert (training.epoch, training.step) == where
    assert (training.interrupted, training.stopped) == (what == "interrupted", what == "stopped")


def test_callbacks_are_told_in_order(model, train):
    recorder = Recorder()
    fit(
        model,
        train,
        optimizer=SGD(),
        epochs=2,
        batch_size=45,
        rng=np.random.default_rng(0),
        callbacks=(recorder,),
    )
    assert [each[:2] for each in recorder.told] == [
        ("start", 2),
        ("step", 1),
        ("step", 2),
        ("epoch", 1),
        ("step", 1),
        ("step", 2),
        ("epoch", 2),
        ("end",),
    ]
    assert recorder.told[0] == ("start", 2, 2)
    assert all(np.isfinite(each[2]) for each in recorder.told if each[0] == "step")


def test_library_is_silent(model, train, validation, capfd):
    fit(model, train, optimizer=Adam(), epochs=2, rng=np.random.default_rng(0), callbacks=[Validation(validation)])
    assert capfd.readouterr() == ("", "")
