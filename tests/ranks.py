"""Ranks on threads: a communicator such as mpi4py's, for tests that need no processes."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import reduce

import numpy as np


class Communicator:
    """One rank's end: what is summed is summed in the order of the ranks."""

    def __init__(self, rank, slots, barrier):
        self.rank, self.size, self.slots, self.barrier = rank, len(slots), slots, barrier

    def allgather(self, x):
        """What each rank gave, by rank."""
        self.slots[self.rank] = x
        self.barrier.wait()
        found = list(self.slots)
        self.barrier.wait()
        return found

    def Allreduce(self, sent, array):
        """array ← Σ over the ranks, in place"""
        assert sent is None, "in place is all that is used"
        array[...] = reduce(np.add, self.allgather(array.copy()))


def on_threads(size, program):
    """program(communicator) on so many ranks at a time.  -> list of what it returned, by rank"""
    slots, barrier = [None] * size, threading.Barrier(size, timeout=60)

    def run(rank):
        try:
            return program(Communicator(rank, slots, barrier))
        except BaseException:
            barrier.abort()
            raise

    with ThreadPoolExecutor(size) as threads:
        begun = [threads.submit(run, rank) for rank in range(size)]
    errors = [each.exception() for each in begun]
    own = [error for error in errors if error is not None and not isinstance(error, threading.BrokenBarrierError)]
    if own:
        raise own[0]
    return [each.result() for each in begun]


def shared_gradient(size, model, batch, loss):
    """The loss of a batch, and its gradient as a tree like the model, that so many ranks find together."""
    from mmdl import tree
    from mmdl.training import SGD, Training
    from mmdl.training.ranks import Together

    def program(communicator):
        rng = np.random.default_rng(0)
        training = Training(tree.copy(model), [batch], SGD(), 1, rng, loss, ranks=communicator)
        team = Together(training)
        team.begin_epoch()
        return team.gradient(batch), training.state.gradient

    found = on_threads(size, program)
    for _, gradient in found:
        assert tree.equal(gradient, found[0][1])
    return found[0]
