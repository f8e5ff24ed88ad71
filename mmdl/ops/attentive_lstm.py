"""An LSTM with attention inside: before every step its state asks a memory, and the answer enters the gates."""

from typing import Annotated, NamedTuple

import numpy as np

from mmdl.ops._gates import activate_gates, gate_blocks, gate_gradient, gate_scale
from mmdl.ops._mask import only
from mmdl.ops._time import initial_states, keep, step_masks, time_first
from mmdl.ops.dense import affine, affine_backward, affine_gradient
from mmdl.ops.softmax import softmax, softmax_backward
from mmdl.shapes import Array, Mask, shapes


class AttentiveStates(NamedTuple):
    """States and cells as in an LSTM, and what was looked at before every step."""

    h: Array  # (N, T + 1, H)
    c: Array  # (N, T + 1, H)
    context: Array  # (N, T, V)
    gates: Array  # (N, T, 4H)
    weights: Array  # (N, T, S), each row sums to one
    z: Array  # (N, T, S, K): the hidden layer of the attention


@shapes
def attentive_lstm(
    x: Annotated[Array, "N T D"],
    k: Annotated[Array, "N S K"],
    v: Annotated[Array, "N S V"],
    Wq: Annotated[Array, "H K"],
    w: Annotated[Array, "K"],
    W: Annotated[Array, "D 4H"],
    C: Annotated[Array, "V 4H"],
    U: Annotated[Array, "H 4H"],
    b: Annotated[Array, "4H"] | None,
    h0: Annotated[Array, "N H"] | None = None,
    c0: Annotated[Array, "N H"] | None = None,
    mask: Annotated[Mask, "N T"] | None = None,
    memory_mask: Annotated[Mask, "N S"] | None = None,
) -> AttentiveStates:
    """contextₜ = a v,  a = softmax(z · w),  z = tanh(hₜ₋₁ Wq + k);   cₜ = f ∘ cₜ₋₁ + i ∘ g,  hₜ = o ∘ tanh(cₜ)

    with the gates of an LSTM, of xₜ W + contextₜ C + hₜ₋₁ U + b.

    Parameters
    ----------
    k, v
        Keys and values of the memory.
    W, C, U, b
        Columns in the order i, f, g, o.
    h0, c0
        Zeros if not given.
    mask
        Where it is False state and cell are kept as they are, and the context is zero.
    memory_mask
        True where there is something to look at. Where there is nothing at all, the context is zero.

    Returns
    -------
    AttentiveStates : h, c (N, T + 1, H), context (N, T, V), gates (N, T, 4H), weights (N, T, S), z (N, T, S, K)

    Source: Bahdanau, Cho, Bengio 2015, with an LSTM in the place of its GRU; Xu et al. 2015, section 3.1.2.
    """
    k, v = only(k, memory_mask), only(v, memory_mask)
    x, mask, H = time_first(only(x, mask)), step_masks(mask), len(U)
    nowhere = None if memory_mask is None or memory_mask.all() else ~memory_mask
    scale, shift = gate_scale(H, U.dtype)
    gates = affine(x, W * scale, None if b is None else b * scale)
    inner = np.concatenate([U, C]) * scale  # one product for state and context
    h, c = initial_states(x, H, h0), initial_states(x, H, c0)
    context = np.empty((*x.shape[:2], v.shape[2]), x.dtype)
    weights = np.empty((*x.shape[:2], k.shape[1]), x.dtype)
    z = np.empty((*weights.shape, k.shape[2]), x.dtype)
    i, f, g, o = gate_blocks(gates)
    for t in range(len(x)):
        np.add((h[t] @ Wq)[:, None], k, out=z[t])
        np.tanh(z[t], out=z[t])
        e = z[t] @ w
        if nowhere is not None:
            e[nowhere] = -np.inf
        weights[t] = keep(mask, t, softmax(e), 0)
        context[t] = (weights[t][:, None] @ v)[:, 0]
        gates[t] += np.concatenate([h[t], context[t]], axis=1) @ inner
        activate_gates(gates[t], scale, shift)
        c[t + 1] = keep(mask, t, f[t] * c[t] + i[t] * g[t], c[t])
        h[t + 1] = keep(mask, t, o[t] * np.tanh(c[t + 1]), h[t])
    return AttentiveStates(*map(time_first, (h, c, context, gates, weights, z)))


