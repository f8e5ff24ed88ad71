"""The LSTM: gates decide what a cell forgets, takes in and shows."""

from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from mmdl.ops._mask import only
from mmdl.ops._time import initial_states, keep, step_masks, time_first
from mmdl.ops.dense import affine, affine_backward, affine_gradient
from mmdl.shapes import Array, Mask, shapes


class LSTMStates(NamedTuple):
    """States and cells, the initial ones at time 0, and the gates that led from one to the next."""

    h: Array  # (N, T + 1, H)
    c: Array  # (N, T + 1, H)
    gates: Array  # (N, T, 4H): i, f, g and o, as activated


@shapes
def lstm(
    x: Annotated[Array, "N T D"],
    W: Annotated[Array, "D 4H"],
    U: Annotated[Array, "H 4H"],
    b: Annotated[Array, "4H"] | None,
    h0: Annotated[Array, "N H"] | None = None,
    c0: Annotated[Array, "N H"] | None = None,
    mask: Annotated[Mask, "N T"] | None = None,
) -> LSTMStates:
    """cₜ = f ∘ cₜ₋₁ + i ∘ g,  hₜ = o ∘ tanh(cₜ)

    with the gates i, f, o = σ(a) and the candidate g = tanh(a), all of a = xₜ W + hₜ₋₁ U + b.

    Parameters
    ----------
    x : array (N, T, D)
    W, U, b : arrays (D, 4H), (H, 4H), (4H,), the last of them or None
        Columns in the order i, f, g, o, as in Keras (which calls the candidate c).
    h0, c0 : arrays (N, H), optional
        Zeros if not given.
    mask : bool array (N, T), optional
        Where it is False state and cell are kept as they are.

    Returns
    -------
    LSTMStates : h (N, T + 1, H), c (N, T + 1, H), gates (N, T, 4H)

    Source: Hochreiter, Schmidhuber 1997; Gers, Schmidhuber, Cummins 2000 for the forget gate.
    """
    x, mask, H = time_first(only(x, mask)), step_masks(mask), len(U)
    scale = gate_scale(H, U.dtype)
    gates, U = affine(x, W * scale, None if b is None else b * scale), U * scale
    i, f, g, o = gate_blocks(gates)
    h, c = initial_states(x, H, h0), initial_states(x, H, c0)
    for t in range(len(x)):
        gates[t] += h[t] @ U
        activate_gates(gates[t], scale)
        c[t + 1] = keep(mask, t, f[t] * c[t] + i[t] * g[t], c[t])
        h[t + 1] = keep(mask, t, o[t] * np.tanh(c[t + 1]), h[t])
    return LSTMStates(*map(time_first, (h, c, gates)))


@shapes
def lstm_backward(
    dh: Annotated[Array, "N T+1 H"],
    dc: Annotated[Array, "N T+1 H"] | None,
    x: Annotated[Array, "N T D"],
    W: Annotated[Array, "D 4H"],
    U: Annotated[Array, "H 4H"],
    h: Annotated[Array, "N T+1 H"],
    c: Annotated[Array, "N T+1 H"],
    gates: Annotated[Array, "N T 4H"],
    mask: Annotated[Mask, "N T"] | None = None,
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """The cell's gradient comes by two ways, through hₜ and through the next cell:

    Cₜ = dcₜ + Hₜ ∘ o ∘ (1 − tanh² cₜ) + Cₜ₊₁ ∘ fₜ₊₁
    da = (Cₜ ∘ g ∘ i (1 − i),  Cₜ ∘ cₜ₋₁ ∘ f (1 − f),  Cₜ ∘ i ∘ (1 − g²),  Hₜ ∘ tanh(cₜ) ∘ o (1 − o))
    Hₜ₋₁ = dhₜ₋₁ + da Uᵀ

    Parameters
    ----------
    dh : array (N, T + 1, H)
    dc : array (N, T + 1, H) or None
        None where nothing but h is used further on.
    x, W, U : the arguments of `lstm`
    h, c, gates : its result

    Returns
    -------
    dx, dW, dU, db, dh0, dc0 : arrays (N, T, D), (D, 4H), (H, 4H), (4H,), (N, H), (N, H)
    """
    dh, x, h, c, gates = (time_first(each) for each in (dh, only(x, mask), h, c, gates))
    dc, mask = np.zeros_like(dh) if dc is None else time_first(dc), step_masks(mask)
    _, f, _, o = gate_blocks(gates)
    squashed = np.tanh(c[1:])
    through_h = o * (1 - squashed * squashed)
    da = np.empty_like(gates)
    UT = U.T.copy()  # in order of its rows: a quarter faster for every step
    D, C = dh[-1], dc[-1]
    for t in reversed(range(len(x))):
        after = C + D * through_h[t]
        da[t] = keep(mask, t, gate_gradient(gates[t], c[t], squashed[t], D, after), 0)
        D = dh[t] + da[t] @ UT + keep(mask, t, 0, D)
        C = dc[t] + keep(mask, t, after * f[t], C)
    dx, dW, db = affine_backward(da, x, W)
    dU, _ = affine_gradient(da, h[:-1])
    return time_first(dx), dW, dU, db, D, C


def gate_scale(H: int, dtype: DTypeLike) -> Array:
    """What the weights of the gates are multiplied by: σ(a) = ½ + ½ tanh(a / 2), so one tanh serves all four blocks"""
    return np.repeat(np.array([0.5, 0.5, 1, 0.5], dtype), H)


def activate_gates(a: Array, scale: Array) -> None:
    """i, f, o = σ and g = tanh of what was multiplied by `scale`, in place.  a (N, 4H)"""
    np.tanh(a, out=a)
    a *= scale
    a += 1 - scale


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
