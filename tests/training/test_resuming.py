"""Training that is stopped anywhere and goes on from its checkpoint ends with the same bits."""

import io
import json
import os
import shutil
import signal
import sys
import zipfile
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from mmdl import tree
from mmdl.data import batches
from mmdl.errors import DataError, FormatError, TrainingError
from mmdl.layers import BatchNorm, Dropout, Sequential
from mmdl.training import (
    SGD,
    Adam,
    AdamW,
    Callback,
    Checkpoint,
    EarlyStopping,
    Epochs,
    RMSprop,
    StopOnSignal,
    Training,
    Validation,
    cosine,
    fit,
    load_checkpoint,
    resume,
    save,
)
from mmdl.training.resuming import fingerprint, machine


class StopAfter(Callback):
    """Interrupts after so many steps; or raises something."""

    def __init__(self, steps, error=None):
        self.left, self.error = steps, error

    def step(self, training):
        self.left -= 1
        if self.left == 0 and self.error is not None:
            raise self.error
        training.interrupted = self.left == 0


def with_everything(model):
    """Running statistics, and dropout that draws from the generator of the batches."""
    return replace(model, head=Sequential((BatchNorm.init(16), Dropout(0.3), model.head)))


def settings(optimizer=None, epochs=3):
    return {
        "optimizer": Adam(0.01) if optimizer is None else optimizer,
        "epochs": epochs,
        "rng": np.random.default_rng(3),
        "batch_size": 16,
        "augment": {"word_dropout": 0.3, "modality_dropout": 0.2},
        "schedule": partial(cosine, warm_up=0.3),
        "clip": 1.0,
    }


def bits(fitted):
    """All that must be the same: time is not."""
    return fitted.model, {name: values for name, values in fitted.history.items() if name != "seconds"}


@pytest.mark.parametrize("stop", [1, 4, 6, 7, 12, 17])
def test_stopped_and_resumed_it_ends_with_the_same_bits(model, train, validation, tmp_path, stop):
    """In the middle of an epoch, at its end, at its start, in the last step but one; six steps are an epoch."""
    model, path = with_everything(model), tmp_path / "checkpoint.npz"
    whole = fit(model, train, callbacks=[Validation(validation), Checkpoint(tmp_path / "other.npz")], **settings())
    first = fit(model, train, callbacks=[Validation(validation), Checkpoint(path), StopAfter(stop)], **settings())
    assert first.interrupted and not tree.equal(first.model, whole.model)
    again = resume(path, train, callbacks=[Validation(validation), Checkpoint(path), Callback()], **settings())
    assert not again.interrupted
    assert tree.equal(bits(again), bits(whole))
    assert again.history["seconds"][0] > 0


@pytest.mark.parametrize("optimizer", [SGD(0.1, 0.9), RMSprop(), AdamW(0.01)])
def test_every_optimizer_goes_on_with_its_moments(model, train, tmp_path, optimizer):
    path = tmp_path / "checkpoint.npz"
    whole = fit(model, train, **settings(optimizer))
    fit(model, train, callbacks=[Checkpoint(path), StopAfter(9)], **settings(optimizer))
    assert tree.equal(bits(resume(path, train, callbacks=[Callback(), Callback()], **settings(optimizer))), bits(whole))


def test_the_best_model_so_far_is_kept(model, train, validation, tmp_path):
    path = tmp_path / "checkpoint.npz"

    def callbacks(*more):
        return [Validation(validation.select(slice(0, 12))), EarlyStopping(2), Checkpoint(path), *more]

    how = partial(settings, SGD(1.5), epochs=12)
    whole = fit(model, train, callbacks=callbacks(Callback()), **how())
    fit(model, train, callbacks=callbacks(StopAfter(20)), **how())
    assert tree.equal(bits(resume(path, train, callbacks=callbacks(Callback()), **how())), bits(whole))


