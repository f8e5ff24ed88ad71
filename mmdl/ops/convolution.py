"""Convolution, equation (1): the same small kernel looks at every place of an image.

The article's sum adds the offset to the position, x(x + x′, y + y′). Signal processing calls that a
cross-correlation; its convolution subtracts the offset, which is the same sum with the kernel turned by 180 degrees.
A kernel that is learned does not care, so the field says convolution for both, and so do we.
"""

from typing import Annotated

import numpy as np
from numpy.lib.stride_tricks import as_strided

from mmdl.ops._reduce import add_row, column_sum
from mmdl.ops._windows import Sweep, check_stops, frame, pad, sweeps
from mmdl.shapes import Array, Padding, Pair, shapes


@shapes
def conv2d(
    x: Annotated[Array, "N R C D"],
    w: Annotated[Array, "I J D>0 K>0"],
    b: Annotated[Array, "K"] | None = None,
    stride: Pair = 1,
    padding: Padding = "valid",
    dilation: Pair = 1,
) -> Array:
    """y[p, q] = Σᵢ Σⱼ x[p + i, q + j] w[i, j] + b

    Parameters
    ----------
    x
        Images, channels last.
    stride : int or (rows, columns)
        How far the kernel moves between stops: x[stride · p + i, ...].
    padding : "valid", "same", int or ((top, bottom), (left, right))
        Zeros around the image. "same" gives ceil(R / stride) rows, as in Keras.
    dilation : int or (rows, columns)
        How far apart the kernel's cells look: x[p + dilation · i, ...].

    Returns
    -------
    y : array (N, P, Q, K)

    Raises
    ------
    ShapeError
        If letters disagree, or the kernel is larger than the padded image.

    Source: the article's equation (1); Dumoulin, Visin, A guide to convolution arithmetic, 2016.

    >>> x, w = np.arange(12.0).reshape(1, 3, 4, 1), np.array([[-1.0, 1.0]]).reshape(1, 2, 1, 1)
    >>> conv2d(x, w)[0, :, :, 0].tolist()  # each pixel less its left neighbour
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    rows, columns = sweeps("conv2d", x, w.shape[:2], stride, padding, dilation)
    y = _patches(x, rows, columns) @ w.reshape(-1, w.shape[3])
    if b is not None:
        add_row(y, b)
    return y.reshape(len(x), rows.stops, columns.stops, w.shape[3])


@shapes
def conv2d_backward(
    dy: Annotated[Array, "N P Q K"],
    x: Annotated[Array, "N R C D"],
    w: Annotated[Array, "I J D>0 K>0"],
    stride: Pair = 1,
    padding: Padding = "valid",
    dilation: Pair = 1,
) -> tuple[Array, Array, Array]:
    """dx[p + i, q + j] += dy[p, q] w[i, j]ᵀ,  dw[i, j] = Σ x[p + i, q + j]ᵀ dy[p, q],  db = Σ dy

    Returns
    -------
    dx : array (N, R, C, D)
    dw : array (I, J, D, K)
    db : array (K,)
    """
    rows, columns = sweeps("conv2d_backward", x, w.shape[:2], stride, padding, dilation)
    check_stops("conv2d_backward", dy, rows, columns)
    dx = frame(x, rows, columns)
    seen = (dy.reshape(-1, w.shape[3]) @ w.mT).reshape(*w.shape[:2], *dy.shape[:3], w.shape[2])  # (I, J, N, P, Q, D)
    for i, j in np.ndindex(w.shape[:2]):
        dx[:, rows.at(i), columns.at(j)] += seen[i, j]
    return dx[:, rows.inside, columns.inside], *conv2d_gradient(dy, x, w, stride, padding, dilation)


@shapes
def conv2d_gradient(
    dy: Annotated[Array, "N P Q K"],
    x: Annotated[Array, "N R C D"],
    w: Annotated[Array, "I J D>0 K>0"],
    stride: Pair = 1,
    padding: Padding = "valid",
    dilation: Pair = 1,
) -> tuple[Array, Array]:
    """dw, db: the parameters' part of `conv2d_backward`, which is all that a first layer needs"""
    rows, columns = sweeps("conv2d_gradient", x, w.shape[:2], stride, padding, dilation)
    check_stops("conv2d_gradient", dy, rows, columns)
    dy = dy.reshape(-1, w.shape[3])
    return (_patches(x, rows, columns).T @ dy).reshape(w.shape), column_sum(dy)


@shapes
def conv1d(
    x: Annotated[Array, "N T D"],
    w: Annotated[Array, "I D>0 K>0"],
    b: Annotated[Array, "K"] | None = None,
    stride: int = 1,
    padding: str | Pair = "valid",
    dilation: int = 1,
) -> Array:
    """y[t] = Σᵢ x[t + i] w[i] + b: a convolution over an image with one row

    Parameters
    ----------
    padding : "valid", "same", "causal", int or (before, after)
        "causal" puts all zeros before, so that y[t] knows nothing of what comes after t.

    Returns
    -------
    y : array (N, P, K)
    """
    beside = _beside(padding, dilation * (len(w) - 1))
    return conv2d(x[:, None], w[None], b, (1, stride), beside, (1, dilation))[:, 0]


@shapes
def conv1d_backward(
    dy: Annotated[Array, "N P K"],
    x: Annotated[Array, "N T D"],
    w: Annotated[Array, "I D>0 K>0"],
    stride: int = 1,
    padding: str | Pair = "valid",
    dilation: int = 1,
) -> tuple[Array, Array, Array]:
    """dx[t + i] += dy[t] w[i]ᵀ,  dw[i] = Σ x[t + i]ᵀ dy[t],  db = Σ dy"""
    beside = _beside(padding, dilation * (len(w) - 1))
    dx, dw, db = conv2d_backward(dy[:, None], x[:, None], w[None], (1, stride), beside, (1, dilation))
    return dx[:, 0], dw[0], db


def _patches(x: Array, rows: Sweep, columns: Sweep) -> Array:
    """Everything that the kernel sees, one stop a row: (N P Q, I J D)"""
    x = pad(x, rows, columns)
    n, r, c, d = x.strides
    shape = (len(x), rows.stops, columns.stops, rows.window, columns.window, x.shape[3])
    strides = (n, rows.stride * r, columns.stride * c, rows.dilation * r, columns.dilation * c, d)
    windows = as_strided(x, shape, strides, writeable=False)
    size = rows.window * columns.window * x.shape[3]
    if x.shape[3] == 1:  # copying runs of Q pixels is faster than copying runs of J
        return windows.transpose(3, 4, 5, 0, 1, 2).reshape(size, -1).T
    return windows.reshape(-1, size)


def _beside(padding: str | Pair, reach: int) -> Padding:
    """Padding of a sequence as padding of an image with one row; a kernel looks `reach` cells ahead."""
    if padding == "causal":
        return (0, 0), (reach, 0)
    return padding if isinstance(padding, str) else ((0, 0), padding)