@shapes
def attentive_lstm_backward(
    dh: Annotated[Array, "N T+1 H"],
    dc: Annotated[Array, "N T+1 H"] | None,
    dcontext: Annotated[Array, "N T V"] | None,
    x: Annotated[Array, "N T D"],
    v: Annotated[Array, "N S V"],
    Wq: Annotated[Array, "H K"],
    w: Annotated[Array, "K"],
    W: Annotated[Array, "D 4H"],
    C: Annotated[Array, "V 4H"],
    U: Annotated[Array, "H 4H"],
    h: Annotated[Array, "N T+1 H"],
    c: Annotated[Array, "N T+1 H"],
    context: Annotated[Array, "N T V"],
    gates: Annotated[Array, "N T 4H"],
    weights: Annotated[Array, "N T S"],
    z: Annotated[Array, "N T S K"],
    mask: Annotated[Mask, "N T"] | None = None,
    memory_mask: Annotated[Mask, "N S"] | None = None,
) -> tuple[Array, ...]:
    """With da as in `lstm_backward`, Γₜ = dcontextₜ + da Cᵀ is the whole gradient of the context, and

    de = a ∘ (v Γₜ − ⟨v Γₜ, a⟩),  du = de w ∘ (1 − z²),  dq = Σ_s du,  dk = Σₜ du,  dv = Σₜ aᵀ Γₜ
    Hₜ₋₁ = dhₜ₋₁ + da Uᵀ + dq Wqᵀ

    Three ways lead back to a state: what it was used for outside, the gates, and the question that it asked.

    Parameters
    ----------
    dc, dcontext
        None where they are used no further on.
    x, v, Wq, w, W, C, U : the arguments of `attentive_lstm`
    h, c, context, gates, weights, z : its result

    Returns
    -------
    dx, dk, dv, dWq, dw, dW, dC, dU, db, dh0, dc0
    """
    v = only(v, memory_mask)
    dh, x, h, c, context = (time_first(each) for each in (dh, only(x, mask), h, c, context))
    gates, weights, z = (time_first(each) for each in (gates, weights, z))
    dc = np.zeros_like(dh) if dc is None else time_first(dc)
    answer = np.zeros_like(context) if dcontext is None else time_first(dcontext).copy()
    mask = step_masks(mask)
    squashed = np.tanh(c[1:])
    through_h = gate_blocks(gates)[3] * (1 - squashed * squashed)
    da, de = np.empty_like(gates), np.empty_like(weights)
    dq, dk = np.empty((*x.shape[:2], len(w)), gates.dtype), np.zeros(z.shape[1:], gates.dtype)
    UT, CT, WqT = U.T.copy(), C.T.copy(), Wq.T.copy()
    H, cell = dh[-1], dc[-1]
    for t in reversed(range(len(x))):
        after = cell + H * through_h[t]
        da[t] = keep(mask, t, gate_gradient(gates[t], c[t], squashed[t], H, after), 0)
        answer[t] = keep(mask, t, answer[t] + da[t] @ CT, 0)
        de[t] = softmax_backward((v @ answer[t][:, :, None])[:, :, 0], weights[t])
        du = 1 - z[t] * z[t]
        du *= w
        du *= de[t][:, :, None]
        dk += du
        dq[t] = du.sum(axis=1)
        H = dh[t] + da[t] @ UT + dq[t] @ WqT + keep(mask, t, 0, H)
        cell = dc[t] + keep(mask, t, after * gate_blocks(gates[t])[1], cell)
    dx, dW, db = affine_backward(da, x, W)
    dU, dC = affine_gradient(da, h[:-1])[0], affine_gradient(da, context)[0]
    dWq, dw = affine_gradient(dq, h[:-1])[0], de.reshape(-1) @ z.reshape(-1, len(w))
    dv = weights.transpose(1, 2, 0) @ answer.swapaxes(0, 1)
    return time_first(dx), dk, dv, dWq, dw, dW, dC, dU, db, H, cell