def test_killed_it_goes_on_from_the_last_epoch_or_minute(model, train, tmp_path):
    """What no program can see coming: the last checkpoint is what there is."""
    whole = fit(model, train, **settings())
    for minutes, where in ((1e9, (1, 0)), (0, (1, 3))):
        path = tmp_path / f"{minutes}.npz"
        with pytest.raises(SystemError):
            callbacks = [Checkpoint(path, minutes), StopAfter(10, SystemError)]
            fit(model, train, callbacks=[callbacks[1], callbacks[0]], **settings())
        saved = load_checkpoint(path)
        assert (saved.training["epoch"], saved.training["step"]) == where
        assert tree.equal(bits(resume(path, train, callbacks=[Callback()] * 2, **settings())), bits(whole))


def test_what_is_not_the_same_is_refused(model, train, validation, tmp_path):
    path = tmp_path / "checkpoint.npz"
    fit(model, train, callbacks=[Checkpoint(path), StopAfter(3)], **settings())
    for message, examples, how in (
        ("other examples", validation.select(np.arange(len(train)) % len(validation)), settings()),
        ("optimizer Adam .*0.01.*, not Adam .*0.02", train, settings(Adam(0.02))),
        ("epochs 3, not 5", train, settings(epochs=5)),
        ("batch size 16, not 30", train, settings() | {"batch_size": 30}),
    ):
        with pytest.raises(DataError, match=message):
            resume(path, examples, callbacks=[Callback()], **how)
    with pytest.raises(DataError, match="cannot be read"):
        resume(tmp_path / "nothing.npz", train, **settings())
    (tmp_path / "text.npz").write_text("no checkpoint")
    with pytest.raises(FormatError, match="broken"):
        resume(tmp_path / "text.npz", train, **settings())


def test_a_file_of_another_kind_or_version_is_refused(model, train, tmp_path):
    path = tmp_path / "checkpoint.npz"
    Checkpoint(path).start(training_of(model, train))
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name) for name in file.namelist()}
    for change in ({"format": "mmdl model"}, {"version": 2}):
        manifest = json.loads(members["manifest.json"]) | change
        with zipfile.ZipFile(path, "w") as file:
            for name, content in (members | {"manifest.json": json.dumps(manifest)}).items():
                file.writestr(name, content)
        with pytest.raises(FormatError, match="it is no checkpoint of a training, or one of another version"):
            load_checkpoint(path)


def training_of(model, train, *callbacks, **more):
    """A training that has not begun."""
    epochs, rng = Epochs(train, 16), np.random.default_rng(0)
    return Training(tree.copy(model), epochs, Adam(), 2, rng, callbacks=callbacks, **more)


def test_an_epoch_that_has_begun_is_kept_step_by_step(model, train, tmp_path):
    """With as many metrics as there are."""
    for metrics in ((), ("accuracy",), ("accuracy", "exact")):
        training, again = training_of(model, train), training_of(model, train)
        training.step, training.metrics, training.seconds = 2, metrics, 7.5
        training.rows = [(16.0, loss, 0.1, 0.5, *[8.0] * len(metrics)) for loss in (1.5, 1.25)]
        training.order = training.rng.bit_generator.state
        Checkpoint(tmp_path / "checkpoint.npz").start(training)
        load_checkpoint(tmp_path / "checkpoint.npz").restore(again)
        for name in ("step", "metrics", "seconds", "rows", "order"):
            assert getattr(again, name) == getattr(training, name)


def test_every_callback_gets_back_what_it_kept(model, train, tmp_path):
    """And who kept nothing is told so."""

    class Keeping(Callback):
        def __init__(self, thing):
            self.thing = thing

        def kept(self):
            return self.thing

        def restore(self, kept):
            self.thing = kept

    path, callbacks = tmp_path / "checkpoint.npz", [Keeping(model.head), Keeping(None), Keeping((np.arange(3),))]
    Checkpoint(path).start(training_of(model, train, *callbacks))
    again = [Keeping("nothing yet") for _ in callbacks]
    load_checkpoint(path).restore(training_of(model, train, *again))
    assert tree.equal(again[0].thing, model.head) and again[1].thing is None
    assert tree.equal(again[2].thing, (np.arange(3),))


