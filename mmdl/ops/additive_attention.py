"""Additive attention: a small network with one hidden layer says how well a query fits a key."""

from typing import Annotated, NamedTuple

import numpy as np

from mmdl.ops._mask import looked_at, only
from mmdl.ops._reduce import sum_to
from mmdl.ops.softmax import softmax, softmax_backward
from mmdl.shapes import Array, Mask, shapes


class AdditivelyAttended(NamedTuple):
    """The answer, where it was found, and the hidden layer that decided it."""

    y: Array  # (..., T, V)
    weights: Array  # (..., T, S), each row sums to one
    z: Array  # (..., T, S, D)


@shapes
def additive_attention(
    q: Annotated[Array, "... T D"],
    k: Annotated[Array, "... S D"],
    v: Annotated[Array, "... S V"],
    w: Annotated[Array, "D"],
    mask: Annotated[Mask, "... S"] | None = None,
) -> AdditivelyAttended:
    """y = a v  with  a = softmax(e),  e = z · w,  z = tanh(q_t + k_s)

    Parameters
    ----------
    q, k, v
        Queries, keys and values; leading axes broadcast.
    mask
        True where there is a key; what stands elsewhere is not read. A query that may look nowhere gets zeros.

    Returns
    -------
    AdditivelyAttended : y (..., T, V), weights (..., T, S), z (..., T, S, D)

    Source: Bahdanau, Cho, Bengio 2015, section A.1.2.
    """
    z = np.tanh(q[..., :, None, :] + only(k, mask)[..., None, :, :])
    e = z @ w
    if mask is not None:
        e = np.where(mask[..., None, :], e, -np.inf)
    weights = softmax(e)
    return AdditivelyAttended(weights @ only(v, mask), weights, z)


@shapes
def additive_attention_backward(
    dy: Annotated[Array, "* T V"],
    q: Annotated[Array, "... T D"],
    k: Annotated[Array, "... S D"],
    v: Annotated[Array, "... S V"],
    w: Annotated[Array, "D"],
    weights: Annotated[Array, "... T S"],
    z: Annotated[Array, "... T S D"],
) -> tuple[Array, Array, Array, Array]:
    """da = dy vᵀ,  de = a ∘ (da − ⟨da, a⟩),  du = de w ∘ (1 − z²)  with u = q_t + k_s, the argument of tanh;

    dq = Σ_s du,  dk = Σ_t du,  dw = Σ de z,  dv = aᵀ dy

    Returns
    -------
    dq, dk, dv, dw : arrays like q, k, v, w
    """
    da = dy @ only(v, looked_at(weights)).mT
    de = softmax_backward(sum_to(da, weights.shape), weights)
    dv = sum_to(weights.mT @ dy, v.shape)
    de = sum_to(de, z.shape[:-1])[..., None]  # z knows nothing of leading axes that only v and the mask have
    du = de * w * (1 - z * z)
    return sum_to(du.sum(axis=-2), q.shape), sum_to(du.sum(axis=-3), k.shape), dv, sum_to(de * z, w.shape)
