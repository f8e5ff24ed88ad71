"""Losses: one number that says how wrong, and its gradient in the same breath."""

from typing import Annotated, NamedTuple

import numpy as np

from mmdl.errors import DataError, ShapeError
from mmdl.ops.activations import sigmoid, softplus
from mmdl.ops.softmax import log_softmax
from mmdl.shapes import Array, Ids, Mask, shapes


class Loss(NamedTuple):
    """The mean loss, and its gradient with respect to the first argument."""

    value: np.floating
    gradient: Array


@shapes
def softmax_cross_entropy(
    logits: Annotated[Array, "... K>0"],
    labels: Annotated[Ids, "..."],
    smoothing: float = 0.0,
    mask: Annotated[Mask, "..."] | None = None,
) -> Loss:
    """loss = mean of −Σ_k target_k log p_k  with  p = softmax(logits);   dlogits = (p − target) / count

    Parameters
    ----------
    logits : array (..., K)
    labels : integer array (...)
        The true classes, 0 to K − 1.
    smoothing : float
        target = (1 − smoothing) · one-hot + smoothing / K.
    mask : bool array (...), optional
        Examples where it is False do not count.

    Returns
    -------
    Loss : value, gradient (..., K)

    Raises
    ------
    DataError
        If a label is no class.
    ShapeError
        If no example counts.

    Source: Bridle 1990; Szegedy et al. 2016 for the smoothing.
    """
    _same_shape("softmax_cross_entropy", logits.shape[:-1], labels=labels, mask=mask)
    classes = logits.shape[-1]
    if labels.dtype.kind not in "iu" or (labels.size and not (labels.min() >= 0 and labels.max() < classes)):
        raise DataError(
            f"softmax_cross_entropy: labels must be integers in 0..{classes - 1}, not {labels.dtype} {_reach(labels)}"
        )
    weight = _weight("softmax_cross_entropy", logits, labels, mask)
    log_p = log_softmax(logits)
    truth = labels[..., None]
    of_truth = np.take_along_axis(log_p, truth, axis=-1)[..., 0]
    value = -(((1 - smoothing) * of_truth + smoothing * log_p.mean(axis=-1)) * weight).sum()
    gradient = np.exp(log_p) - smoothing / classes
    np.put_along_axis(gradient, truth, np.take_along_axis(gradient, truth, axis=-1) - (1 - smoothing), axis=-1)
    return Loss(value, gradient * weight[..., None])


@shapes
def categorical_cross_entropy(
    p: Annotated[Array, "... K>0"],
    targets: Annotated[Array, "... K"],
    floor: float = 1e-7,
) -> Loss:
    """loss = mean of −Σ_k target_k log q_k  with  q = p / Σ p;   dp = (Σ_k target_k − target / q) / Σ p / count

    Keras divides by the sum without a word, which is why a product of probabilities can be trained with it.

    Parameters
    ----------
    p : array (..., K)
        Probabilities, or anything positive.
    targets : array (..., K)
        One-hot rows or distributions.
    floor : float
        q is clipped to floor .. 1 − floor; where it is, no gradient passes.

    Returns
    -------
    Loss : value, gradient (..., K)
    """
    _same_shape("categorical_cross_entropy", p.shape, targets=targets)
    weight = _weight("categorical_cross_entropy", p, p[..., 0])
    total = p.sum(axis=-1, keepdims=True)
    q = p / total
    inside = (floor <= q.real) & (q.real <= 1 - floor)
    clipped = np.where(inside, q, np.clip(q.real, floor, 1 - floor))
    value = -((targets * np.log(clipped)).sum(axis=-1) * weight).sum()
    dq = -np.where(inside, targets / clipped, 0) * weight[..., None]
    return Loss(value, (dq - (dq * q).sum(axis=-1, keepdims=True)) / total)


@shapes
def bernoulli_cross_entropy(p: Annotated[Array, "..."], targets: Annotated[Array, "..."], floor: float = 1e-7) -> Loss:
    """loss = mean of −t log q − (1 − t) log(1 − q)  with q = p;   dp = ((1 − t) / (1 − q) − t / q) / count

    `binary_cross_entropy` of probabilities in the place of logits, as in Keras.

    Parameters
    ----------
    p : array of any shape
        Probabilities of a yes.
    targets : array t of the same shape, 0 to 1
    floor : float
        q is clipped to floor .. 1 − floor; where it is, no gradient passes.

    Returns
    -------
    Loss : value, gradient
    """
    _same_shape("bernoulli_cross_entropy", p.shape, targets=targets)
    weight = _weight("bernoulli_cross_entropy", p, p)
    inside = (floor <= p.real) & (p.real <= 1 - floor)
    q = np.where(inside, p, np.clip(p.real, floor, 1 - floor))
    value = -((targets * np.log(q) + (1 - targets) * np.log(1 - q)) * weight).sum()
    return Loss(value, np.where(inside, (1 - targets) / (1 - q) - targets / q, 0) * weight)


@shapes
def binary_cross_entropy(logits: Annotated[Array, "..."], targets: Annotated[Array, "..."]) -> Loss:
    """loss = mean of −t log σ(s) − (1 − t) log(1 − σ(s)) = mean of softplus(s) − t s;   ds = (σ(s) − t) / count

    Parameters
    ----------
    logits : array s of any shape
    targets : array t of the same shape, 0 to 1

    Returns
    -------
    Loss : value, gradient
    """
    _same_shape("binary_cross_entropy", logits.shape, targets=targets)
    weight = _weight("binary_cross_entropy", logits, logits)
    value = ((softplus(logits) - targets * logits) * weight).sum()
    return Loss(value, (sigmoid(logits) - targets) * weight)


@shapes
def mean_squared_error(y: Annotated[Array, "..."], targets: Annotated[Array, "..."]) -> Loss:
    """loss = mean of (y − t)²;   dy = 2 (y − t) / count.  y, targets: arrays of the same shape"""
    _same_shape("mean_squared_error", y.shape, targets=targets)
    weight = _weight("mean_squared_error", y, y)
    error = y - targets
    return Loss((error * error * weight).sum(), 2 * error * weight)


def _same_shape(function: str, expected: tuple[int, ...], **arrays: Array | None) -> None:
    """A loss never broadcasts: (N, 1) against (N,) would be N² differences."""
    for name, array in arrays.items():
        if array is not None and array.shape != expected:
            raise ShapeError(f"{function}: {name} must have shape {expected} but has {array.shape}")


def _weight(function: str, values: Array, examples: Array, mask: Mask | None = None) -> Array:
    """What each example counts: 1 / count, or 0 where the mask is False"""
    count = examples.size if mask is None else int(mask.sum())
    if count == 0:
        raise ShapeError(f"{function}: a loss over no examples has no value")
    weight = np.ones(examples.shape) if mask is None else mask
    return (weight / count).astype(values.real.dtype)


def _reach(labels: Ids) -> str:
    return f"from {labels.min()} to {labels.max()}" if labels.size else ""
