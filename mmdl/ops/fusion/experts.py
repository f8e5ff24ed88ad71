"""Fusion of opinions: every modality has an expert of its own, whose logits come in, and l = log p goes out."""

import math
from typing import Annotated, NamedTuple

import numpy as np

from mmdl.ops._mask import log_sum_exp, possible
from mmdl.ops._reduce import sum_to
from mmdl.ops.fusion.vectors import elementwise_sum
from mmdl.ops.softmax import log_softmax, log_softmax_backward
from mmdl.shapes import Array, Arrays, Mask, shapes


@shapes
def product_of_experts(
    logits: Annotated[Arrays, "M>0 of ... K>0"],
    present: Annotated[Mask, "... M"] | None = None,
) -> Array:
    """p = Π_m p_m / Σ_k Π_m p_m  with  p_m = softmax(logits_m): as logarithms, log p = log_softmax(Σ_m logits_m)

    One expert who is sure that it is not so overrules all others.

    Parameters
    ----------
    present
        An expert who is absent is left out; with nobody there p is uniform.

    Returns
    -------
    l : array (..., K), log p

    Source: Hinton, Training products of experts, 2002.
    """
    return log_softmax(elementwise_sum(_votes(logits, present)))


@shapes
def product_of_experts_backward(
    dl: Annotated[Array, "* K"],
    logits: Annotated[Arrays, "M>0 of ... K"],
    l: Annotated[Array, "* K"],
    present: Annotated[Mask, "... M"] | None = None,
) -> Arrays:
    """dlogits_m = dl − p Σ dl for everyone who is present.  -> M arrays (..., K)"""
    ds = log_softmax_backward(dl, l)
    return tuple(sum_to(d, x.shape) for d, x in zip(_votes((ds,) * len(logits), present), logits, strict=True))


@shapes
def average_of_experts(
    logits: Annotated[Arrays, "M>0 of ... K>0"],
    present: Annotated[Mask, "... M"] | None = None,
) -> Array:
    """p = Σ_m p_m / M  with  p_m = softmax(logits_m): everybody has one vote.  As logarithms, l = log p

    Parameters and result as in `product_of_experts`.

    Source: Jacobs, Jordan, Nowlan, Hinton 1991, without the gates.
    """
    opinions, count = _opinions(logits, present)
    return log_sum_exp(opinions) - np.log(count)


@shapes
def average_of_experts_backward(
    dl: Annotated[Array, "* K"],
    logits: Annotated[Arrays, "M>0 of ... K"],
    l: Annotated[Array, "* K"],
    present: Annotated[Mask, "... M"] | None = None,
) -> Arrays:
    """dlog p_m = dl ∘ p_m / Σ p, the expert's share in the vote; from there as in `log_softmax_backward`.

    Returns
    -------
    dlogits : tuple of M arrays (..., K)
    """
    opinions, count = _opinions(logits, present)
    shares = _votes(tuple(dl * _share(opinion, l) / count for opinion in opinions), present)
    return _from_log_p(shares, logits, present)


@shapes
def product_of_probabilities(
    logits: Annotated[Arrays, "M>0 of ... K>0"],
    present: Annotated[Mask, "... M"] | None = None,
    floor: float = 1e-7,
) -> Array:
    """p = Π_m p_m / Σ_k Π_m p_m held within [floor, 1 − floor]: the article's product, as Keras's loss reads it

    It is `product_of_experts` but for the bounds: beyond them it is held, and no gradient passes.

    Parameters
    ----------
    logits, present : as in `product_of_experts`
    floor
        Below ½.

    Returns
    -------
    l : array (..., K), log p

    Source: `model1.output * model2.output` in the article's section 4, and Keras's categorical cross-entropy.
    """
    l = product_of_experts(logits, present)
    return np.where(_within(l, floor), l, np.clip(l.real, math.log(floor), math.log1p(-floor)))


@shapes
def product_of_probabilities_backward(
    dl: Annotated[Array, "* K"],
    logits: Annotated[Arrays, "M>0 of ... K"],
    present: Annotated[Mask, "... M"] | None = None,
    floor: float = 1e-7,
) -> Arrays:
    """As in `product_of_experts`, with dl = 0 where p was held.  -> M arrays (..., K)"""
    l = product_of_experts(logits, present)
    return product_of_experts_backward(np.where(_within(l, floor), dl, 0), logits, l, present)


