"""Convolution as a sum over the window: equation (1) of the article."""

import math
from typing import Any

import numpy as np

from mmdl.shapes import Array, Padding, Pair


def conv2d(
    x: Array,
    w: Array,
    b: Array | None = None,
    stride: Pair = 1,
    padding: Padding = "valid",
    dilation: Pair = 1,
) -> Array:
    """(1)  y_pqk = Σ_i Σ_j Σ_d w_ijdk x_{p+i, q+j, d} + b_k

    x (R, C, D), w (I, J, D, K), b (K,) -> y (P, Q, K): the article's sum, over all channels d too.
    With stride s and dilation a, x is read at p s + i a instead of p + i; in the padding it is zero.
    stride, dilation: int or (rows, columns).
    padding: "valid", "same", int or ((top, bottom), (left, right)).
    Source: LeCun et al., Backpropagation applied to handwritten zip code recognition, 1989; dilation: Yu,
    Koltun, Multi-scale context aggregation by dilated convolutions, 2016.
    """
    s, sides, a = both(stride), both(padding), both(dilation)
    top, bottom, P = fit(x.shape[0], w.shape[0], s[0], sides[0], a[0])
    left, right, Q = fit(x.shape[1], w.shape[1], s[1], sides[1], a[1])
    x = np.pad(x, ((top, bottom), (left, right), (0, 0)))
    y = np.zeros((P, Q, w.shape[3]))
    for p, q, k in np.ndindex(y.shape):
        for i, j, d in np.ndindex(w.shape[:3]):
            r, c = p * s[0] + i * a[0], q * s[1] + j * a[1]
            y[p, q, k] += w[i, j, d, k] * x[r, c, d]
        y[p, q, k] += 0 if b is None else b[k]
    return y


def conv1d(
    x: Array,
    w: Array,
    b: Array | None = None,
    stride: int = 1,
    padding: str | Pair = "valid",
    dilation: int = 1,
) -> Array:
    """(13)  y_pk = Σ_i Σ_d w_idk x_{p+i, d} + b_k

    x (T, D), w (I, D, K), b (K,) -> y (P, K): (1) along time.
    stride, dilation: int.  padding: "valid", "same", "causal", int or (before, after); "causal" pads before only.
    Source: Waibel et al., Phoneme recognition using time-delay neural networks, 1989.
    """
    padding = ((len(w) - 1) * dilation, 0) if padding == "causal" else padding
    before, after, P = fit(len(x), len(w), stride, padding, dilation)
    x = np.pad(x, ((before, after), (0, 0)))
    y = np.zeros((P, w.shape[2]))
    for p, k in np.ndindex(y.shape):
        for i, d in np.ndindex(w.shape[:2]):
            y[p, k] += w[i, d, k] * x[p * stride + i * dilation, d]
        y[p, k] += 0 if b is None else b[k]
    return y


def convolution2d(x: Array, w: Array) -> Array:
    """(14)  y_pq = Σ_i Σ_j w_ij x_{p+I−1−i, q+J−1−j}

    x (R, C), w (I, J) -> y (R − I + 1, C − J + 1).
    The true convolution turns the kernel by 180° before it slides; the article's sum (1) does not, and is
    properly called a cross-correlation.
    Source: Goodfellow, Bengio, Courville, Deep Learning, 2016, equation (9.5); there (1) is (9.6).
    """
    I, J = w.shape
    y = np.zeros((len(x) - I + 1, x.shape[1] - J + 1))
    for p, q in np.ndindex(y.shape):
        for i, j in np.ndindex(I, J):
            y[p, q] += w[i, j] * x[p + I - 1 - i, q + J - 1 - j]
    return y


def both(setting: Any) -> Any:
    """A setting for two sides: given for each as a pair, or once for both."""
    return setting if isinstance(setting, tuple) else (setting, setting)


def fit(length: int, window: int, stride: int, padding: str | Pair, dilation: int = 1) -> tuple[int, int, int]:
    """Padding before and after an axis, and how many times the window then fits.

    "same" pads until it fits ⌈length / stride⌉ times; an odd cell goes after.
    Source: Dumoulin, Visin, A guide to convolution arithmetic for deep learning, 2016; "same" as in Keras.
    """
    reach = (window - 1) * dilation + 1
    if padding == "same":
        missing = max((math.ceil(length / stride) - 1) * stride + reach - length, 0)
        padding = missing // 2, missing - missing // 2
    before, after = both(0 if padding == "valid" else padding)
    return before, after, (before + length + after - reach) // stride + 1
