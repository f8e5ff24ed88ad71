"""What makes two towers agree: unit vectors, their similarity, and a loss that asks each to find its partner."""

from typing import NamedTuple

import numpy as np

from mmdl.ops._reduce import row_inner
from mmdl.ops.losses import Loss
from mmdl.ops.softmax import log_softmax
from mmdl.shapes import shapes


class Normalized(NamedTuple):
    """The directions, and the lengths that backward needs."""

    y: np.ndarray  # (..., D)
    length: np.ndarray  # (..., 1)


@shapes(x="... D")
def normalize(x):
    """y = x / ‖x‖ along the last axis: of each row only its direction is left

    A row of zeros has none and stays zero; so does one so short that its squares are too small for a float.

    Returns
    -------
    Normalized : y (..., D), length (..., 1)
    """
    length = np.sqrt(row_inner(x, x))
    return Normalized(_divided(x, length), length)


@shapes(dy="... D", y="... D", length="... 1")
def normalize_backward(dy, y, length):
    """dx = (dy − y ⟨dy, y⟩) / ‖x‖: a push along y would only make x longer

    Zero where the length is. dy, y (..., D), length (..., 1) -> dx (..., D)
    """
    return _divided(dy - y * row_inner(dy, y), length)


@shapes(a="N D", b="S D", log_scale="1")
def similarity(a, b, log_scale):
    """s = e^λ a bᵀ: how well each a fits each b

    Parameters
    ----------
    a : array (N, D)
    b : array (S, D)
        Unit rows, as `normalize` gives them: then a bᵀ holds the cosines of their angles.
    log_scale : array λ (1,)
        e^λ is one over the temperature of the softmax that follows. As a logarithm it may be learned: no step makes
        the scale negative.

    Returns
    -------
    s : array (N, S)

    Source: Radford et al., Learning transferable visual models from natural language supervision, 2021, figure 3.
    """
    return np.exp(log_scale) * (a @ b.T)


@shapes(ds="N S", a="N D", b="S D", log_scale="1", s="N S")
def similarity_backward(ds, a, b, log_scale, s):
    """da = e^λ ds b,  db = e^λ dsᵀ a,  dλ = Σ ds ∘ s: the derivative of e^λ is e^λ

    Returns
    -------
    da, db, dlog_scale : arrays (N, D), (S, D), (1,)
    """
    scaled = np.exp(log_scale) * ds
    return scaled @ b, scaled.T @ a, np.einsum("ns,ns->", ds, s)[None]


@shapes(s="N>0 N")
def contrastive_loss(s):
    """loss = −mean of (log p_nn + log q_nn) / 2,  p = softmax of the rows, q = softmax of the columns of s

    with  ds = (p + q − 2 I) / 2N. Each a has to find its own b among all of the batch, and each b its a: N questions
    with N answers, twice. Who cannot tell them apart pays log N.

    Parameters
    ----------
    s : array (N, N)
        Row n and column n belong together, and nothing else does.

    Returns
    -------
    Loss : value, gradient (N, N)

    Source: van den Oord, Li, Vinyals, Representation learning with contrastive predictive coding, 2018, equation 4;
    both ways as in Radford et al. 2021.
    """
    N = len(s)
    log_p, log_q = log_softmax(s), log_softmax(s.T).T
    value = -(np.trace(log_p) + np.trace(log_q)) / (2 * N)
    return Loss(value, (np.exp(log_p) + np.exp(log_q) - 2 * np.eye(N, dtype=s.dtype)) / (2 * N))


def _divided(x, length):
    return np.divide(x, length, out=np.zeros_like(x), where=length.real > 0)
