"""What tests/training/test_mpi.py starts on several ranks: it prints what each found, and ends."""

import json
import sys
from functools import partial

import numpy as np

from mmdl import tree
from mmdl.data import batches
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.training import Adam, Training, Validation, classification, fit, loss_and_gradient
from mmdl.training.ranks import Together
from tests.training.conftest import some_examples, tiny_model
from tests.training.test_ranks import exactly, normalized


def difference(ours, theirs):
    """The largest, measured in the largest entry."""
    pairs = list(zip(tree.leaves(ours), tree.leaves(theirs), strict=True))
    largest = max(np.abs(each).max() for _, (_, each) in pairs)
    return max(float(np.abs(mine - other).max() / largest) for (_, mine), (_, other) in pairs)


def step(communicator, model, examples, size):
    """One step's gradient and loss against those of one process."""
    batch, loss = next(batches(examples, size)), classification(partial(softmax_cross_entropy, smoothing=0.1))
    training = Training(model, [batch], Adam(), 1, np.random.default_rng(0), loss, ranks=communicator)
    alone, gradient = loss_and_gradient(model, batch, loss)
    team = Together(training)
    team.begin_epoch()
    together = team.gradient(batch)
    assert (together.count, together.sums) == (alone.count, alone.sums)
    return max(difference(training.state.gradient, gradient), abs(together.value / alone.value - 1))


def epoch(communicator, model, examples, validation):
    """The model after an epoch, against one process; the last of 91 examples makes a batch by itself."""

    def program(ranks):
        how = {"optimizer": Adam(0.01), "epochs": 1, "rng": np.random.default_rng(0), "batch_size": 15, "clip": 0.5}
        return fit(model, examples, callbacks=[Validation(validation)], ranks=ranks, **how)

    alone, together = program(None), program(communicator)
    digests = communicator.allgather([array.tobytes() for _, array in tree.leaves(together.model)])
    assert all(each == digests[0] for each in digests), "not the same bits"
    assert abs(together.history["validation_loss"][0] / alone.history["validation_loss"][0] - 1) < 1e-9
    return difference(together.model, alone.model)


def main():
    """Every comparison, as one JSON object of the first rank."""
    from mpi4py import MPI

    communicator = MPI.COMM_WORLD
    single, train = tiny_model(), some_examples(90, 1).select(np.arange(91) % 90)
    (double, exact), (_, validation) = exactly(single, train), exactly(single, some_examples(40, 2))
    found = {
        "ranks": communicator.size,
        "float32": max(step(communicator, single, train, size) for size in (1, 2, 31)),
        "float64": max(step(communicator, double, exact, size) for size in (1, 2, 31)),
        "epoch": epoch(communicator, double, exact, validation),
        "normalized epoch": epoch(communicator, normalized(double), exact, validation),
    }
    if communicator.rank == 0:
        json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
