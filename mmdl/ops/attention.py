"""Attention, equation (3): every query takes a weighted mean of the values."""

import math
from typing import Annotated, NamedTuple

import numpy as np

from mmdl.errors import ShapeError
from mmdl.ops._mask import looked_at, only
from mmdl.ops._reduce import sum_to
from mmdl.ops.softmax import softmax, softmax_backward
from mmdl.shapes import Array, Arrays, Mask, shapes


class Attended(NamedTuple):
    """What attention gives: the answer, and where it looked."""

    y: Array  # (..., T, V)
    weights: Array  # (..., T, S), each row sums to one


@shapes
def attention(
    q: Annotated[Array, "... T D"],
    k: Annotated[Array, "... S>0 D>0"],
    v: Annotated[Array, "... S V"],
    mask: Annotated[Mask, "... S"] | None = None,
    causal: bool = False,
    bias: Annotated[Array, "... T S"] | None = None,
) -> Attended:
    """y = a v  with  a = softmax(q kᵀ / √D + bias)

    Parameters
    ----------
    q, k, v
        Queries, keys and values; leading axes broadcast. For heads on an axis of their own pass `mask[:, None]`.
    mask
        True where there is a key; what stands elsewhere is not read.
    causal
        Query t sees only the keys s ≤ t.
    bias
        Added to the scores; −∞ forbids. A query that may look nowhere, for whatever reason, gets zeros.

    Returns
    -------
    Attended : y (..., T, V), weights (..., T, S)

    Source: Vaswani et al. 2017, equation (1); the article's equation (3).

    >>> q, k, v = np.ones((1, 4)), np.array([[1.0, 0, 0, 1], [0, 0, 0, 0]]), np.array([[10.0], [20.0]])
    >>> y, weights = attention(q, k, v)
    >>> weights.round(3).tolist(), y.round(2).tolist()
    ([[0.731, 0.269]], [[12.69]])
    """
    k, v = only(k, mask), only(v, mask)
    s = (q / math.sqrt(q.shape[-1])) @ k.mT  # np.sqrt of an int would turn float32 into float64
    if bias is not None:
        s = s + (bias if mask is None else np.where(mask[..., None, :], bias, 0))
    weights = softmax(_seen(s, mask, causal))
    return Attended(weights @ v, weights)


@shapes
def attention_backward(
    dy: Annotated[Array, "* T V"],
    q: Annotated[Array, "... T D"],
    k: Annotated[Array, "... S D"],
    v: Annotated[Array, "... S V"],
    weights: Annotated[Array, "... T S"],
    bias: Annotated[Array, "... T S"] | None = None,
) -> Arrays:
    """da = dy vᵀ,  ds = a ∘ (da − ⟨da, a⟩);   dq = ds k / √D,  dk = dsᵀ q / √D,  dv = aᵀ dy

    Where nothing was looked at a is 0, and so is ds: no mask is needed, and a key that nobody looked at is not read.

    Returns
    -------
    dq, dk, dv : arrays like q, k, v; and dbias = ds, fourth, if `bias` is given.
    """
    seen = looked_at(weights)
    ds = softmax_backward(sum_to(dy @ only(v, seen).mT, weights.shape), weights)
    dq, dk, dv = ds @ only(k, seen), ds.mT @ q, weights.mT @ dy
    dq /= math.sqrt(q.shape[-1])
    dk /= math.sqrt(q.shape[-1])
    gradients = sum_to(dq, q.shape), sum_to(dk, k.shape), sum_to(dv, v.shape)
    return gradients if bias is None else (*gradients, sum_to(ds, bias.shape))


@shapes
def multi_head_attention(
    q: Annotated[Array, "N T D"],
    k: Annotated[Array, "N S D"],
    v: Annotated[Array, "N S V"],
    heads: int = 1,
    mask: Annotated[Mask, "N S"] | None = None,
    causal: bool = False,
) -> Attended:
    """Each head attends with its own D / heads columns of q and k, and fills its own V / heads columns of y

    Parameters
    ----------
    heads
        Divides D and V.
    mask, causal : as in `attention`

    Returns
    -------
    Attended : y (N, T, V), weights (N, heads, T, S)

    Source: Vaswani et al. 2017, section 3.2.2, without the projections.
    """
    _check_heads("multi_head_attention", heads, q, v)
    q, k, v = (split_heads(each, heads) for each in (q, k, v))
    y, weights = attention(q, k, v, None if mask is None else mask[:, None], causal)
    return Attended(merge_heads(y), weights)


@shapes
def multi_head_attention_backward(
    dy: Annotated[Array, "N T V"],
    q: Annotated[Array, "N T D"],
    k: Annotated[Array, "N S D"],
    v: Annotated[Array, "N S V"],
    weights: Annotated[Array, "N _ T S"],
) -> tuple[Array, Array, Array]:
    """Split the columns into heads, apply `attention_backward` to each, and merge them.  -> dq, dk, dv"""
    _check_heads("multi_head_attention_backward", weights.shape[1], q, v)
    dy, q, k, v = (split_heads(each, weights.shape[1]) for each in (dy, q, k, v))
    dq, dk, dv = attention_backward(dy, q, k, v, weights)
    return merge_heads(dq), merge_heads(dk), merge_heads(dv)


def _check_heads(function: str, heads: int, q: Array, v: Array) -> None:
    if heads < 1 or q.shape[2] % heads or v.shape[2] % heads:
        raise ShapeError(f"{function}: {heads} heads do not divide D = {q.shape[2]} and V = {v.shape[2]}")


def split_heads(x: Array, heads: int) -> Array:
    """(N, T, heads · D) -> (N, heads, T, D): first the columns are divided, then the axes change places"""
    return x.reshape(*x.shape[:2], heads, x.shape[2] // heads).swapaxes(1, 2)


def merge_heads(x: Array) -> Array:
    """(N, heads, T, D) -> (N, T, heads · D)"""
    return x.swapaxes(1, 2).reshape(len(x), x.shape[2], x.shape[1] * x.shape[3])


def _seen(s: Array, mask: Mask | None, causal: bool) -> Array:
    """The scores, −∞ where a query may not look.  s (..., T, S), in place if the mask has no more axes"""
    dtype = s.real.dtype
    if causal:
        s += np.triu(np.full(s.shape[-2:], -np.inf, dtype), k=1)
    if mask is None:
        return s
    hidden = np.where(mask, dtype.type(0), -np.inf).astype(dtype)[..., None, :]
    if np.broadcast_shapes(s.shape, hidden.shape) != s.shape:
        return s + hidden
    if not mask.all():
        s += hidden
    return s
