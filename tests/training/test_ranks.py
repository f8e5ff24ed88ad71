"""Ranks share each batch: the gradient, and the loss, of the whole, with the same bits on all of them."""

import warnings
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from mmdl import tree
from mmdl.data import batches
from mmdl.errors import TrainingError
from mmdl.layers import BatchNorm, Dropout, Flatten, Sequential
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.training import (
    SGD,
    Adam,
    BatchLoss,
    Callback,
    Checkpoint,
    EarlyStopping,
    Epochs,
    Progress,
    Training,
    Validation,
    classification,
    evaluate,
    fit,
    loss_and_gradient,
    resume,
)
from mmdl.training.ranks import Alone, Ranks, Together
from tests.ranks import Communicator, on_threads, shared_gradient
from tests.training.test_resuming import StopAfter, bits, settings

SMOOTH = classification(partial(softmax_cross_entropy, smoothing=0.1))


def exactly(model, examples):
    """Both in double precision."""
    images = (examples.inputs["image"] / 255).astype(np.float64)
    return tree.map(lambda array: array.astype(np.float64), model), replace(
        examples, inputs=examples.inputs | {"image": images}
    )


def normalized(model):
    """Batch normalisation of every picture's features, and of what is fused."""
    *layers, flat, dense, relu = model.modalities["image"].encoder.layers
    assert isinstance(flat, Flatten)
    norm = BatchNorm.init(4, dtype=dense.W.dtype)
    image = replace(model.modalities["image"], encoder=Sequential((*layers, norm, flat, dense, relu)))
    head = Sequential((BatchNorm.init(16, momentum=0.9, dtype=dense.W.dtype), model.head))
    return replace(model, modalities=model.modalities | {"image": image}, head=head)


def dropping(model):
    """Dropout before the head."""
    return replace(model, head=Sequential((Dropout(0.5), model.head)))


def assert_near(ours, theirs, tolerance):
    """No entry differs by more than the tolerance times the largest of all."""
    pairs = list(zip(tree.leaves(ours), tree.leaves(theirs), strict=True))
    largest = max(np.abs(each).max() for _, (_, each) in pairs)
    for (path, mine), (_, other) in pairs:
        assert np.abs(mine - other).max(initial=0) <= tolerance * largest, path


@pytest.mark.parametrize("size", [2, 3, 7])
@pytest.mark.parametrize("count", [1, 2, 31])
@pytest.mark.parametrize("kind", [lambda model: model, normalized])
def test_loss_and_gradient_are_those_of_the_whole_batch(model, train, size, count, kind):
    """In shares that are not equally large, empty ones among them."""
    if count == 1 and kind is normalized:
        count = 2  # of one example the normalized features are zero
    for tolerance, (network, examples) in ((1e-6, (model, train)), (1e-12, exactly(model, train))):
        network, batch = kind(network), next(batches(examples, count))
        whole, gradient = shared_gradient(1, network, batch, SMOOTH)
        shared, together = shared_gradient(size, network, batch, SMOOTH)
        assert shared.value == pytest.approx(whole.value, rel=10 * tolerance)
        assert (shared.count, shared.sums) == (whole.count, whole.sums)
        assert_near(together, gradient, 10 * tolerance if kind is normalized else tolerance)


def test_one_rank_is_none(model, train):
    batch = next(batches(train, 20))
    measured, gradient = loss_and_gradient(model, batch)
    shared, alone = shared_gradient(1, model, batch, classification())
    assert shared.value == pytest.approx(measured.value, rel=1e-6)
    assert_near(alone, gradient, 1e-6)


@pytest.mark.parametrize("kind", [lambda model: model, normalized])
def test_a_share_may_lack_a_modality(model, train, kind):
    """Even then its part of the network takes part in sums over the batch."""
    model, examples = exactly(model, train)
    batch = next(batches(examples, 8))
    seen = np.arange(8) >= 4
    batch = replace(batch, present=batch.present | {"image": seen})
    whole, gradient = shared_gradient(1, kind(model), batch, SMOOTH)
    shared, together = shared_gradient(2, kind(model), batch, SMOOTH)
    assert shared.value == pytest.approx(whole.value, rel=1e-12)
    assert_near(together, gradient, 1e-11)


def test_nobody_may_have_a_modality(model, train):
    batch = next(batches(train, 8))
    batch = replace(batch, present=batch.present | {"image": np.zeros(8, bool)})
    _, gradient = shared_gradient(1, normalized(model), batch, SMOOTH)
    _, together = shared_gradient(2, normalized(model), batch, SMOOTH)
    assert_near(together, gradient, 1e-5)


