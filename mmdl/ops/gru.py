"""The GRU: two gates, and no cell besides the state."""

from typing import Annotated, NamedTuple

import numpy as np

from mmdl.ops._mask import only
from mmdl.ops._time import initial_states, skipped_steps, time_first
from mmdl.ops.dense import affine, affine_backward, affine_gradient
from mmdl.shapes import Array, Mask, shapes


class GRUStates(NamedTuple):
    """The states, the initial one at time 0, and what led from one to the next."""

    h: Array  # (N, T + 1, H)
    gates: Array  # (N, T, 3H): z, r and the candidate g, as activated
    inner: Array  # (N, T, H): the candidate's share of the old state, before r lets it through


@shapes
def gru(
    x: Annotated[Array, "N T D"],
    W: Annotated[Array, "D>0 3H"],
    U: Annotated[Array, "H>0 3H"],
    b: Annotated[Array, "2 3H"] | None,
    h0: Annotated[Array, "N H"] | None = None,
    mask: Annotated[Mask, "N T"] | None = None,
) -> GRUStates:
    """hₜ = z ∘ hₜ₋₁ + (1 − z) ∘ g

    z, r = σ(xₜ W + hₜ₋₁ U + b),   g = tanh(xₜ W_g + b₀ + r ∘ inner),   inner = hₜ₋₁ U_g + b₁

    Parameters
    ----------
    W, U
        Columns in the order z, r, g.
    b
        The bias of the input and the bias of the state, as in Keras (`reset_after`).

    Returns
    -------
    GRUStates : h (N, T + 1, H), gates (N, T, 3H), inner (N, T, H)

    Source: Cho et al. 2014, with the reset after the product as in cuDNN.
    """
    x, skipped, H = time_first(only(x, mask)), skipped_steps(mask), len(U)
    # σ(a) = ½ + ½ tanh(a / 2): so one tanh serves both gates, whose weights are halved
    scale = np.repeat(np.array([0.5, 0.5, 1], U.dtype), H)
    gates, U = affine(x, W * scale, None if b is None else b[0] * scale), U * scale
    of_state = None if b is None else b[1] * scale
    inner = np.empty((*x.shape[:2], H), gates.dtype)
    h = initial_states(x, H, h0)
    a = np.empty((x.shape[1], 3 * H), gates.dtype)
    for t in range(len(x)):
        np.matmul(h[t], U, out=a)
        if of_state is not None:
            a += of_state
        inner[t] = a[:, 2 * H :]
        opened, g = gates[t, :, : 2 * H], gates[t, :, 2 * H :]  # views: gates are written where their inputs stood
        opened += a[:, : 2 * H]
        np.tanh(opened, out=opened)
        opened *= 0.5
        opened += 0.5
        z, r = opened[:, :H], opened[:, H:]
        g += r * inner[t]
        np.tanh(g, out=g)
        np.subtract(h[t], g, out=h[t + 1])  # h = g + z ∘ (hₜ₋₁ − g)
        h[t + 1] *= z
        h[t + 1] += g
        if skipped is not None:
            np.copyto(h[t + 1], h[t], where=skipped[t])
    return GRUStates(*map(time_first, (h, gates, inner)))


@shapes
def gru_backward(
    dh: Annotated[Array, "N T+1 H"],
    x: Annotated[Array, "N T D"],
    W: Annotated[Array, "D>0 3H"],
    U: Annotated[Array, "H>0 3H"],
    h: Annotated[Array, "N T+1 H"],
    gates: Annotated[Array, "N T 3H"],
    inner: Annotated[Array, "N T H"],
    mask: Annotated[Mask, "N T"] | None = None,
) -> tuple[Array, Array, Array, Array, Array]:
    """With Dₜ the whole gradient of hₜ:

    dz = Dₜ ∘ (hₜ₋₁ − g) ∘ z (1 − z),   dg = Dₜ ∘ (1 − z) ∘ (1 − g²),   dr = dg ∘ inner ∘ r (1 − r)
    da = (dz, dr, dg) is the gradient of the input's side, (dz, dr, dg ∘ r) that of the state's
    Dₜ₋₁ = dhₜ₋₁ + Dₜ ∘ z + (dz, dr, dg ∘ r) Uᵀ

    Returns
    -------
    dx, dW, dU, db, dh0 : arrays (N, T, D), (D, 3H), (H, 3H), (2, 3H), (N, H)
    """
    dh, x, h, gates, inner = (time_first(each) for each in (dh, only(x, mask), h, gates, inner))
    skipped, UT = skipped_steps(mask), U.T.copy()  # in order of its rows: a quarter faster for every step
    z, r, g = np.split(gates, 3, axis=2)

    # What does not depend on later steps, for all steps at once: da and its state's side without the factor Dₜ
    dg = (1 - z) * (1 - g * g)
    da = np.concatenate([(h[:-1] - g) * z * (1 - z), dg * inner * r * (1 - r), dg], axis=2)  # (T, N, 3H)
    da_state = np.concatenate([da[..., : -len(U)], dg * r], axis=2)
    if skipped is not None:  # such a step has no gates, and its state is the one before
        np.copyto(da, 0, where=skipped)
        np.copyto(da_state, 0, where=skipped)
        z = np.where(skipped, 1, z)

    # The gradient of the state on its way back
    gate, gate_state = (each.reshape(*each.shape[:2], 3, len(U)) for each in (da, da_state))
    D = dh[-1]
    for t in reversed(range(len(x))):
        gate[t] *= D[:, None]
        gate_state[t] *= D[:, None]
        D = dh[t] + D * z[t] + da_state[t] @ UT

    # What each parameter got from all steps
    dx, dW, db_input = affine_backward(da, x, W)
    dU, db_state = affine_gradient(da_state, h[:-1])
    return time_first(dx), dW, dU, np.stack([db_input, db_state]), D