class Mixed(NamedTuple):
    """What the experts say together, and how much each was listened to."""

    l: Array  # (..., K), log p
    gates: Array  # (..., M), each row sums to one


@shapes
def mixture_of_experts(
    logits: Annotated[Arrays, "M>0 of ... K>0"],
    scores: Annotated[Array, "... M"],
    present: Annotated[Mask, "... M"] | None = None,
) -> Mixed:
    """p = Σ_m g_m p_m  with  p_m = softmax(logits_m) and gates g = softmax(scores): who is listened to, depends

    Parameters
    ----------
    present
        The gates of those who are present sum to one, those of the others are 0; with nobody there p is uniform.

    Returns
    -------
    Mixed : l = log p (..., K), gates (..., M)

    Source: Jacobs, Jordan, Nowlan, Hinton 1991.
    """
    log_g, joint = _mixture(logits, scores, present)
    return Mixed(log_sum_exp(joint), np.exp(log_g))


@shapes
def mixture_of_experts_backward(
    dl: Annotated[Array, "* K"],
    logits: Annotated[Arrays, "M>0 of ... K"],
    scores: Annotated[Array, "... M"],
    l: Annotated[Array, "* K"],
    present: Annotated[Mask, "... M"] | None = None,
) -> tuple[Arrays, Array]:
    """dlog p_m = dl ∘ r_m  with  r_m = g_m p_m / p, who is responsible;   dlog g_m = Σ_k dl_k r_mk

    Returns
    -------
    dlogits : tuple of M arrays (..., K)
    dscores : array (..., M)
    """
    log_g, joint = _mixture(logits, scores, present)
    shares = _votes(tuple(dl * _share(x, l) for x in joint), present)
    dlog_g = np.stack([share.sum(axis=-1) for share in shares], axis=-1)
    dscores = log_softmax_backward(sum_to(dlog_g, log_g.shape), log_g)
    if present is not None:
        dscores = np.where(present, dscores, 0)
    return _from_log_p(shares, logits, present), sum_to(dscores, scores.shape)


def _votes(logits: Arrays, present: Mask | None) -> Arrays:
    """The logits of those who are present; zero, which is no opinion, of those who are not."""
    if present is None:
        return logits
    return tuple(np.where(present[..., m, None], x, 0) for m, x in enumerate(logits))


def _opinions(logits: Arrays, present: Mask | None) -> tuple[Arrays, Array]:
    """log p_m of each expert, −∞ if absent, and how many there are (..., 1); with nobody there all say 1 / K"""
    log_p = tuple(log_softmax(x) for x in _votes(logits, present))
    if present is None:
        return log_p, np.full(1, len(logits), log_p[0].real.dtype)
    nobody = ~present.any(axis=-1, keepdims=True)
    silence = np.where(nobody, -math.log(logits[0].shape[-1]), -np.inf).astype(log_p[0].dtype)
    count = np.where(nobody, len(logits), present.sum(axis=-1, keepdims=True)).astype(log_p[0].dtype)
    return tuple(np.where(present[..., m, None], x, silence) for m, x in enumerate(log_p)), count


def _share(part: Array, l: Array) -> Array:
    """e^part / e^l, how much of the whole is this part; of what is impossible nobody has a share"""
    return np.exp(part - np.where(possible(l), l, 0))


def _from_log_p(dlog_p: Arrays, logits: Arrays, present: Mask | None) -> Arrays:
    """From the gradients of every expert's log p to those of the logits"""
    given = zip(dlog_p, _votes(logits, present), logits, strict=True)
    return tuple(
        sum_to(log_softmax_backward(sum_to(d, heard.shape), log_softmax(heard)), x.shape) for d, heard, x in given
    )


def _mixture(logits: Arrays, scores: Array, present: Mask | None) -> tuple[Array, list[Array]]:
    """log g, −∞ for the absent, and log g_m p_m of each; with nobody there all gates and all classes are alike"""
    if present is not None:
        scores = np.where(
            present, scores, np.where(present.any(axis=-1, keepdims=True), -np.inf, 0).astype(scores.dtype)
        )
    log_g = log_softmax(scores)
    opinions, _ = _opinions(logits, present)
    return log_g, [log_g[..., m, None] + log_p for m, log_p in enumerate(opinions)]


def _within(l: Array, floor: float) -> Mask:
    return (math.log(floor) <= l.real) & (l.real <= math.log1p(-floor))
