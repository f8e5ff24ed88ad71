"""The LSTM: gates decide what a cell forgets, takes in and shows."""

from typing import Annotated, NamedTuple

import numpy as np

from mmdl.ops._gates import activate_gates, gate_blocks, gate_scale
from mmdl.ops._mask import only
from mmdl.ops._time import initial_states, skipped_steps, time_first
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
    W: Annotated[Array, "D>0 4H"],
    U: Annotated[Array, "H>0 4H"],
    b: Annotated[Array, "4H"] | None,
    h0: Annotated[Array, "N H"] | None = None,
    c0: Annotated[Array, "N H"] | None = None,
    mask: Annotated[Mask, "N T"] | None = None,
) -> LSTMStates:
    """cₜ = f ∘ cₜ₋₁ + i ∘ g,  hₜ = o ∘ tanh(cₜ)

    with the gates i, f, o = σ(a) and the candidate g = tanh(a), all of a = xₜ W + hₜ₋₁ U + b.

    Parameters
    ----------
    W, U, b
        Columns in the order i, f, g, o, as in Keras (which calls the candidate c).
    h0, c0
        Zeros if not given.
    mask
        Where it is False state and cell are kept as they are.

    Returns
    -------
    LSTMStates : h (N, T + 1, H), c (N, T + 1, H), gates (N, T, 4H)

    Source: Hochreiter, Schmidhuber 1997; Gers, Schmidhuber, Cummins 2000 for the forget gate.
    """
    x, skipped, H = time_first(only(x, mask)), skipped_steps(mask), len(U)
    scale, shift = gate_scale(H, U.dtype)
    gates, U = affine(x, W * scale, None if b is None else b * scale), U * scale
    h, c = initial_states(x, H, h0), initial_states(x, H, c0)
    states = LSTMStates(*map(time_first, (h, c, gates)))
    if x.shape[1] == 1:  # the steps of a single example are rows, for which each call is shorter
        gates, h, c = gates[:, 0], h[:, 0], c[:, 0]
        skipped = None if skipped is None else skipped[:, 0]
    else:  # a number for each gate takes half of the time of a row for all examples
        scale, shift = (np.tile(each, (x.shape[1], 1)) for each in (scale, shift))
    product, taken_in = np.empty(gates.shape[1:], gates.dtype), np.empty_like(h[0])
    steps = zip(gates, *gate_blocks(gates), c, c[1:], h, h[1:], strict=False)
    for t, (a, i, f, g, o, c_before, c_after, h_before, h_after) in enumerate(steps):
        a += np.matmul(h_before, U, out=product)
        activate_gates(a, scale, shift)
        np.multiply(f, c_before, out=c_after)  # c = f ∘ c + i ∘ g
        c_after += np.multiply(i, g, out=taken_in)
        np.tanh(c_after, out=h_after)  # h = o ∘ tanh(c)
        h_after *= o
        if skipped is not None:
            np.copyto(c_after, c_before, where=skipped[t])
            np.copyto(h_after, h_before, where=skipped[t])
    return states


@shapes
def lstm_backward(
    dh: Annotated[Array, "N T+1 H"],
    dc: Annotated[Array, "N T+1 H"] | None,
    x: Annotated[Array, "N T D"],
    W: Annotated[Array, "D>0 4H"],
    U: Annotated[Array, "H>0 4H"],
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
    dc
        None where nothing but h is used further on.
    x, W, U : the arguments of `lstm`
    h, c, gates : its result

    Returns
    -------
    dx, dW, dU, db, dh0, dc0 : arrays (N, T, D), (D, 4H), (H, 4H), (4H,), (N, H), (N, H)
    """
    dh, x, h, c, gates = (time_first(each) for each in (dh, only(x, mask), h, c, gates))
    dc, skipped = np.zeros_like(dh) if dc is None else time_first(dc), skipped_steps(mask)
    i, f, g, o = gate_blocks(gates)
    squashed = np.tanh(c[1:])  # (T, N, H)

    # What does not depend on later steps, for all steps at once: da without the factors Cₜ and Hₜ
    da = 1 - gates  # (T, N, 4H)
    da *= gates
    da_i, da_f, da_g, da_o = gate_blocks(da)
    da_g[:] = 1 - g * g
    for part, factor in ((da_i, g), (da_f, c[:-1]), (da_g, i), (da_o, squashed)):
        part *= factor
    through_h = squashed * squashed
    np.subtract(1, through_h, out=through_h)
    through_h *= o
    if skipped is not None:  # such a step has no gates, and its cell is the one before
        np.copyto(da, 0, where=skipped)
        np.copyto(through_h, 0, where=skipped)
        f = np.where(skipped, 1, f)

    # The two gradients on their way back
    gate = da.reshape(*da.shape[:2], 4, len(U))
    UT = U.T.copy()  # in order of its rows: a quarter faster for every step
    H, C = dh[-1], dc[-1]
    for t in reversed(range(len(x))):
        C = C + H * through_h[t]
        gate[t, :, :3] *= C[:, None]
        gate[t, :, 3] *= H
        kept = 0 if skipped is None else H * skipped[t]
        H = dh[t] + da[t] @ UT + kept
        C = dc[t] + C * f[t]

    # What each parameter got from all steps
    dx, dW, db = affine_backward(da, x, W)
    dU, _ = affine_gradient(da, h[:-1])
    return time_first(dx), dW, dU, db, H, C
