"""Normalisation: mean zero and variance one, over the features of an example or over the examples of a batch."""

from collections.abc import Callable
from typing import Annotated, NamedTuple, TypeAlias

import numpy as np

from mmdl.errors import ShapeError
from mmdl.ops._mask import only
from mmdl.ops._reduce import column_inner, column_sum, row_inner, row_sum
from mmdl.shapes import Array, Mask, shapes

Total: TypeAlias = Callable[[Array], Array]  # adds up an array over all processes that have a share of a batch


class LayerNormalized(NamedTuple):
    """The result, and what backward needs."""

    y: Array  # (..., D)
    normalized: Array  # (..., D), mean 0 and variance 1 in every row
    deviation: Array  # (..., 1)


@shapes
def layer_norm(
    x: Annotated[Array, "... D>0"],
    gamma: Annotated[Array, "D"],
    beta: Annotated[Array, "D"],
    epsilon: float = 1e-5,
) -> LayerNormalized:
    """y = γ ∘ (x − mean) / √(variance + ε) + β, mean and variance over the last axis

    Returns
    -------
    LayerNormalized : y (..., D), normalized (..., D), deviation (..., 1)

    Source: Ba, Kiros, Hinton, Layer normalization, 2016.
    """
    centered = x - row_sum(x) / x.shape[-1]
    deviation = np.sqrt(row_inner(centered, centered) / x.shape[-1] + epsilon)
    centered /= deviation
    y = gamma * centered
    y += beta
    return LayerNormalized(y, centered, deviation)


@shapes
def layer_norm_backward(
    dy: Annotated[Array, "* D>0"],
    gamma: Annotated[Array, "D"],
    normalized: Annotated[Array, "* D"],
    deviation: Annotated[Array, "* 1"],
) -> tuple[Array, Array, Array]:
    """dx = (dn − mean(dn) − n ∘ mean(dn ∘ n)) / deviation  with  dn = dy ∘ γ,  n = normalized

    The second term is there because the mean depends on x, the third because the variance does.

    Returns
    -------
    dx, dgamma, dbeta : arrays (..., D), (D,), (D,)
    """
    dn = dy * gamma
    D = dy.shape[-1]
    dx = dn - row_sum(dn) / D - normalized * (row_inner(dn, normalized) / D)
    dx /= deviation
    return dx, column_inner(dy, normalized), column_sum(dy)


class BatchNormalized(NamedTuple):
    """The result, what backward needs, and the statistics that a layer remembers for inference."""

    y: Array  # (..., D)
    normalized: Array  # (..., D)
    deviation: Array  # (D,)
    mean: Array  # (D,)
    variance: Array  # (D,), divided by the count, not by the count − 1


@shapes
def batch_norm(
    x: Annotated[Array, "* D>0"],
    gamma: Annotated[Array, "D"],
    beta: Annotated[Array, "D"],
    mask: Annotated[Mask, "*"] | None = None,
    epsilon: float = 1e-3,
    total: Total | None = None,
) -> BatchNormalized:
    """y = γ ∘ (x − mean) / √(variance + ε) + β, mean and variance over all axes but the last

    Parameters
    ----------
    mask
        Rows where it is False are no examples: they are left out of the statistics, and y is zero there.
    total
        If x is a share of the batch, adds up sums over all shares; backward needs the same.

    Returns
    -------
    BatchNormalized : y, normalized (..., D), deviation, mean, variance (D,)

    Source: Ioffe, Szegedy, Batch normalization, 2015.
    """
    rows = x.reshape(-1, x.shape[-1]) if mask is None else x[mask]
    count, sums = _over_shares(total, len(rows), column_sum(rows))
    if count == 0:
        raise ShapeError(f"batch_norm: there is no example in x (..., D) = {x.shape} to take the mean of")
    mean = sums / count
    centered = rows - mean
    variance = _over_shares(total, 0, column_inner(centered, centered))[1] / count
    deviation = np.sqrt(variance + epsilon)
    normalized = only((x - mean) / deviation, mask)
    return BatchNormalized(only(gamma * normalized + beta, mask), normalized, deviation, mean, variance)


@shapes
def batch_norm_backward(
    dy: Annotated[Array, "* D>0"],
    gamma: Annotated[Array, "D"],
    normalized: Annotated[Array, "* D"],
    deviation: Annotated[Array, "D"],
    mask: Annotated[Mask, "*"] | None = None,
    total: Total | None = None,
) -> tuple[Array, Array, Array]:
    """dx = (dn − mean(dn) − n ∘ mean(dn ∘ n)) / deviation  with  dn = dy ∘ γ: as in `layer_norm_backward`,

    only that the means run over the examples, of all shares of the batch; dγ and dβ are the sums of this one.

    Returns
    -------
    dx, dgamma, dbeta : arrays (..., D), (D,), (D,)
    """
    dy = only(dy, mask)
    rows = dy.size // dy.shape[-1] if mask is None else int(mask.sum())
    dgamma, dbeta = column_inner(dy, normalized), column_sum(dy)
    count, sums = _over_shares(total, rows, np.stack([dgamma, dbeta]))
    dn = dy - (sums[1] + normalized * sums[0]) / dy.dtype.type(count)
    return only(dn * gamma / deviation, mask), dgamma, dbeta


@shapes
def batch_norm_inference(
    x: Annotated[Array, "... D>0"],
    gamma: Annotated[Array, "D"],
    beta: Annotated[Array, "D"],
    mean: Annotated[Array, "D"],
    variance: Annotated[Array, "D"],
    epsilon: float = 1e-3,
) -> Array:
    """y = γ ∘ (x − mean) / √(variance + ε) + β with remembered statistics.  x (..., D) -> y (..., D)"""
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


@shapes
def batch_norm_inference_backward(
    dy: Annotated[Array, "* D>0"],
    x: Annotated[Array, "* D"],
    gamma: Annotated[Array, "D"],
    mean: Annotated[Array, "D"],
    variance: Annotated[Array, "D"],
    epsilon: float = 1e-3,
) -> tuple[Array, Array, Array]:
    """dx = dy ∘ γ / deviation,  dγ = Σ dy ∘ n,  dβ = Σ dy: the statistics are constants now

    Returns
    -------
    dx, dgamma, dbeta : arrays (..., D), (D,), (D,)
    """
    deviation = np.sqrt(variance + epsilon)
    return dy * gamma / deviation, column_inner(dy, x - mean) / deviation, column_sum(dy)


def _over_shares(total: Total | None, count: int, sums: Array) -> tuple[int, Array]:
    """How many rows all shares of the batch have together, and the sums over them."""
    if total is None:
        return count, sums
    message = total(np.append(sums, sums.dtype.type(count)))
    return round(message[-1].real), message[:-1].reshape(sums.shape)
