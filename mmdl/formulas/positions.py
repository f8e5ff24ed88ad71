"""Where a token stands, as a vector of waves."""

import math

import numpy as np

from mmdl.shapes import Array


def sinusoidal_positions(T: int, D: int) -> Array:
    """(26)  y_{t,2i} = sin(t / 10000^{2i/D}),  y_{t,2i+1} = cos(t / 10000^{2i/D})

    -> y (T, D).
    Source: Vaswani et al., Attention is all you need, 2017, section 3.5.
    """
    y = np.zeros((T, D))
    for t, column in np.ndindex(T, D):
        i, wave = column // 2, math.cos if column % 2 else math.sin
        y[t, column] = wave(t / 10000 ** (2 * i / D))
    return y
