"""Losses: one number that says how wrong a prediction is, returned with its gradient."""

from typing import Annotated, NamedTuple

import numpy as np

from mmdl.errors import DataError, ShapeError
from mmdl.ops._mask import only, possible
from mmdl.ops.activations import sigmoid, softplus
from mmdl.ops.softmax import log_softmax
from mmdl.shapes import Array, Ids, Mask, shapes


class Loss(NamedTuple):
    """The mean loss, and its gradient with respect to the first argument."""

    value: np.floating
    gradient: Array


@shapes
def softmax_cross_entropy(
    logits: Annotated[Array, "* K>0"],
    labels: Annotated[Ids, "*"],
    smoothing: float = 0.0,
    mask: Annotated[Mask, "*"] | None = None,
) -> Loss:
    """loss = mean of −Σ_k target_k log p_k  with  p = softmax(logits);   dlogits = (p − target) / count

    Parameters
    ----------
    logits
        −∞ makes a class impossible: p and dlogits are 0, and it has no part in the smoothing.
    labels
        The true classes, 0 to K − 1.
    smoothing : float, 0 ≤ smoothing < 1
        target = (1 − smoothing) · one-hot + smoothing / K.
    mask
        Examples where it is False do not count: neither their logits nor their labels are looked at.

    Returns
    -------
    Loss : value, gradient (..., K)

    Raises
    ------
    DataError
        If a label is no class, or the smoothing out of its range.
    ShapeError
        If no example counts.

    Source: Bridle 1990; Szegedy et al. 2016 for the smoothing.

    >>> loss, dlogits = softmax_cross_entropy(np.zeros((1, 2)), np.array([0]))
    >>> loss.round(4).item(), dlogits.tolist()
    (0.6931, [[-0.5, 0.5]])
    """
    if not 0 <= smoothing < 1:
        raise DataError(f"softmax_cross_entropy: smoothing must be at least 0 and less than 1, not {smoothing}")
    classes = logits.shape[-1]
    if mask is not None:
        logits, labels = only(logits, mask), np.where(mask, labels, 0)
    if labels.dtype.kind not in "iu" or (labels.size and not (labels.min() >= 0 and labels.max() < classes)):
        raise DataError(
            f"softmax_cross_entropy: labels must be integers in 0..{classes - 1}, not {labels.dtype} {_reach(labels)}"
        )
    weight = _weight("softmax_cross_entropy", logits, labels, mask)
    log_p, chance = log_softmax(logits), possible(logits)
    share = smoothing / np.maximum(chance.sum(axis=-1), 1).astype(weight.dtype)
    truth = labels[..., None]
    of_truth = np.take_along_axis(log_p, truth, axis=-1)[..., 0]
    value = -(((1 - smoothing) * of_truth + share * np.where(chance, log_p, 0).sum(axis=-1)) * weight).sum()
    gradient = np.exp(log_p) - share[..., None]
    np.put_along_axis(gradient, truth, np.take_along_axis(gradient, truth, axis=-1) - (1 - smoothing), axis=-1)
    return Loss(value, np.where(chance, gradient, 0) * weight[..., None])


@shapes
def soft_cross_entropy(logits: Annotated[Array, "* K>0"], targets: Annotated[Array, "* K"]) -> Loss:
    """loss = mean of −Σ_k t_k log p_k  with  p = softmax(logits);   dlogits = (p Σ_k t_k − t) / count

    The loss is linear in its targets: those of a mixture of two examples are as much of each, and an example that is to
    count twice has a target of two.

    Parameters
    ----------
    logits
        −∞ makes a class impossible: p and dlogits are 0.
    targets : array t of the same shape, not negative
        How much of each example is of each class; rows need not add up to one.

    Returns
    -------
    Loss : value, gradient (..., K)

    Source: Zhang et al. 2018, equation 1, for targets that are mixtures.

    >>> soft_cross_entropy(np.zeros((1, 2)), np.array([[0.75, 0.25]])).gradient.tolist()
    [[-0.25, 0.25]]
    """
    weight = _weight("soft_cross_entropy", logits, logits[..., 0])
    log_p, chance = log_softmax(logits), possible(logits)
    value = -((targets * np.where(targets > 0, log_p, 0)).sum(axis=-1) * weight).sum()  # 0 · −∞ would be NaN
    gradient = np.exp(log_p) * targets.sum(axis=-1, keepdims=True) - targets
    return Loss(value, np.where(chance, gradient, 0) * weight[..., None])


