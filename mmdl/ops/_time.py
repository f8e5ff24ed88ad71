"""What recurrences share. Inside them time is the first axis, so that the arrays of one step lie in one piece."""

from typing import Any

import numpy as np

from mmdl.shapes import Array, Mask


def time_first(x: Array) -> Array:
    """(N, T, D) <-> (T, N, D), the same memory"""
    return x.swapaxes(0, 1)


def step_masks(mask: Mask | None) -> Mask | None:
    """mask (N, T) -> (T, N, 1); None where every step counts, which saves a selection at each of them"""
    return None if mask is None or mask.all() else mask.T[..., None]


def skipped_steps(mask: Mask | None) -> Mask | None:
    """mask (N, T) -> (T, N, 1), True where a state is kept as it is; None where there is no such step"""
    counted = step_masks(mask)
    return None if counted is None else ~counted


def keep(mask: Mask | None, t: int, new: Any, old: Any) -> Array:
    """`new` where there is a token at time t, else `old`"""
    return new if mask is None else np.where(mask[t], new, old)


def initial_states(x: Array, width: int, h0: Array | None) -> Array:
    """Room for T + 1 states of x (T, N, D), the first of them h0.  -> (T + 1, N, H)"""
    h = np.empty((len(x) + 1, x.shape[1], width), x.dtype)
    h[0] = 0 if h0 is None else h0
    return h
