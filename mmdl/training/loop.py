"""The training loop: forward, loss, backward, step, for every batch of every epoch."""

import math
import time
from typing import NamedTuple

import numpy as np

from mmdl import tree
from mmdl.data.batches import batches
from mmdl.errors import DataError, TrainingError
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.training.evaluation import evaluate
from mmdl.training.memory import keep_freed_memory
from mmdl.training.schedules import constant
from mmdl.training.workers import shared_gradient


class Fitted(NamedTuple):
    """A trained model and how it got there."""

    model: object
    history: dict  # of lists, one entry an epoch that was completed
    interrupted: bool = False  # by Ctrl-C


@np.errstate(over="ignore", invalid="ignore", divide="ignore")  # what comes of these is found and named below
def fit(
    model,
    train,
    validation=None,
    *,
    optimizer,
    epochs,
    rng,
    batch_size=32,
    schedule=constant,
    clip=None,
    word_dropout=0.0,
    modality_dropout=0.0,
    loss=softmax_cross_entropy,
    patience=None,
    workers=1,
    batches=batches,
    callbacks=(),
):
    """p ← p − step(∂loss/∂p), over shuffled mini-batches; what is trained is a copy of the model

    Parameters
    ----------
    model : anything with forward(batch) -> logits, trace and gradient(dlogits, trace) -> a tree like the model
    train, validation : Examples
    optimizer : SGD, RMSprop, Adam or AdamW
    epochs : int
    rng : numpy.random.Generator
        Shuffles and drops. The same state gives the same bits.
    schedule : function of step and number of steps
        What the optimizer's rate is multiplied by, see `mmdl.training.schedules`.
    clip : float, optional
        Largest norm of the gradient.
    word_dropout, modality_dropout : float
        See `mmdl.data.batches`.
    loss : function of logits (N, K) and labels (N,)
        Returns value and gradient; for label smoothing `partial(softmax_cross_entropy, smoothing=0.1)`.
    patience : int, optional
        Stop once the validation loss has not fallen for so many epochs. With a patience, the model that is returned is
        the one of the epoch with the smallest validation loss, stopped or not.
    workers : int
        Threads that share each batch; what it gains depends on the model, see `mmdl.training.workers`. The same number
        gives the same bits.
    batches : function of examples, size, rng, word_dropout and modality_dropout
        Yields the ⌈examples / size⌉ batches of one epoch; another one is `mmdl.data.distinct.pairs`.
    callbacks : sequence of Callback
        `Progress()` among them shows what is going on.

    Returns
    -------
    Fitted
        Its history has means over each epoch: loss, accuracy, learning_rate, gradient_norm (before clipping), seconds,
        and with validation examples validation_loss, validation_accuracy. Ctrl-C ends training, not the program:
        `interrupted` is True and the model as far as it got.

    Raises
    ------
    TrainingError
        If the loss or the gradient is not finite; it names epoch and step.
    """
    if not len(train):
        raise DataError("there are no examples to learn from")
    if patience is not None and validation is None:
        raise DataError("patience needs validation examples to watch")
    keep_freed_memory()
    model = tree.copy(model)
    state = optimizer.start(model)
    steps = math.ceil(len(train) / max(1, batch_size))  # `batches` refuses what is less than one
    history, best, interrupted = {}, None, False
    with shared_gradient(model, rng, workers) as gradient_of:
        try:
            for callback in callbacks:
                callback.start(epochs, steps)
            for epoch in range(epochs):
                began = time.perf_counter()
                rows = []
                for step, batch in enumerate(batches(train, batch_size, rng, word_dropout, modality_dropout)):
                    rate = optimizer.rate * schedule(epoch * steps + step, epochs * steps)
                    value, correct, gradient = gradient_of(batch, loss)
                    norm = optimizer.step(model, gradient, state, rate, clip)
                    _demand_finite(f"in epoch {epoch + 1}, step {step + 1}", rate, loss=value, gradient_norm=norm)
                    rows.append((len(batch), value, correct, rate, norm))
                    for callback in callbacks:
                        callback.step(model, step + 1, value)
                metrics = _means(rows)
                if validation is not None:
                    found = evaluate(model, validation, loss=loss)
                    metrics |= {f"validation_{name}": value for name, value in found.items()}
                    _demand_finite(f"after epoch {epoch + 1}", rate, **metrics)
                metrics["seconds"] = time.perf_counter() - began
                for name, value in metrics.items():
                    history.setdefault(name, []).append(value)
                for callback in callbacks:
                    callback.epoch(model, history)
                if patience is not None:
                    best_epoch = int(np.argmin(history["validation_loss"]))
                    if best_epoch == epoch:
                        best = tree.copy(model)
                    elif epoch - best_epoch >= patience:
                        break
        except KeyboardInterrupt:
            interrupted = True
        finally:
            for callback in callbacks:
                callback.end()
    return Fitted(model if best is None else best, history, interrupted)


def _means(rows):
    """Over the examples of an epoch; of what belongs to a step, over its steps."""
    sizes, losses, correct, rates, norms = np.array(rows).T
    return {
        "loss": float(losses @ sizes / sizes.sum()),
        "accuracy": float(correct.sum() / sizes.sum()),
        "learning_rate": float(rates.mean()),
        "gradient_norm": float(norms.mean()),
    }


def _demand_finite(where, rate, **metrics):
    for name, value in metrics.items():
        if not math.isfinite(value):
            raise TrainingError(
                f"the {name.replace('_', ' ')} became {value} {where}; "
                f"clipping, or a smaller learning rate than {rate:.3g}, may help"
            )