@pytest.mark.parametrize("size", [2, 3])
def test_shares_count_by_what_their_means_are_over(model, train, size):
    """A loss over words, of which shares do not have equally many."""
    model, examples = exactly(model, train)
    batch = next(batches(examples, 20))

    def over_words(logits, batch):
        words = batch["text"].mask.sum(axis=1)
        return BatchLoss(
            float(words @ logits[:, 0] / words.sum()), words[:, None] * [[1.0, 0, 0]] / words.sum(), words.sum(), {}
        )

    whole, gradient = loss_and_gradient(model, batch, over_words)
    shared, together = shared_gradient(size, model, batch, over_words)
    assert shared.value == pytest.approx(whole.value, rel=1e-12) and shared.count == batch["text"].mask.sum()
    assert_near(together, gradient, 1e-12)


@pytest.mark.parametrize("count, size", [(0, 1), (1, 2), (5, 2), (7, 3), (3, 7), (12, 4)])
def test_shares_are_all_and_nearly_equal(count, size):
    class End:
        def __init__(self, rank):
            self.rank, self.size = rank, size

    shares = [np.arange(count)[Ranks(End(rank)).share(count)] for rank in range(size)]
    np.testing.assert_array_equal(np.concatenate(shares), np.arange(count))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize("size", [2, 3, 4])
@pytest.mark.parametrize("kind", [lambda model: model, normalized])
def test_an_epoch_is_that_of_one_process(model, train, validation, size, kind):
    """91 examples: the last batch has a single one."""
    model, train = exactly(model, train.select(np.arange(91) % 90))
    model, validation = kind(model), exactly(model, validation)[1]

    def program(communicator=None):
        how = {"optimizer": Adam(0.01), "epochs": 2, "rng": np.random.default_rng(0), "batch_size": 15, "clip": 0.5}
        check = [Validation(validation)]
        return fit(model, train, callbacks=check, augment={"modality_dropout": 0.2}, ranks=communicator, **how)

    whole, found = program(), on_threads(size, program)
    for each in found:
        assert tree.equal(bits(each), bits(found[0]))
    assert_near(found[0].model, whole.model, 1e-9)
    for name, values in bits(whole)[1].items():
        np.testing.assert_allclose(found[0].history[name], values, rtol=1e-9, err_msg=name)


def test_same_seed_same_bits_with_dropout_and_another_number_other_bits(model, train):
    def program(communicator=None, seed=3):
        how = {"optimizer": Adam(0.01), "epochs": 2, "rng": np.random.default_rng(seed), "batch_size": 16}
        return fit(dropping(model), train, ranks=communicator, **how).model

    first, again = (on_threads(2, program)[0] for _ in range(2))
    other = on_threads(2, partial(program, seed=4))[0]
    assert tree.equal(first, again)
    assert not tree.equal(first, other) and not tree.equal(first, on_threads(3, program)[0])


def test_ranks_drop_different_numbers_in_every_step(model, train):
    drawn = {}

    class Recorded(Dropout):
        def forward(self, x):
            y, mask = super().forward(x)
            drawn.setdefault(mask.tobytes(), 0)
            drawn[mask.tobytes()] += 1
            return y, mask

    model = replace(model, head=Sequential((Recorded(0.5), model.head)))
    how = {"optimizer": SGD(0.1), "epochs": 2, "batch_size": 30}
    on_threads(2, lambda ranks: fit(model, train, rng=np.random.default_rng(0), ranks=ranks, **how))
    assert len(drawn) == 12 and set(drawn.values()) == {1}  # two ranks, two epochs, three steps


@pytest.mark.parametrize("stop", [1, 6, 7, 12, 17])
def test_stopped_and_resumed_it_ends_with_the_same_bits(model, train, validation, tmp_path, stop):
    """One rank wishes to stop, and all do: in the middle of an epoch after one step more."""
    model = dropping(normalized(model))

    def callbacks(folder, *more):
        return [Validation(validation), EarlyStopping(5), Checkpoint(tmp_path / folder / "checkpoint.npz"), *more]

    def program(communicator, **more):
        return fit(model, train, **settings(), ranks=communicator, **more)

    def stopped(communicator):
        last = [StopAfter(stop)] if communicator.rank == 1 else [Callback()]
        return program(communicator, callbacks=callbacks("it", *last))

    def again(communicator):
        how = {"callbacks": callbacks("it", Callback()), "ranks": communicator}
        return resume(tmp_path / "it" / "checkpoint.npz", train, **settings(), **how)

    whole = on_threads(2, partial(program, callbacks=callbacks("other")))[0]
    first = on_threads(2, stopped)
    assert all(each.interrupted for each in first) and tree.equal(bits(first[0]), bits(first[1]))
    for other in (1, 3):
        copy = (tmp_path / "it" / "checkpoint.npz").read_bytes()
        on_threads(other, again)
        (tmp_path / "it" / "checkpoint.npz").write_bytes(copy)
    resumed = on_threads(2, again)
    assert tree.equal(bits(resumed[0]), bits(whole)) and tree.equal(bits(resumed[1]), bits(whole))


