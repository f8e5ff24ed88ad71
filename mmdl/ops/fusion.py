"""Fusion: several vectors become one, by features or by votes.

Every function takes a tuple of M arrays, one a modality; every backward gives a tuple of M gradients.
"""

import functools
import math

import numpy as np

from mmdl.ops._reduce import sum_to
from mmdl.ops.softmax import log_softmax, log_softmax_backward
from mmdl.shapes import shapes


@shapes(features="M>0 * ... _")
def concatenate(features):
    """y = (x₁, x₂, ...): side by side along the last axis.  M arrays (..., D_m) -> y (..., Σ D_m)"""
    leading = np.broadcast_shapes(*(x.shape[:-1] for x in features))
    return np.concatenate([np.broadcast_to(x, (*leading, x.shape[-1])) for x in features], axis=-1)


@shapes(dy="... _", features="M>0 * ... _")
def concatenate_backward(dy, features):
    """dx_m = the columns of dy that came from x_m"""
    ends = np.cumsum([x.shape[-1] for x in features])
    return tuple(sum_to(dy[..., end - x.shape[-1] : end], x.shape) for x, end in zip(features, ends, strict=True))


@shapes(features="M>0 * ... D")
def elementwise_sum(features):
    """y = Σ_m x_m.  M arrays (..., D) -> y (..., D)"""
    return sum(features[1:], start=features[0].copy())


@shapes(dy="... D", features="M>0 * ... D")
def elementwise_sum_backward(dy, features):
    """dx_m = dy: a sum hands its gradient to everyone"""
    return tuple(sum_to(dy, x.shape).copy() for x in features)


@shapes(features="M>0 * ... D")
def elementwise_product(features):
    """y = Π_m x_m.  M arrays (..., D) -> y (..., D)"""
    return math.prod(features[1:], start=features[0].copy())


@shapes(dy="... D", features="M>0 * ... D")
def elementwise_product_backward(dy, features):
    """dx_m = dy ∘ Π of the others: each gets what it was multiplied by"""
    return tuple(
        sum_to(math.prod(features[:m] + features[m + 1 :], start=dy.copy()), x.shape) for m, x in enumerate(features)
    )


@shapes(logits="M>0 * ... K>0", present="... M")
def product_of_experts(logits, present=None):
    """p = Π_m p_m / Σ_k Π_m p_m  with  p_m = softmax(logits_m): as logarithms, log p = log_softmax(Σ_m logits_m)

    One expert who is sure that it is not so overrules all others.

    Parameters
    ----------
    logits : tuple of M arrays (..., K)
    present : bool array (..., M), optional
        An expert who is absent is left out; with nobody there p is uniform.

    Returns
    -------
    l : array (..., K), log p

    Source: Hinton, Training products of experts, 2002.
    """
    return log_softmax(elementwise_sum(_votes(logits, present)))


@shapes(dl="... K", logits="M>0 * ... K", l="... K", present="... M")
def product_of_experts_backward(dl, logits, l, present=None):
    """dlogits_m = dl − p Σ dl for everyone who is present.  -> M arrays (..., K)"""
    ds = log_softmax_backward(dl, l)
    return tuple(sum_to(d, x.shape) for d, x in zip(_votes((ds,) * len(logits), present), logits, strict=True))


@shapes(logits="M>0 * ... K>0", present="... M")
def average_of_experts(logits, present=None):
    """p = Σ_m p_m / M  with  p_m = softmax(logits_m): everybody has one vote.  As logarithms, l = log p

    Parameters and result as in `product_of_experts`.

    Source: Jacobs, Jordan, Nowlan, Hinton 1991, without the gates.
    """
    opinions, count = _opinions(logits, present)
    largest = functools.reduce(np.maximum, [x.real for x in opinions])
    return np.log(sum(np.exp(x - largest) for x in opinions) / count) + largest


@shapes(dl="... K", logits="M>0 * ... K", l="... K", present="... M")
def average_of_experts_backward(dl, logits, l, present=None):
    """dlog p_m = dl ∘ p_m / Σ p, the expert's share in the vote; from there as in `log_softmax_backward`.

    Returns
    -------
    dlogits : tuple of M arrays (..., K)
    """
    opinions, count = _opinions(logits, present)
    shares = _votes(tuple(dl * np.exp(opinion - l) / count for opinion in opinions), present)
    return tuple(
        sum_to(log_softmax_backward(share, log_softmax(x)), x.shape) for share, x in zip(shares, logits, strict=True)
    )


def _votes(logits, present):
    """The logits of those who are present; zero, which is no opinion, of those who are not."""
    if present is None:
        return logits
    return tuple(np.where(present[..., m, None], x, 0) for m, x in enumerate(logits))


def _opinions(logits, present):
    """log p_m of each expert, −∞ if absent, and how many there are (..., 1); with nobody there all say 1 / K"""
    log_p = tuple(log_softmax(x) for x in logits)
    if present is None:
        return log_p, len(logits)
    nobody = ~present.any(axis=-1)[..., None]
    silence = np.where(nobody, -math.log(logits[0].shape[-1]), -np.inf).astype(log_p[0].dtype)
    count = np.where(nobody, len(logits), present.sum(axis=-1)[..., None]).astype(log_p[0].dtype)
    return tuple(np.where(present[..., m, None], x, silence) for m, x in enumerate(log_p)), count
