"""Positions as waves: attention does not see order unless it is told."""

import numpy as np

from mmdl.errors import ShapeError
from mmdl.shapes import Array


def sinusoidal_positions(T: int, D: int) -> Array:
    """row t = (sin(t ω₀), cos(t ω₀), sin(t ω₁), cos(t ω₁), ...)  with  ωᵢ = 10000^(−2i / D)

    Returns
    -------
    positions : float64 array (T, D), to be added to the tokens

    Source: Vaswani et al. 2017, section 3.5.
    """
    if T < 0 or D < 0:
        raise ShapeError(f"sinusoidal_positions: T = {T} and D = {D} must not be negative")
    column = np.arange(D)
    angle = np.arange(T)[:, None] * 10000.0 ** (-(column // 2 * 2) / max(D, 1))
    return np.where(column % 2 == 0, np.sin(angle), np.cos(angle))