def test_it_is_written_every_so_many_minutes(model, train, tmp_path, monkeypatch):
    """Counted from when it was written last."""
    now, written = [1000.0], []
    monkeypatch.setattr("mmdl.training.resuming.time.monotonic", lambda: now[0])
    monkeypatch.setattr("mmdl.training.resuming.save_checkpoint", lambda *what: written.append(now[0]))
    checkpoint, training = Checkpoint(tmp_path / "checkpoint.npz", minutes=2), training_of(model, train)
    checkpoint.start(training)
    for now[0] in (1119.0, 1120.0, 1239.0, 1240.0):
        checkpoint.step(training)
    assert written == [1000.0, 1120.0, 1240.0]


def test_a_checkpoint_knows_whether_it_holds_progress(model, train, tmp_path):
    """From the first step on; what is written at the start can be thrown away."""
    checkpoint, training, held = Checkpoint(tmp_path / "checkpoint.npz"), training_of(model, train), []
    for training.epoch, training.step in ((0, 0), (0, 1), (0, 2), (1, 0), (1, 2)):
        checkpoint.start(training)
        held.append(checkpoint.holds_progress)
    assert held == [False, True, True, True, True]
    broken = Checkpoint(tmp_path, stream=io.StringIO())  # a folder has this name
    broken.start(training)
    assert not broken.holds_progress


def test_folders_are_made_and_a_failure_is_told_once_and_at_once(model, train, tmp_path):
    training = training_of(model, train)
    Checkpoint(tmp_path / "new" / "run" / "checkpoint.npz").start(training)
    saved = load_checkpoint(tmp_path / "new" / "run" / "checkpoint.npz").training
    assert (saved["step"], saved["data"]) == (0, fingerprint(training))
    with open(tmp_path / "told", "w", encoding="utf-8") as stream:
        checkpoint = Checkpoint(tmp_path / "new", stream=stream)  # a folder has this name
        for _ in range(3):
            checkpoint.start(training_of(model, train))
        told = (tmp_path / "told").read_text(encoding="utf-8")
    assert told.count("\n") == 1 and "training goes on in memory" in told


@pytest.mark.parametrize("console", [True, False])
def test_training_goes_on_where_nobody_can_be_told_of_a_failure(model, train, tmp_path, monkeypatch, console):
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed if console else None)
    checkpoint = Checkpoint(tmp_path)  # a folder has this name
    checkpoint.start(training_of(model, train))
    assert checkpoint.complained


@pytest.mark.parametrize("when", [1, 2, 6, 7, 8])
def test_ctrl_c_while_a_batch_is_drawn_leaves_the_checkpoint_before_it(model, train, tmp_path, when):
    """The generator has moved on by then: from here other batches would follow."""
    path, drawn = tmp_path / "checkpoint.npz", []

    def how():
        return settings(epochs=2) | {"augment": {"picture_shift": 1}}

    def interrupted(*what, **more):
        for batch in batches(*what, **more):
            drawn.append(batch)
            if len(drawn) == when:
                raise KeyboardInterrupt
            yield batch

    whole = fit(model, train, **how())
    first = fit(model, train, batches=interrupted, callbacks=[Checkpoint(path)], **how())
    assert first.interrupted and load_checkpoint(path).training["step"] == 0
    assert tree.equal(bits(resume(path, train, callbacks=[Callback()], **how())), bits(whole))


def test_ctrl_c_between_callbacks_leaves_the_checkpoint_before_it(model, train, tmp_path):
    """Who comes after may have changed nothing yet of what it changes after a step."""
    path = tmp_path / "checkpoint.npz"
    training = training_of(model, train, Checkpoint(path), StopAfter(2, KeyboardInterrupt)).run()
    assert training.interrupted and training.step == 2
    assert load_checkpoint(path).training["step"] == 0


