"""A dense layer: every output is a weighted sum of all inputs."""

from mmdl.ops._reduce import column_sum
from mmdl.shapes import shapes


@shapes(x="... D", W="D K", b="K")
def affine(x, W, b):
    """y = x W + b

    Rows are examples, so the article's W x is written x W here, with W transposed.

    Parameters
    ----------
    x : array (..., D)
    W : array (D, K)
    b : array (K,) or None

    Returns
    -------
    y : array (..., K)
    """
    y = x.reshape(-1, W.shape[0]) @ W  # one product of two matrices: with more axes NumPy would loop
    if b is not None:
        y += b
    return y.reshape(*x.shape[:-1], W.shape[1])


@shapes(dy="... K", x="... D", W="D K")
def affine_backward(dy, x, W):
    """dx = dy Wᵀ,  dW = xᵀ dy,  db = Σ dy over examples

    Returns
    -------
    dx : array (..., D)
    dW : array (D, K)
    db : array (K,)
    """
    dx = (dy.reshape(-1, W.shape[1]) @ W.T).reshape(x.shape)
    return dx, *affine_gradient(dy, x)


@shapes(dy="... K", x="... D")
def affine_gradient(dy, x):
    """dW = xᵀ dy,  db = Σ dy: the parameters' part of `affine_backward`, where nobody asks for dx"""
    dy = dy.reshape(-1, dy.shape[-1])
    return x.reshape(-1, x.shape[-1]).T @ dy, column_sum(dy)
