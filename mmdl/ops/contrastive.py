"""What makes two towers agree: unit vectors, their similarity, and a loss that asks each to find its partner."""

from typing import Annotated, NamedTuple

import numpy as np

from mmdl.ops._mask import possible
from mmdl.ops._reduce import row_inner
from mmdl.ops.losses import Loss
from mmdl.ops.softmax import log_softmax
from mmdl.shapes import Array, shapes


class Normalized(NamedTuple):
    """The directions, and the lengths that backward needs."""

    y: Array  # (..., D)
    length: Array  # (..., 1)


@shapes
def normalize(x: Annotated[Array, "... D"]) -> Normalized:
    """y = x / ‖x‖ along the last axis: of each row only its direction is left

    A row of zeros has none and stays zero; so does one so short that its squares are too small for a float.

    Returns
    -------
    Normalized : y (..., D), length (..., 1)
    """
    length = np.sqrt(row_inner(x, x))
    return Normalized(_divided(x, length), length)


@shapes
def normalize_backward(
    dy: Annotated[Array, "* D"],
    y: Annotated[Array, "* D"],
    length: Annotated[Array, "* 1"],
) -> Array:
    """dx = (dy − y ⟨dy, y⟩) / ‖x‖: a push along y would only make x longer

    Zero where the length is.  -> dx (..., D)
    """
    return _divided(dy - y * row_inner(dy, y), length)


@shapes
def similarity(a: Annotated[Array, "N D"], b: Annotated[Array, "S D"], log_scale: Annotated[Array, "1"]) -> Array:
    """s = e^λ a bᵀ: how well each a fits each b

    Parameters
    ----------
    a, b
        Unit rows, as `normalize` gives them: then a bᵀ holds the cosines of their angles.
    log_scale : λ
        e^λ is one over the temperature of the softmax that follows. As a logarithm it may be learned: no step makes
        the scale negative.

    Returns
    -------
    s : array (N, S)

    Source: Radford et al., Learning transferable visual models from natural language supervision, 2021, figure 3.
    """
    return np.exp(log_scale) * (a @ b.T)


@shapes
def similarity_backward(
    ds: Annotated[Array, "N S"],
    a: Annotated[Array, "N D"],
    b: Annotated[Array, "S D"],
    log_scale: Annotated[Array, "1"],
    s: Annotated[Array, "N S"],
) -> tuple[Array, Array, Array]:
    """da = e^λ ds b,  db = e^λ dsᵀ a,  dλ = Σ ds ∘ s: the derivative of e^λ is e^λ

    Returns
    -------
    da, db, dlog_scale : arrays (N, D), (S, D), (1,)
    """
    scaled = np.exp(log_scale) * ds
    return scaled @ b, scaled.T @ a, np.einsum("ns,ns->", ds, s)[None]


@shapes
def contrastive_loss(s: Annotated[Array, "N>0 N"]) -> Loss:
    """loss = −mean of (log p_nn + log q_nn) / 2,  p = softmax of the rows, q = softmax of the columns of s

    with  ds = (p + q − 2 I) / 2N. Each a has to find its own b among all of the batch, and each b its a: N questions
    with N answers, twice. Who cannot tell them apart pays log N.

    Parameters
    ----------
    s
        Row n and column n belong together, and nothing else does. −∞ makes a pair impossible.

    Returns
    -------
    Loss : value, gradient (N, N)

    Source: van den Oord, Li, Vinyals, Representation learning with contrastive predictive coding, 2018, equation 4;
    both ways as in Radford et al. 2021.
    """
    N = len(s)
    log_p, log_q = log_softmax(s), log_softmax(s.T).T
    value = -(np.trace(log_p) + np.trace(log_q)) / (2 * N)
    gradient = (np.exp(log_p) + np.exp(log_q) - 2 * np.eye(N, dtype=s.dtype)) / (2 * N)
    return Loss(value, np.where(possible(s), gradient, 0))


def _divided(x: Array, length: Array) -> Array:
    return np.divide(x, length, out=np.zeros_like(x), where=length.real != 0)  # NaN is not 0, and stays