def test_arrays_of_texts_are_told_apart_by_what_they_say():
    """And not by where they lie, which is another place in every process."""

    def said(*words):
        return fingerprint(SimpleNamespace(batches=Epochs(np.array(["".join(each) for each in words], object))))

    assert said("one", "two") == said("one", "two") != said("one", "too")


def test_what_is_told_of_the_machine(monkeypatch):
    """Of the libraries for linear algebra, and of no other."""
    libraries = [
        {"user_api": "openmp", "internal_api": "openmp", "version": None, "num_threads": 8},
        {"user_api": "blas", "internal_api": "openblas", "version": "0.3.30", "num_threads": 2, "architecture": "Zen"},
        {"user_api": "blas", "internal_api": "mkl", "version": "2024.1", "num_threads": 4},
    ]
    monkeypatch.setattr("threadpoolctl.threadpool_info", lambda: libraries)
    found = machine()
    assert found["BLAS"] == ["openblas 0.3.30", "mkl 2024.1"]
    assert found["BLAS kernels"] == ["Zen", None] and found["BLAS threads"] == [2, 4]


def test_what_was_told_and_which_machine_it_was(model, train, tmp_path, monkeypatch):
    path = tmp_path / "checkpoint.npz"
    fit(model, train, callbacks=[Checkpoint(path, about={"data": "glyphs"}), StopAfter(1)], **settings())
    saved = load_checkpoint(path)
    assert saved.about == {"data": "glyphs"} and saved.differences == []
    monkeypatch.setattr("mmdl.training.resuming.machine", lambda: {"NumPy": "99.0"})
    [difference] = load_checkpoint(path).differences
    assert difference == f"NumPy {np.__version__}, and here 99.0"


class Vanishing(Callback):
    """Takes the folder away in one step and lets it be made again from another on."""

    def __init__(self, folder, away, back):
        self.folder, self.away, self.back, self.steps = folder, away, back, 0

    def step(self, training):
        self.steps += 1
        if self.steps == self.away:
            shutil.rmtree(self.folder)
            self.folder.write_text("a file in its place")
        if self.steps == self.back:
            self.folder.unlink()


def test_a_folder_that_cannot_be_written_to_does_not_end_training(model, train, tmp_path):
    """It is said once, and the next checkpoint that can be written is."""
    folder, stream = tmp_path / "run", io.StringIO()
    checkpoint = Checkpoint(folder / "checkpoint.npz", minutes=0, stream=stream)
    fitted = fit(model, train, callbacks=[Vanishing(folder, 3, 9), checkpoint], **settings())
    assert len(fitted.history["loss"]) == 3
    assert stream.getvalue().count("\n") == 1 and "training goes on in memory" in stream.getvalue()
    assert load_checkpoint(checkpoint.path).training["epoch"] == 3


def test_the_last_good_checkpoint_stays(model, train, tmp_path):
    path = tmp_path / "checkpoint.npz"

    class Broken(Callback):
        def step(self, training):
            if training.epoch == 1 and training.step == 2:
                training.model.head.W[:] = np.nan

    with pytest.raises(TrainingError, match=r"epoch 2, step 3, through head.W"):
        fit(model, train, callbacks=[Broken(), Checkpoint(path)], **settings())
    saved = load_checkpoint(path)
    assert saved.training["epoch"] == 1 and np.isfinite(saved.model.head.W).all()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("times", [1, 2, 5])
