"""Pooling: one number for each window of an image."""

import numpy as np

from mmdl.formulas.convolution import both, fit
from mmdl.shapes import Array, Padding, Pair


def max_pool2d(x: Array, window: Pair = 2, stride: Pair | None = None, padding: Padding = "valid") -> Array:
    """(15)  y_pqd = max_{r,c} x_rcd  over the cells r, c of window p, q

    x (R, C, D) -> y (P, Q, D).  Window p begins at row p · stride of the padded image; padding never wins.
    window, stride: int or (rows, columns); stride is the window unless given.  padding as in (1).
    Source: Zhou, Chellappa, Computation of optical flow using a neural network, 1988.
    """
    rows, columns = windows(x, window, stride, padding)
    y = np.zeros((len(rows), len(columns), x.shape[2]))
    for p, q, d in np.ndindex(y.shape):
        y[p, q, d] = max(x[r, c, d] for r in rows[p] for c in columns[q])
    return y


def avg_pool2d(x: Array, window: Pair = 2, stride: Pair | None = None, padding: Padding = "valid") -> Array:
    """(16)  y_pqd = Σ_{r,c} x_rcd / n  over the n cells r, c of window p, q

    x (R, C, D) -> y (P, Q, D).  Settings as in (15); padding is not counted in n.
    Source: LeCun et al., Gradient-based learning applied to document recognition, 1998, section II.
    """
    rows, columns = windows(x, window, stride, padding)
    y = np.zeros((len(rows), len(columns), x.shape[2]))
    for p, q, d in np.ndindex(y.shape):
        cells = [x[r, c, d] for r in rows[p] for c in columns[q]]
        y[p, q, d] = sum(cells) / len(cells)
    return y


def global_max_pool(x: Array) -> Array:
    """(17)  y_d = max_{r,c} x_rcd

    x (R, C, D) -> y (D,).
    Source: Oquab et al., Is object localization for free?, 2015.
    """
    R, C, D = x.shape
    return np.array([max(x[r, c, d] for r in range(R) for c in range(C)) for d in range(D)])


def global_average_pool(x: Array) -> Array:
    """(18)  y_d = Σ_{r,c} x_rcd / (R C)

    x (R, C, D) -> y (D,).
    Source: Lin, Chen, Yan, Network in network, 2014.
    """
    R, C, D = x.shape
    return np.array([sum(x[r, c, d] for r in range(R) for c in range(C)) / (R * C) for d in range(D)])


def windows(x: Array, window: Pair, stride: Pair | None, padding: Padding) -> list[list[range]]:
    """The rows of the image under each window, and its columns, without those in the padding."""
    settings = zip(x.shape[:2], both(window), both(stride or window), both(padding), strict=True)
    return [spans(*axis) for axis in settings]


def spans(length: int, window: int, stride: int, padding: str | Pair) -> list[range]:
    """The cells of one axis under each window."""
    before, _, places = fit(length, window, stride, padding)
    starts = [place * stride - before for place in range(places)]
    return [range(max(start, 0), min(start + window, length)) for start in starts]
