"""A dense layer: every output is a weighted sum of all inputs."""

from typing import Annotated

from mmdl.ops._reduce import column_sum
from mmdl.shapes import Array, shapes


@shapes
def affine(x: Annotated[Array, "... D>0"], W: Annotated[Array, "D K>0"], b: Annotated[Array, "K"] | None) -> Array:
    """y = x W + b

    Rows are examples, so the article's W x is written x W here, with W transposed.

    Returns
    -------
    y : array (..., K)

    >>> import numpy as np
    >>> affine(np.array([[1.0, 2.0]]), np.array([[1.0], [10.0]]), np.array([0.5])).tolist()
    [[21.5]]
    """
    y = x.reshape(-1, W.shape[0]) @ W  # one product of two matrices: with more axes NumPy would loop
    if b is not None:
        y += b
    return y.reshape(*x.shape[:-1], W.shape[1])


@shapes
def affine_backward(
    dy: Annotated[Array, "* K>0"],
    x: Annotated[Array, "* D>0"],
    W: Annotated[Array, "D K"],
) -> tuple[Array, Array, Array]:
    """dx = dy Wᵀ,  dW = xᵀ dy,  db = Σ dy over examples

    Returns
    -------
    dx : array (..., D)
    dW : array (D, K)
    db : array (K,)
    """
    dx = (dy.reshape(-1, W.shape[1]) @ W.T).reshape(x.shape)
    return dx, *affine_gradient(dy, x)


@shapes
def affine_gradient(dy: Annotated[Array, "* K>0"], x: Annotated[Array, "* D>0"]) -> tuple[Array, Array]:
    """dW = xᵀ dy,  db = Σ dy: the parameters' part of `affine_backward`, without dx"""
    dy = dy.reshape(-1, dy.shape[-1])
    return x.reshape(-1, x.shape[-1]).T @ dy, column_sum(dy)
