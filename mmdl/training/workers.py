"""A batch in parts, each on a thread of its own: NumPy releases Python's lock while it computes.

This is safe because a trace is returned and never remembered: threads share the parameters and write nothing else.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial, reduce
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator

from mmdl import tree
from mmdl.errors import DataError
from mmdl.layers import training_mode
from mmdl.training.losses import CLASSIFICATION, BatchLoss, Loss


class Gradients(NamedTuple):
    """What computes the gradient of a batch, and the generators that dropout draws from meanwhile."""

    of: Callable[[Any, Loss], tuple[BatchLoss, Any]]  # batch, loss -> what the loss returned, gradient of the model
    generators: list[Generator]


@contextmanager
def shared_gradient(model: Any, rng: Generator, count: int = 1) -> Iterator[Gradients]:
    """Lend a function of (batch, loss) -> BatchLoss, gradient that works on `count` threads

    Loss and gradient are those of the whole batch: means over its parts, weighted by what each is a mean over and added
    in a fixed order. Every thread has its own generator for dropout, so another `count` gives other masks.

    Raises
    ------
    DataError
        If there are running statistics, as batch normalisation has: they belong to whole batches.
    """
    if count < 1:
        raise DataError(f"training needs at least one worker, not {count}")
    if count == 1:
        learner = training_mode(model, rng)
        yield Gradients(lambda batch, loss: loss_and_gradient(learner, batch, loss), [rng])
        return
    if tree.running_momentum(model):
        raise DataError("batch normalisation needs whole batches: it cannot be trained by more than one worker")
    from threadpoolctl import threadpool_limits

    generators = rng.spawn(count)
    learners = [training_mode(model, child) for child in generators]
    # BLAS with threads of its own would have them wait for each other
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(count) as threads:

        def together(batch: Any, loss: Loss) -> tuple[BatchLoss, Any]:
            parts = [part for part in np.array_split(np.arange(len(batch)), count) if len(part)]
            begun = [
                threads.submit(
                    copy_context().run,  # NumPy's error state goes along
                    partial(loss_and_gradient, learner, batch.select(slice(part[0], part[-1] + 1)), loss),
                )
                for learner, part in zip(learners, parts, strict=False)
            ]
            return _joined([each.result() for each in begun])

        yield Gradients(together, [rng, *generators])


def loss_and_gradient(model: Any, batch: Any, loss: Loss = CLASSIFICATION) -> tuple[BatchLoss, Any]:
    """What the loss says of the model's output for a batch, and its gradient, a tree like the model"""
    output, trace = model.forward(batch)
    measured = loss(output, batch)
    _, gradient = model.backward(measured.gradient, trace, input_gradient=False)
    return measured, gradient


def _joined(found: list[tuple[BatchLoss, Any]]) -> tuple[BatchLoss, Any]:
    """The loss and the gradient of a batch from those of its parts."""
    losses, gradients = zip(*found, strict=True)
    total = sum(each.count for each in losses)
    shares = [each.count / total for each in losses]
    value = float(np.dot(shares, [each.value for each in losses]))
    sums = {name: sum(each.sums[name] for each in losses) for name in losses[0].sums}
    weighted = [
        tree.map(lambda g, s=share: g * g.dtype.type(s), each) for share, each in zip(shares, gradients, strict=True)
    ]
    return losses[0]._replace(value=value, count=total, sums=sums), reduce(tree.add, weighted)
