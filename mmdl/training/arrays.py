"""Training on plain arrays, for layers and losses of every kind: the ground of `mmdl.keras`."""

import numpy as np

from mmdl.errors import DataError
from mmdl.layers import training_mode
from mmdl.training.memory import keep_freed_memory


def fit_arrays(
    model, x, y, measures, optimizer, state, rng, batch_size=32, epochs=1, shuffle=True, validation=0, report=None
):
    """p ← p − step(∂loss/∂p) for every batch of every epoch; the model's own arrays and the state change IN PLACE

    Parameters
    ----------
    model : Layer
        Gives Tokens; its values are what is measured.
    x : list of arrays
        The model's inputs, each with N examples; several are given to it as a tuple.
    y : array (N, ...)
    measures : dict of functions of y and the model's values
        The first is the loss, which returns its gradient too.
    optimizer, state : Optimizer, and what its `start(model)` gave
    rng : numpy.random.Generator
        Shuffles and drops.
    validation : pair of x and y, or a share of the examples
        These, the last ones before they are shuffled, are not learned from.
    report : function of "Epoch 1/10" and its means, optional

    Returns
    -------
    dict of list
        By the names of the measures their means over the examples of each epoch, as they came by; and by `val_` and
        the names, those of `validation` after it.
    """
    if not isinstance(validation, tuple):
        rest = int(len(y) * (1 - validation))
        if not 0 < rest <= len(y):
            raise DataError(f"validation takes a share of the {len(y)} examples, and {validation} is none")
        x, y, validation = [each[:rest] for each in x], y[:rest], ([each[rest:] for each in x], y[rest:])
    keep_freed_memory()
    learner, history = training_mode(model, rng), {}
    for epoch in range(epochs):
        order = rng.permutation(len(y)) if shuffle else np.arange(len(y))
        means = means_over(learner, x, y, measures, batch_size, order, lambda g: optimizer.step(model, g, state))
        if len(validation[1]):
            found = means_over(model, *validation, measures, batch_size)
            means |= {f"val_{name}": value for name, value in found.items()}
        for name, value in means.items():
            history.setdefault(name, []).append(value)
        if report is not None:
            report(f"Epoch {epoch + 1}/{epochs}", means)
    return history


def means_over(model, x, y, measures, batch_size=32, order=None, step=None):
    """The mean of each measure over all examples, taken in this order; after each batch, `step(gradient of the loss)`

    Parameters as in `fit_arrays`.

    Returns
    -------
    dict of float
        A smaller last batch counts less.
    """
    order, rows = np.arange(len(y)) if order is None else order, []
    for chosen in np.split(order, range(batch_size, len(order), batch_size)):
        p, trace = model.forward(_batch(x, chosen))
        (loss, dp), *metrics = (measure(y[chosen], p.values) for measure in measures.values())
        rows.append((len(chosen), loss, *metrics))
        if step is not None:
            step(model.gradient(dp, trace))
    sizes, *columns = np.array(rows, float).T
    return {name: float(column @ sizes / sizes.sum()) for name, column in zip(measures, columns, strict=True)}


def outputs_for(model, x, batch_size=32):
    """The model's values for all examples, as one array"""
    starts = range(0, max(1, len(x[0])), batch_size)
    return np.concatenate([model(_batch(x, slice(start, start + batch_size))).values for start in starts])


def _batch(x, rows):
    """Some examples; bytes and float64 become what models are made of."""
    chosen = tuple(np.asarray(each[rows], np.float32) for each in x)
    return chosen if len(chosen) > 1 else chosen[0]
