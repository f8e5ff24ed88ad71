"""Progress: lines in a file, bars on a terminal."""

import gc
import io
import re
import signal
import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from mmdl.training import SGD, Callback, Progress, StopOnSignal, Validation, fit
from mmdl.training.ranks import Ranks


class Terminal(io.StringIO):
    def isatty(self):
        return True


class CtrlC(Callback):
    def step(self, training):
        raise KeyboardInterrupt


def run(model, train, stream, validation=None, others=()):
    rng = np.random.default_rng(0)
    before = [] if validation is None else [Validation(validation)]
    callbacks = (*before, Progress(stream), *others)
    fit(model, train, optimizer=SGD(), epochs=2, batch_size=45, rng=rng, callbacks=callbacks)
    return stream.getvalue()


def test_elsewhere_a_line_an_epoch(model, train, validation):
    lines = run(model, train, io.StringIO(), validation).splitlines()
    number = r"\d+\.\d{3}"
    for epoch, line in enumerate(lines, 1):
        assert re.fullmatch(
            rf"epoch {epoch}/2: loss {number}, accuracy {number}, "
            rf"validation loss {number}, validation accuracy {number}, \d+\.\d s",
            line,
        )
    assert len(lines) == 2


def test_a_line_tells_of_the_epoch_that_has_just_ended_and_can_be_read_at_once(tmp_path):
    """By who follows the file."""
    history = {"loss": [3.0, 2.0], "accuracy": [0.1, 0.2], "seconds": [30.0, 20.0]}
    with open(tmp_path / "log", "w", encoding="utf-8") as stream:
        Progress(stream).epoch(SimpleNamespace(history=history, epoch=2, epochs=9, ranks=Ranks()))
        told = (tmp_path / "log").read_text(encoding="utf-8")
    assert told == "epoch 2/9: loss 2.000, accuracy 0.200, 20.0 s\n"


def test_without_validation_nothing_is_said_of_it(model, train):
    assert "validation" not in run(model, train, io.StringIO())


def test_on_a_terminal_a_bar_an_epoch(model, train, validation):
    shown = run(model, train, Terminal(), validation)
    bars = [line.split("\r")[-1] for line in shown.removesuffix("\n").split("\n")]
    assert len(bars) == 2
    for epoch, bar in enumerate(bars, 1):
        assert bar.startswith(f"epoch {epoch}/2") and "2/2" in bar and "validation accuracy" in bar


def test_bar_is_closed_when_training_is_interrupted(model, train):
    stream = Terminal()
    assert run(model, train, stream, others=(CtrlC(),)).endswith("\n")


def test_standard_error_is_the_default(model, train, capsys):
    fit(model, train, optimizer=SGD(), epochs=1, rng=np.random.default_rng(0), callbacks=(Progress(),))
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("epoch 1/1: loss")


class Closed(io.StringIO):
    """A stream whose reader goes away after so many characters."""

    def __init__(self, room, terminal=False):
        super().__init__()
        self.room, self.terminal = room, terminal

    def isatty(self):
        return self.terminal

    def write(self, text):
        self.room -= len(text)
        if self.room < 0:
            raise BrokenPipeError("nobody reads this")
        return super().write(text)


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("room", [0, 60])
def test_training_goes_on_when_nobody_reads_any_more(model, train, room, terminal, monkeypatch):
    """And nobody complains when the bar is forgotten."""
    stream, complaints = Closed(room, terminal), []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    fitted = fit(model, train, optimizer=SGD(), epochs=3, rng=np.random.default_rng(0), callbacks=[Progress(stream)])
    gc.collect()
    assert len(fitted.history["loss"]) == 3 and complaints == []


def test_a_closed_stream(model, train):
    stream = io.StringIO()
    stream.close()
    fit(model, train, optimizer=SGD(), epochs=1, rng=np.random.default_rng(0), callbacks=[Progress(stream)])


def test_signals_are_left_alone_where_they_are_ignored_and_beside_the_main_thread():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as under nohup
    try:
        with StopOnSignal() as stop:
            assert signal.SIGHUP not in stop.before and signal.SIGTERM in stop.before
    finally:
        signal.signal(signal.SIGHUP, before)
    found = []

    def beside():
        with StopOnSignal() as stop:
            found.append(stop.before)

    thread = threading.Thread(target=beside)
    thread.start()
    thread.join()
    assert found == [{}]


def test_signals_that_the_system_has_not(monkeypatch):
    monkeypatch.delattr(signal, "SIGHUP")
    with StopOnSignal() as stop:
        assert list(stop.before) == [signal.SIGINT, signal.SIGTERM]