@shapes
def categorical_cross_entropy(
    p: Annotated[Array, "* K>0"],
    targets: Annotated[Array, "* K"],
    floor: float = 1e-7,
) -> Loss:
    """loss = mean of −Σ_k target_k log q_k  with  q = p / Σ p;   dp = (Σ_k target_k − target / q) / Σ p / count

    Keras divides by the sum without a word, which is why a product of probabilities can be trained with it.

    Parameters
    ----------
    p
        Probabilities, or anything positive.
    targets
        One-hot rows or distributions.
    floor
        q is clipped to floor .. 1 − floor; where it is, no gradient passes.

    Returns
    -------
    Loss : value, gradient (..., K)
    """
    weight = _weight("categorical_cross_entropy", p, p[..., 0])
    total = p.sum(axis=-1, keepdims=True)
    q = p / total
    outside = (q.real < floor) | (q.real > 1 - floor)
    clipped = np.where(outside, np.clip(q.real, floor, 1 - floor), q)
    value = -((targets * np.log(clipped)).sum(axis=-1) * weight).sum()
    dq = -np.where(outside, 0, targets / clipped) * weight[..., None]
    return Loss(value, (dq - (dq * q).sum(axis=-1, keepdims=True)) / total)


@shapes
def bernoulli_cross_entropy(p: Annotated[Array, "*"], targets: Annotated[Array, "*"], floor: float = 1e-7) -> Loss:
    """loss = mean of −t log q − (1 − t) log(1 − q)  with q = p;   dp = ((1 − t) / (1 − q) − t / q) / count

    `binary_cross_entropy` of probabilities in the place of logits, as in Keras.

    Parameters
    ----------
    p
        Probabilities of a yes.
    targets : array t of the same shape, 0 to 1
    floor
        q is clipped to floor .. 1 − floor; where it is, no gradient passes.

    Returns
    -------
    Loss : value, gradient
    """
    weight = _weight("bernoulli_cross_entropy", p, p)
    outside = (p.real < floor) | (p.real > 1 - floor)
    q = np.where(outside, np.clip(p.real, floor, 1 - floor), p)
    value = -((targets * np.log(q) + (1 - targets) * np.log(1 - q)) * weight).sum()
    return Loss(value, np.where(outside, 0, (1 - targets) / (1 - q) - targets / q) * weight)


@shapes
def binary_cross_entropy(logits: Annotated[Array, "*"], targets: Annotated[Array, "*"]) -> Loss:
    """loss = mean of −t log σ(s) − (1 − t) log(1 − σ(s)) = mean of softplus(s) − t s;   ds = (σ(s) − t) / count

    Parameters
    ----------
    logits : array s of any shape
        −∞ is a yes that is impossible, and has gradient 0.
    targets : array t of the same shape, 0 to 1

    Returns
    -------
    Loss : value, gradient
    """
    weight = _weight("binary_cross_entropy", logits, logits)
    said = np.where(targets == 0, 0, logits)  # 0 · −∞ would be NaN
    value = ((softplus(logits) - targets * said) * weight).sum()
    return Loss(value, np.where(possible(logits), sigmoid(logits) - targets, 0) * weight)


@shapes
def mean_squared_error(y: Annotated[Array, "*"], targets: Annotated[Array, "*"]) -> Loss:
    """loss = mean of (y − t)²;   dy = 2 (y − t) / count.  y, targets: arrays of the same shape"""
    weight = _weight("mean_squared_error", y, y)
    error = y - targets
    return Loss((error * error * weight).sum(), 2 * error * weight)


def _weight(function: str, values: Array, examples: Array, mask: Mask | None = None) -> Array:
    """What each example counts: 1 / count, or 0 where the mask is False"""
    count = examples.size if mask is None else int(mask.sum())
    if count == 0:
        raise ShapeError(f"{function}: a loss over no examples has no value")
    weight = np.ones(examples.shape) if mask is None else mask
    return (weight / count).astype(values.real.dtype)


def _reach(labels: Ids) -> str:
    return f"from {labels.min()} to {labels.max()}" if labels.size else ""
