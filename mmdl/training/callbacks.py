"""Callbacks: what happens beside training, such as validation, stopping early, and showing progress."""

import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import IO, Any

from mmdl import tree
from mmdl.errors import DataError
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.terminal import progress_bar
from mmdl.training.evaluation import evaluate
from mmdl.training.loop import Training


class Callback:
    """Each method does nothing until it is overridden; `training` is everything that there is to know.

    The model's arrays go on changing; `tree.copy(training.model)` keeps them as they are.
    """

    def start(self, training: Training) -> None:
        """Before the first step; `training.steps` are those of one epoch."""

    def step(self, training: Training) -> None:
        """After step `training.step` = 1, 2, ... of an epoch; `training.loss_value` is the loss before it."""

    def epoch(self, training: Training) -> None:
        """After each epoch, when its metrics stand at the end of `training.history`."""

    def end(self, training: Training) -> None:
        """When training is over, however it ended."""

    def kept(self) -> Any:
        """What a checkpoint has to keep of this callback: a tree of arrays, or None for nothing"""
        return None

    def restore(self, kept: Any) -> None:
        """Go on from what `kept` returned when the checkpoint was written."""


class Validation(Callback):
    """Adds loss and accuracy on other examples to the history after each epoch: validation_loss, validation_accuracy

    Or what else `measure(model, examples, loss=loss)` returns: means over the examples, by name.
    """

    def __init__(
        self,
        examples: Any,
        loss: Callable[..., Any] = softmax_cross_entropy,
        measure: Callable[..., dict[str, float]] = evaluate,
    ) -> None:
        self.examples, self.loss, self.measure = examples, loss, measure

    def epoch(self, training: Training) -> None:
        found = training.ranks.means(partial(self.measure, training.model, loss=self.loss), self.examples)
        training.record({f"validation_{name}": value for name, value in found.items()})


class EarlyStopping(Callback):
    """Ends training once a metric has not fallen for `patience` epochs

    In the end, stopped or not, the model is that of the epoch with the smallest metric. What measures it, `Validation`
    for instance, has to stand before this among the callbacks.
    """

    def __init__(self, patience: int, metric: str = "validation_loss") -> None:
        self.patience, self.metric = patience, metric
        self.best: Any = None

    def epoch(self, training: Training) -> None:
        if self.metric not in training.history:
            raise DataError(f"stopping early needs {self.metric}: a callback before this one has to measure it")
        values = training.history[self.metric]
        best = values.index(min(values))
        if best == len(values) - 1:
            self.best = tree.copy(training.model)
        elif len(values) - 1 - best >= self.patience:
            training.stopped = True

    def end(self, training: Training) -> None:
        if self.best is not None:
            values = training.history[self.metric]
            training.result, training.kept = self.best, 1 + values.index(min(values))

    def kept(self) -> Any:
        return self.best

    def restore(self, kept: Any) -> None:
        self.best = kept


class StopOnSignal(Callback):
    """Ends training after the step in which Ctrl-C, SIGTERM or SIGHUP came, however often they come: `with` this

    So no step is broken off in the middle. Once `at_once` is set, after training, the first signal raises
    KeyboardInterrupt, and later ones do nothing. In other threads than the main one signals are left as they are.
    """

    SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")  # not every system has all of them

    def __init__(self) -> None:
        self.number: int | None = None  # of the first signal that came
        self.at_once = False
        self.before: dict[int, Any] = {}

    def __enter__(self) -> "StopOnSignal":
        if threading.current_thread() is threading.main_thread():
            for number in [getattr(signal, name) for name in self.SIGNALS if hasattr(signal, name)]:
                if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
                    self.before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def step(self, training: Training) -> None:
        training.interrupted = training.interrupted or self.number is not None

    def epoch(self, training: Training) -> None:
        self.step(training)

    def _note(self, number: int, frame: object) -> None:
        is_first, self.number = self.number is None, self.number or number
        if is_first and self.at_once:
            raise KeyboardInterrupt


class Progress(Callback):
    """A bar for each epoch on a terminal, a line for each epoch elsewhere

    `stream` is standard error unless given. If it cannot be written to, training goes on in silence.
    """

    def __init__(self, stream: IO[str] | None = None) -> None:
        self.stream: Any = sys.stderr if stream is None else stream
        self.bar: Any = None

    def step(self, training: Training) -> None:
        self._show(self._advance, training)

    def epoch(self, training: Training) -> None:
        self._show(self._conclude, training)

    def end(self, training: Training) -> None:
        self._show(self._close, training)

    def _show(self, how: Callable[[Training], None], training: Training) -> None:
        try:
            if self.stream is not None and training.ranks.first:
                how(training)
        except (OSError, ValueError):  # the stream is closed
            if self.bar is not None:
                self.bar.disable = True  # else it tries again when it is forgotten
            self.stream = self.bar = None

    def _advance(self, training: Training) -> None:
        if self.stream.isatty():
            if self.bar is None:
                self.bar = self._new_bar(training)
            self.bar.set_postfix_str(f"loss {training.loss_value:.3f}", refresh=False)
            self.bar.update()

    def _conclude(self, training: Training) -> None:
        history = training.history
        if self.bar is None:
            metrics = summary(history, "loss", "accuracy", "validation_loss", "validation_accuracy")
            where = f"epoch {training.epoch}/{training.epochs}"
            print(f"{where}: {metrics}, {history['seconds'][-1]:.1f} s", file=self.stream, flush=True)
        else:
            self.bar.set_postfix_str(summary(history, "accuracy", "validation_accuracy"))
            self._close(training)

    def _close(self, training: Training) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None

    def _new_bar(self, training: Training) -> Any:
        return progress_bar(
            desc=f"epoch {training.epoch + 1}/{training.epochs}",
            total=training.steps,
            initial=training.step - 1,
            file=self.stream,
            bar_format="{desc} {bar:5} {n_fmt}/{total_fmt} {elapsed}<{remaining}{postfix}",
        )


def summary(history: dict[str, list[float]], *names: str) -> str:
    """The last epoch's metrics of these names, as far as there are any, in words."""
    return ", ".join(f"{name.replace('_', ' ')} {history[name][-1]:.3f}" for name in names if name in history)
