"""Data-parallel training: every rank, a process with a whole model of its own, learns from its share of each batch.

    # program.py, started by  mpiexec -n 4 python -m mpi4py program.py
    from mpi4py import MPI

    fitted = fit(model, train, optimizer=Adam(1e-3), epochs=5, rng=np.random.default_rng(0), ranks=MPI.COMM_WORLD)

All ranks run the same program: they make the same model, read the same examples and, from generators with the same
seed, draw the same batches. In each step a rank computes the gradient of the *sum* of its share's losses. The gradient
of a sum is the sum of gradients, so one collective, an Allreduce of the row in which `State` gathers the gradient,
makes it that of the whole batch; a few numbers in front of the row bring along how many examples (or tokens) there
were, and all divide by that. What follows, clipping included, every rank does by itself with the same bits: the models
stay equal, and nothing else is ever sent. Batch normalisation adds up its sums as well (a picture that examples of two
ranks show, where batches go by picture, is read by both and counts twice), and a contrastive model the unit vectors of
the whole batch; another loss that compares examples sees those of a share.

A communicator is mpi4py's, or anything with `rank`, `size`, `Allreduce(None, array)`, which adds up the array of all
ranks in place, and `allgather(x)`, which returns the list of what each rank gave.
"""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from typing import Any

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence

from mmdl import tree
from mmdl.errors import TrainingError
from mmdl.layers import training_mode
from mmdl.shapes import Array
from mmdl.training.losses import BatchLoss, loss_and_gradient


class Ranks:
    """The processes that train a model together: this one is number `rank` of `size`, 0 of 1 if there is no other"""

    def __init__(self, communicator: Any = None) -> None:
        self.communicator = communicator
        self.rank: int = 0 if communicator is None else communicator.rank
        self.size: int = 1 if communicator is None else communicator.size

    @property
    def first(self) -> bool:
        """Whether this is the one that prints and writes files."""
        return self.rank == 0

    def share(self, count: int) -> slice:
        """Which of so many examples are this rank's: one more or less than any other's, perhaps none"""
        return slice(count * self.rank // self.size, count * (self.rank + 1) // self.size)

    def total(self, array: Array) -> Array:
        """array ← Σ over the ranks of their arrays, in place; all get the same bits.  -> array"""
        self.communicator.Allreduce(None, array)  # None: in place
        return array

    def gathered(self, each: Any) -> list[Any]:
        """What each rank gave, by rank."""
        return [each] if self.size == 1 else self.communicator.allgather(each)

    def part(self, examples: Any) -> Any:
        """This rank's share of some examples"""
        return examples.select(self.share(len(examples)))

    def means(self, measure: Callable[[Any], dict[str, float]], examples: Any) -> dict[str, float]:
        """measure(examples), a dictionary of means over examples, of which every rank measures its share"""
        if self.size == 1:
            return measure(examples)
        part = self.part(examples)
        found = self.gathered((len(part), measure(part) if len(part) else {}))
        return {name: sum(n * means[name] for n, means in found if n) / len(examples) for name in found[-1][1]}


class Alone:
    """A step of one process."""

    def __init__(self, training: Any) -> None:
        self.training = training
        self.learner = training_mode(training.model, training.rng)

    def begin_epoch(self) -> None:
        """Nothing is drawn but from the training's own generator."""

    def gradient(self, batch: Any) -> BatchLoss:
        """Leave the gradient of the batch in the row of the training's state.  -> its loss"""
        measured, gradient = loss_and_gradient(self.learner, batch, self.training.loss)
        self.training.state.gather(gradient)
        return measured

    def is_over(self) -> bool:
        """Whether training ends after this step."""
        return bool(self.training.interrupted)

    def check(self) -> None:
        """One process has nothing to compare."""

    def agree(self) -> None:
        """One process has nothing to agree on."""

    def limits(self) -> AbstractContextManager[Any]:
        """What holds while training runs: BLAS may use threads."""
        return nullcontext()


class Together(Alone):
    """One rank's part in a step of several."""

    def __init__(self, training: Any) -> None:
        self.training, self.ranks = training, training.ranks
        self.bits = PCG64()
        self.learner = training_mode(training.model, Generator(self.bits), self._total)

    def begin_epoch(self) -> None:
        """Spawn the rank's own generator for dropout; that of the batches, which all draw alike, is left as it is."""
        key = int(deepcopy(self.training.rng).integers(1 << 63))
        self.start = PCG64(SeedSequence([key, self.ranks.rank])).state

    def gradient(self, batch: Any) -> BatchLoss:
        """Leave the gradient of the whole batch in the row of the training's state.  -> the loss of the whole batch"""
        state = self.training.state
        self.bits.state = self.start
        self.bits.advance(self.training.step << 64)  # a step's numbers do not depend on where training was resumed
        share = self.ranks.share(len(batch))
        self.weight = int(share.start < share.stop)
        part = batch.select(share if self.weight else slice(0, 1))  # who has nothing to do goes along with weight zero
        y, trace = self.learner.forward(part)
        measured = self.training.loss(y, part)
        count = self.weight * measured.count
        dy = measured.gradient * measured.gradient.dtype.type(count)  # of the sum, not of the mean
        g = state.gather(self.learner.backward(dy, trace, input_gradient=False)[1])
        g *= self.weight
        sums = [self.weight * each for each in measured.sums.values()]
        head = state.head[: 3 + len(sums)]
        head[:] = self.training.interrupted, count, count * measured.value, *sums
        self.ranks.total(state.message)
        asked, total, value, *sums = head.tolist()
        g /= total
        self.asked_to_stop = asked > 0
        return measured._replace(
            value=value / total, count=round(total), sums=dict(zip(measured.sums, sums, strict=True))
        )

    def is_over(self) -> bool:
        """Whether training ends after this step: a request to stop reaches all with the next gradient."""
        self.training.interrupted = self.training.interrupted or self.asked_to_stop
        return self.asked_to_stop

    def check(self) -> None:
        """TrainingError unless model, moments and generator have the same bits on all ranks"""
        training, digest = self.training, hashlib.sha256()
        for _, array in tree.distinct(training.model):
            digest.update(np.ascontiguousarray(array).data)
        digest.update(training.state.rows[1:].data)
        digest.update(repr((training.rng.bit_generator.state, training.steps, training.epoch, training.step)).encode())
        found = self.ranks.gathered(digest.digest())
        if others := [rank for rank, each in enumerate(found) if each != found[0]]:
            raise TrainingError(
                f"rank {others[0]} is not where rank 0 is after epoch {training.epoch}: all ranks must begin with the "
                "same model, examples and seed, and compute with the same libraries"
            )

    def agree(self) -> None:
        """If one rank is to end training after an epoch, all end it."""
        ends = self.ranks.gathered((self.training.stopped, self.training.interrupted))
        self.training.stopped, self.training.interrupted = map(any, zip(*ends, strict=True))

    def limits(self) -> AbstractContextManager[Any]:
        """BLAS on one thread: the cores are the ranks'."""
        from threadpoolctl import threadpool_limits

        limits: AbstractContextManager[Any] = threadpool_limits(1, "blas")
        return limits

    def _total(self, sums: Array) -> Array:
        """Batch normalisation's sums over the examples of all ranks; a borrowed example does not count."""
        return self.ranks.total(sums * self.weight)
