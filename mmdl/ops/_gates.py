"""What all LSTMs share: four gates, side by side in the order i, f, g, o."""

import numpy as np
from numpy.typing import DTypeLike

from mmdl.shapes import Array


def gate_scale(H: int, dtype: DTypeLike) -> tuple[Array, Array]:
    """What the weights of the gates are multiplied by, and what `activate_gates` adds  -> scale, shift (4H,)

    σ(a) = ½ + ½ tanh(a / 2), so one tanh serves all four blocks.
    """
    scale = np.repeat(np.array([0.5, 0.5, 1, 0.5], dtype), H)
    return scale, 1 - scale


def activate_gates(a: Array, scale: Array, shift: Array) -> None:
    """i, f, o = σ and g = tanh of what was multiplied by `scale`, in place.  a (N, 4H)"""
    np.tanh(a, out=a)
    a *= scale
    a += shift


def gate_blocks(gates: Array) -> list[Array]:
    """The four gates as views.  (..., 4H) -> four times (..., H)"""
    H = gates.shape[-1] // 4
    return [gates[..., start : start + H] for start in (0, H, 2 * H, 3 * H)]


def gate_gradient(gates: Array, before: Array, squashed: Array, dh: Array, dc: Array) -> Array:
    """da of one step, from the whole gradients of hₜ and cₜ; `before` is cₜ₋₁, `squashed` is tanh(cₜ).  -> (N, 4H)"""
    i, _, g, _ = gate_blocks(gates)
    slope = gates * (1 - gates)
    gate_blocks(slope)[2][:] = 1 - g * g
    return slope * np.concatenate([dc * g, dc * before, dc * i, dh * squashed], axis=1)
