"""The training loop: forward, loss, backward, step, for every batch of every epoch."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.random import Generator

from mmdl import tree
from mmdl.data.batches import batches
from mmdl.errors import DataError, TrainingError
from mmdl.memory import keep_freed_memory
from mmdl.training.losses import CLASSIFICATION, BatchLoss, Loss
from mmdl.training.optimizers import Optimizer
from mmdl.training.overflow import first_overflow, largest
from mmdl.training.ranks import Alone, Ranks, Together
from mmdl.training.schedules import constant


@dataclass(eq=False)
class Training:
    """p ← p − step(∂loss/∂p) for every batch of every epoch; `run` changes the model's own arrays IN PLACE

    Parameters
    ----------
    model : anything with forward(batch) -> output, trace and backward(doutput, trace, input_gradient) -> _, gradient
    batches : Epochs, or another function of a generator that yields the batches of one epoch, as many as its `len`
    optimizer : SGD, RMSprop, Adam or AdamW
    epochs : int
    rng : numpy.random.Generator
        Shuffles and drops. The same state gives the same bits.
    loss : function of the model's output and the batch -> BatchLoss
    schedule : function of step and number of steps
        What the optimizer's rate is multiplied by, see `mmdl.training.schedules`.
    clip : float, optional
        Largest norm of the gradient.
    ranks : communicator, optional
        Of the processes that share each batch, `mpi4py.MPI.COMM_WORLD` for instance: see `mmdl.training.ranks`. The
        same number of them gives the same bits.
    skip_bad_steps : bool
        Leave out a step whose loss or gradient is not finite, and count it, instead of ending with an error.
    callbacks : sequence of Callback

    Attributes
    ----------
    state : State
        What the optimizer remembers; it begins anew unless given.
    epoch, step : int
        How many epochs are complete, and how many steps of the next one.
    steps : int
        Of one epoch.
    loss_value : float
        Of the last step.
    history : dict of lists, one entry an epoch
        Means over each epoch: loss, the metrics that the loss counts, learning_rate, gradient_norm (before clipping),
        seconds; and what callbacks `record`.
    stopped : bool
        A callback sets it to end training after this epoch.
    interrupted : bool
        Whether it was ended early by Ctrl-C or by a callback that set this.
    result : the model that training ends with, if not the one that it has come to; `EarlyStopping` sets it
    kept : int, optional
        The epoch, from 1 on, after which `result` was so.
    """

    model: Any
    batches: Any
    optimizer: Optimizer
    epochs: int
    rng: Generator
    loss: Loss = CLASSIFICATION
    schedule: Callable[[int, int], float] = constant
    clip: float | None = None
    ranks: Any = None  # becomes Ranks
    skip_bad_steps: bool = False
    callbacks: Sequence[Any] = ()
    state: Any = None  # State

    epoch: int = field(default=0, init=False)
    step: int = field(default=0, init=False)
    loss_value: float = field(default=math.nan, init=False)
    history: dict[str, list[float]] = field(default_factory=dict, init=False)
    stopped: bool = field(default=False, init=False)
    interrupted: bool = field(default=False, init=False)
    result: Any = field(default=None, init=False)
    kept: int | None = field(default=None, init=False)
    skipped: int = field(default=0, init=False)
    rows: list[tuple[float, ...]] = field(default_factory=list, init=False)  # of this epoch's steps so far
    seconds: float = field(default=0.0, init=False)  # of this epoch so far
    order: Any = field(default=None, init=False)  # the generator's state from which this epoch's batches were drawn
    metrics: tuple[str, ...] = field(default=(), init=False)  # that the loss counts
    settled: bool = field(default=False, init=False)  # ended as it was asked to, between two steps

    def __post_init__(self) -> None:
        self.steps = len(self.batches)
        self.ranks = Ranks(self.ranks)
        if self.state is None:
            self.state = self.optimizer.start(self.model)

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")  # what comes of these is found and named below
    def run(self) -> "Training":
        """Train from the current state until the last epoch, a callback's stop, or Ctrl-C.  -> itself

        Raises
        ------
        TrainingError
            If the loss or the gradient is not finite; it names the parameter where that began, epoch and step.
        """
        keep_freed_memory()
        team = Alone(self) if self.ranks.size == 1 else Together(self)
        with team.limits():
            try:
                team.check()
                self._tell("start")
                while self.epoch < self.epochs and not (self.stopped or self.interrupted):
                    self._run_epoch(team)
            except KeyboardInterrupt:
                self.interrupted = True
            finally:
                self._tell("end")
        return self

    def record(self, metrics: dict[str, float]) -> None:
        """Add metrics of the epoch that has just ended to the history; TrainingError if one of them is not finite."""
        for name, value in metrics.items():
            if not math.isfinite(value):
                raise TrainingError(
                    f"the {name.replace('_', ' ')} became {value} after epoch {self.epoch}; {self._advice()}"
                )
            self.history.setdefault(name, []).append(value)

    def _run_epoch(self, team: Alone) -> None:
        begun = time.perf_counter() - self.seconds
        for batch in self._rest_of_epoch(team):
            self._run_step(batch, team)
            self.seconds = time.perf_counter() - begun
            self._tell("step")
            if team.is_over():
                self.settled = True
                return
        team.check()
        if not self.rows:
            raise TrainingError(f"no step of epoch {self.epoch + 1} had a finite loss and gradient")
        metrics = self._means() | {"seconds": self.seconds}
        self.epoch, self.step, self.rows, self.seconds = self.epoch + 1, 0, [], 0.0
        self.record(metrics)
        self._tell("epoch")
        team.agree()

    def _rest_of_epoch(self, team: Alone) -> Iterator[Any]:
        """The remaining batches of this epoch; after a resume, those already done are drawn again and skipped."""
        if self.step == 0:
            self.order = self.rng.bit_generator.state
            team.begin_epoch()
            return self.batches(self.rng)
        now, self.rng.bit_generator.state = self.rng.bit_generator.state, self.order
        team.begin_epoch()
        rest = self.batches(self.rng)
        for _ in islice(rest, self.step):
            pass
        self.rng.bit_generator.state = now
        return rest

    def _run_step(self, batch: Any, team: Alone) -> None:
        rate = self.rate
        measured = team.gradient(batch)
        self.step, self.loss_value, norm = self.step + 1, measured.value, math.nan
        if math.isfinite(measured.value):  # the optimizer refuses a gradient that is not
            norm = self.optimizer.move(self.model, self.state, rate, self.clip)
        if math.isfinite(norm):
            self.rows.append((float(measured.count), measured.value, rate, norm, *map(float, measured.sums.values())))
            self.metrics = tuple(measured.sums)
        elif self.skip_bad_steps:
            self.skipped += 1
        else:
            self._refuse(measured, batch)

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        return self.optimizer.rate * self.schedule(self.epoch * self.steps + self.step, self.epochs * self.steps)

    def _means(self) -> dict[str, float]:
        """Over the examples, or tokens, of an epoch; of what belongs to a step, over its steps."""
        counts, losses, rates, norms, *sums = np.array(self.rows, float).T
        total = counts.sum()
        return {
            "loss": float(losses @ counts / total),
            **{name: float(column.sum() / total) for name, column in zip(self.metrics, sums, strict=True)},
            "learning_rate": float(rates.mean()),
            "gradient_norm": float(norms.mean()),
        }

    def _refuse(self, measured: BatchLoss, batch: Any) -> NoReturn:
        """Name what is not finite: a parameter, or a layer's output, or else the last gradient: backward starts there.

        If all of them are finite, only the loss is not, and the largest gradient is named.
        """
        what = f"gradient became {math.nan}" if math.isfinite(measured.value) else f"loss became {measured.value}"
        parameters, gradients = (
            [path for path, array in tree.leaves(each) if not np.isfinite(array).all()]
            for each in (self.model, self.state.gradient)
        )
        if parameters:
            where = f"through {parameters[0]}"
        elif layer := first_overflow(self.model, batch):
            where = f"first in the output of {layer}"
        else:
            where = f"from {gradients[-1]} on" if gradients else f"most steeply at {largest(self.state.gradient)}"
        raise TrainingError(f"the {what} in epoch {self.epoch + 1}, step {self.step}, {where}; {self._advice()}")

    def _advice(self) -> str:
        return f"clipping, or a smaller learning rate than {self.optimizer.rate:.3g}, may help"

    def _tell(self, what: str) -> None:
        for callback in self.callbacks:
            getattr(callback, what)(self)


@dataclass(frozen=True, eq=False)
class Epochs:
    """The mini-batches of one epoch after another, shuffled: `epochs(rng)` yields the ⌈examples / size⌉ of the next."""

    examples: Any
    batch_size: int = 32
    batches: Callable[..., Iterator[Any]] = batches  # another one is `mmdl.data.distinct.pairs`
    settings: dict[str, float] = field(default_factory=dict)  # what else `batches` takes, such as word_dropout

    def __post_init__(self) -> None:
        if not len(self.examples):
            raise DataError("there are no examples to learn from")
        if self.batch_size < 1:
            raise DataError(f"a batch needs at least one example, not {self.batch_size}")

    def __len__(self) -> int:
        return math.ceil(len(self.examples) / self.batch_size)

    def __call__(self, rng: Generator) -> Iterator[Any]:
        return self.batches(self.examples, self.batch_size, rng, **self.settings)


class Fitted(NamedTuple):
    """A trained model and how it got there."""

    model: Any
    history: dict[str, list[float]]  # one entry an epoch that was completed
    interrupted: bool = False  # by Ctrl-C
    skipped: int = 0  # steps that were left out, because their loss or gradient was not finite
    kept: int | None = None  # the epoch, from 1 on, whose model this is, where `EarlyStopping` has chosen it


def fit(
    model: Any,
    train: Any,
    *,
    batch_size: int = 32,
    batches: Callable[..., Iterator[Any]] = batches,
    augment: dict[str, float] | None = None,
    **settings: Any,
) -> Fitted:
    """p ← p − step(∂loss/∂p), over shuffled mini-batches; what is trained is a copy of the model

    Parameters
    ----------
    model, optimizer, epochs, rng, loss, schedule, clip, ranks, skip_bad_steps, callbacks
        See `Training`. `Validation`, `EarlyStopping`, `Progress` and `Checkpoint` are callbacks.
    train : Examples
    batch_size, batches, augment
        See `Epochs`; `augment` holds its settings.

    Returns
    -------
    Fitted
        Ctrl-C ends training, not the program: `interrupted` is True and the model as far as it got.

    Raises
    ------
    TrainingError
        If the loss or the gradient is not finite; it names epoch and step.
    """
    epochs = Epochs(train, batch_size, batches, augment or {})
    return fitted(Training(tree.copy(model), epochs, **settings).run())


def fitted(training: Training) -> Fitted:
    """What came out of a training."""
    model = training.model if training.result is None else training.result
    return Fitted(model, training.history, training.interrupted, training.skipped, training.kept)