def test_what_one_rank_asks_for_after_a_step_all_do_after_the_next(model, train):
    """The request goes along with the gradient, and finds all of them between two steps."""

    def program(communicator):
        ask = StopAfter(2) if communicator.rank == 1 else Callback()
        rng = np.random.default_rng(0)
        how = {"ranks": communicator, "callbacks": [ask]}
        training = Training(tree.copy(model), Epochs(train, 30), SGD(0.1), 2, rng, **how).run()
        return training.interrupted, training.settled, training.epoch, training.step

    assert on_threads(3, program) == [(True, True, 0, 3)] * 3


def test_one_process_measures_by_itself():
    """What is measured is what is said: no bit is lost in a mean over one share."""
    assert Ranks().means(lambda examples: {"loss": 0.1}, range(3)) == {"loss": 0.1} != {"loss": 3 * 0.1 / 3}


def test_libraries_use_one_thread_while_ranks_learn(model, train):
    from threadpoolctl import threadpool_info, threadpool_limits

    def threads():
        return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}

    rng = np.random.default_rng(0)
    training = Training(model, Epochs(train), SGD(), 1, rng, ranks=Communicator(0, [None, None], None))
    with threadpool_limits(2, "blas"):
        if threads() != {2}:
            pytest.skip("the library for linear algebra here is not one that can be told")
        with Alone(training).limits():
            assert threads() == {2}
        with Together(training).limits():
            assert threads() == {1}


def test_what_one_rank_stops_all_stop(model, train):
    class Enough(Callback):
        def epoch(self, training):
            training.stopped = training.ranks.rank == 1

    how = {"optimizer": SGD(0.1), "epochs": 4, "callbacks": [Enough()]}
    for fitted in on_threads(3, lambda ranks: fit(model, train, rng=np.random.default_rng(0), ranks=ranks, **how)):
        assert len(fitted.history["loss"]) == 1 and not fitted.interrupted


def test_one_rank_speaks_and_writes(model, train, tmp_path, capsys):
    def program(communicator):
        checkpoint = Checkpoint(tmp_path / f"{communicator.rank}.npz")
        how = {"optimizer": SGD(0.1), "epochs": 2, "rng": np.random.default_rng(0)}
        fit(model, train, callbacks=[Progress(), checkpoint], ranks=communicator, **how)

    on_threads(2, program)
    assert [each.name for each in tmp_path.iterdir()] == ["0.npz"]
    assert capsys.readouterr().err.count("\n") == 2


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("count", [1, 2, 40])
def test_every_rank_validates_its_share(model, validation, size, count):
    seen, examples = [], validation.select(np.arange(count))

    def measure(share):
        seen.append(len(share))
        return evaluate(model, share)

    found = on_threads(size, lambda communicator: Ranks(communicator).means(measure, examples))
    assert sum(seen) == count and max(seen) == -(-count // size)
    for each in found:
        assert each == found[0] == pytest.approx(evaluate(model, examples), rel=1e-6)


def test_who_begins_elsewhere_is_found(model, train):
    def program(communicator):
        return fit(
            model,
            train,
            optimizer=SGD(),
            epochs=1,
            rng=np.random.default_rng(communicator.rank // 2),
            ranks=communicator,
        )

    with pytest.raises(TrainingError, match="rank 2 is not where rank 0 is after epoch 0: all ranks must begin"):
        on_threads(3, program)


def test_who_drifts_away_is_found(model, train):
    class Drift(Callback):
        def step(self, training):
            if training.ranks.rank == 1 and (training.epoch, training.step) == (1, 2):
                training.model.head.b[:] += 1

    def program(communicator):
        how = {"optimizer": SGD(), "epochs": 3, "rng": np.random.default_rng(0), "callbacks": [Drift()]}
        return fit(model, train, ranks=communicator, **how)

    with pytest.raises(TrainingError, match="rank 1 is not where rank 0 is after epoch 1"):
        on_threads(2, program)


@pytest.mark.parametrize("moment", [0, 1])
def test_who_remembers_something_else_is_found(model, train, moment):
    """Before a step is made: the models are equal, and would move apart from the first on."""

    def program(communicator):
        rng = np.random.default_rng(0)
        training = Training(tree.copy(model), Epochs(train), Adam(), 0, rng, ranks=communicator)
        training.state.moments[moment].head.b[:] = communicator.rank
        training.run()

    with pytest.raises(TrainingError, match="rank 1 is not where rank 0 is after epoch 0"):
        on_threads(2, program)


def test_what_overflows_on_one_rank_ends_all(model, train):
    """And is named, without a warning: the gradient has come to all."""
    train.inputs["image"][:] = 0

    def program(communicator):
        def loss(logits, batch):
            measured = classification()(logits, batch)
            return measured._replace(gradient=measured.gradient * (np.inf if communicator.rank == 1 else 1))

        return fit(model, train, optimizer=SGD(), epochs=1, rng=np.random.default_rng(0), loss=loss, ranks=communicator)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(TrainingError, match=r"gradient became nan in epoch 1, step 1, from head.b on"):
            on_threads(2, program)