def test_signals_end_training_after_the_step(model, train, tmp_path, name, times):
    path = tmp_path / "checkpoint.npz"

    class Signals(Callback):
        def step(self, training):
            for _ in range(times if (training.epoch, training.step) == (1, 2) else 0):
                os.kill(os.getpid(), getattr(signal, name))

    whole = fit(model, train, **settings())
    before = signal.getsignal(getattr(signal, name))
    with StopOnSignal() as stop:
        fitted = fit(model, train, callbacks=[Checkpoint(path), Signals(), stop], **settings())
        assert fitted.interrupted and stop.number == getattr(signal, name)
    assert signal.getsignal(getattr(signal, name)) is before
    saved = load_checkpoint(path)
    assert (saved.training["epoch"], saved.training["step"]) == (1, 2)
    assert tree.equal(bits(resume(path, train, callbacks=[Callback()] * 3, **settings())), bits(whole))


def test_after_training_the_first_signal_counts_and_no_other(model):
    with StopOnSignal() as stop:
        stop.at_once = True
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_in_the_middle_of_a_step_writes_nothing_wrong(model, train, tmp_path):
    """Without `StopOnSignal` it may break a step off; then the checkpoint before it stays."""
    path = tmp_path / "checkpoint.npz"

    def loss(logits, batch):
        raise KeyboardInterrupt

    training = Training(tree.copy(model), Epochs(train, 16), Adam(), 2, np.random.default_rng(0), loss)
    training.callbacks = [Checkpoint(path)]
    assert training.run().interrupted and load_checkpoint(path).training["step"] == 0


def test_a_checkpoint_is_plain_arrays_and_json(model, train, tmp_path):
    path = tmp_path / "checkpoint.npz"
    fit(model, train, callbacks=[Checkpoint(path), StopAfter(2)], **settings())
    with np.load(path, allow_pickle=False) as file:
        assert json.loads(file["manifest.json"])["format"] == "mmdl checkpoint"
        assert {"moments", "model.head.W"} <= set(file.files)


def test_a_model_file_is_no_checkpoint(model, tmp_path):
    save(tmp_path / "model.npz", model)
    with pytest.raises(FormatError, match="it is no checkpoint of a training"):
        load_checkpoint(tmp_path / "model.npz")


@pytest.mark.parametrize("closed", [True, False])
def test_who_cannot_be_told_does_not_end_training(model, train, tmp_path, closed):
    folder, stream = tmp_path / "run", io.StringIO() if closed else None
    if closed:
        stream.close()
    checkpoint = Checkpoint(folder / "checkpoint.npz", minutes=0, stream=stream)
    fitted = fit(model, train, callbacks=[Vanishing(folder, 3, 9), checkpoint], **settings())
    assert len(fitted.history["loss"]) == 3


WRONG = {  # in the description of a training
    "epoch": [-1, 4, "1", None, 1.5],
    "step": [-3, 7, True],
    "history": [[], {"loss": ["x"]}, {"loss": 1}],
    "rows": [[["x"]], [[1, 2]], 5, {"a": 1}],
    "metrics": [[1], "accuracy", ["accuracy"] * 9],
    "order": [{}, 5, {"bit_generator": "PCG64", "state": {"state": "x", "inc": 1}}],
    "generators": [[], [{"bit_generator": "MT19937"}], None],
    "optimizer_steps": ["x", -1],
    "settings": [{}, [], None],
    "data": [None],
}


@pytest.mark.parametrize("name", WRONG)
def test_an_edited_checkpoint_is_refused_in_a_sentence(model, train, tmp_path, name):
    path = tmp_path / "checkpoint.npz"
    fit(model, train, **settings(), callbacks=[Checkpoint(path), StopAfter(7)])
    saved = load_checkpoint(path)
    for value in WRONG[name]:
        edited = saved._replace(training=saved.training | {name: value})
        same = {each: value for each, value in settings().items() if each not in ("batch_size", "augment")}
        training = Training(saved.model, Epochs(train, 16, settings=settings()["augment"]), **same)
        with pytest.raises(DataError, match="the checkpoint") as refusal:
            edited.restore(training)
        assert len(str(refusal.value)) < 500
