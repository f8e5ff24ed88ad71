"""A batch in parts, each on a thread of its own: NumPy lets go of Python while it computes.

This is safe because a trace is returned and never remembered: threads share the parameters and write nothing else.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import reduce

import numpy as np

from mmdl import tree
from mmdl.errors import DataError
from mmdl.layers import training_mode
from mmdl.ops.losses import softmax_cross_entropy


@contextmanager
def shared_gradient(model, rng, count=1):
    """Lend a function of (batch, loss) -> loss, right answers, gradient that works on `count` threads

    Loss and gradient are those of the whole batch: means over its parts, weighted by their sizes and added in a fixed
    order. Every thread has its own generator for dropout, so another `count` gives other masks.

    Raises
    ------
    DataError
        If there are running statistics, as batch normalisation has: they belong to whole batches.
    """
    if count < 1:
        raise DataError(f"training needs at least one worker, not {count}")
    if count == 1:
        learner = training_mode(model, rng)
        yield lambda batch, loss: loss_and_gradient(learner, batch, loss)
        return
    if tree.running_momentum(model):
        raise DataError("batch normalisation needs whole batches: it cannot be trained by more than one worker")
    from threadpoolctl import threadpool_limits

    learners = [training_mode(model, child) for child in rng.spawn(count)]
    # BLAS with threads of its own would have them wait for each other
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(count) as threads:

        def together(batch, loss):
            parts = [part for part in np.array_split(np.arange(len(batch)), count) if len(part)]
            shares = [len(part) / len(batch) for part in parts]
            begun = [
                threads.submit(
                    copy_context().run,  # NumPy's error state goes along
                    *(loss_and_gradient, learner, batch.select(slice(part[0], part[-1] + 1)), loss, share),
                )
                for learner, part, share in zip(learners, parts, shares, strict=False)
            ]
            values, correct, gradients = zip(*(each.result() for each in begun), strict=True)
            return float(np.dot(shares, values)), sum(correct), reduce(tree.add, gradients)

        yield together


def loss_and_gradient(model, batch, loss=softmax_cross_entropy, share=1.0):
    """loss, number of right answers, share · ∂loss/∂model"""
    logits, trace = model.forward(batch)
    value, dlogits = loss(logits, batch.labels)
    if share != 1:
        dlogits = dlogits * dlogits.dtype.type(share)
    return float(value), int((logits.argmax(axis=1) == batch.labels).sum()), model.gradient(dlogits, trace)
