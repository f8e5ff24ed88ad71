"""Normalisation: mean zero and variance one, over the features of an example or over the examples of a batch."""

from typing import Annotated, NamedTuple

import numpy as np

from mmdl.errors import ShapeError
from mmdl.ops._mask import only
from mmdl.ops._reduce import column_inner, column_sum, row_inner, row_sum
from mmdl.shapes import Array, Mask, shapes


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
    return LayerNormalized(gamma * centered + beta, centered, deviation)


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
) -> BatchNormalized:
    """y = γ ∘ (x − mean) / √(variance + ε) + β, mean and variance over all axes but the last

    Parameters
    ----------
    mask
        Rows where it is False are no examples: they are left out of the statistics, and y is zero there.

    Returns
    -------
    BatchNormalized : y, normalized (..., D), deviation, mean, variance (D,)

    Source: Ioffe, Szegedy, Batch normalization, 2015.
    """
    rows = x.reshape(-1, x.shape[-1]) if mask is None else x[mask]
    if len(rows) == 0:
        raise ShapeError(f"batch_norm: there is no example in x (..., D) = {x.shape} to take the mean of")
    mean = column_sum(rows) / len(rows)
    centered = rows - mean
    variance = column_inner(centered, centered) / len(rows)
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
) -> tuple[Array, Array, Array]:
    """dx = (dn − mean(dn) − n ∘ mean(dn ∘ n)) / deviation  with  dn = dy ∘ γ: as in `layer_norm_backward`,

    only that the means run over the examples.

    Returns
    -------
    dx, dgamma, dbeta : arrays (..., D), (D,), (D,)
    """
    dy = only(dy, mask)
    count = dy.size // dy.shape[-1] if mask is None else mask.sum()
    dgamma, dbeta = column_inner(dy, normalized), column_sum(dy)
    dn = dy - (dbeta + normalized * dgamma) / dy.dtype.type(count)
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
