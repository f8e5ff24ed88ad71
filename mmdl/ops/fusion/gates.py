"""Fusion of vectors by learned numbers: how much of each passes, and how one scales and shifts another."""

from collections.abc import Iterable
from typing import Annotated, NamedTuple

import numpy as np

from mmdl.errors import ShapeError
from mmdl.ops._reduce import sum_to
from mmdl.ops.activations import sigmoid, sigmoid_backward, tanh, tanh_backward
from mmdl.ops.fusion.vectors import elementwise_sum
from mmdl.shapes import Array, Arrays, shapes


class Gated(NamedTuple):
    """What gates let pass, how far each is open, and what stood before it."""

    y: Array  # (..., D)
    gates: Arrays  # of M arrays (..., D) between 0, shut, and 1, open
    candidates: Arrays  # of M arrays (..., D): tanh(x_m)


@shapes
def gated(features: Annotated[Arrays, "M>0 of ... D"], scores: Annotated[Arrays, "_ of ... D"]) -> Gated:
    """y = Σ_m z_m ∘ tanh(x_m)  with  z_m = σ(scores_m); two modalities share one gate: z₂ = 1 − z₁

    Returns
    -------
    Gated : y, gates, candidates

    Raises
    ------
    ShapeError : another number of scores.

    Source: Arevalo et al. 2017, the gated multimodal unit.
    """
    _check_scores("gated", features, scores)
    gates, candidates = tuple(map(sigmoid, scores)), tuple(map(tanh, features))
    if len(features) == 2:
        gates += (1 - gates[0],)
    return Gated(elementwise_sum(tuple(map(np.multiply, gates, candidates))), gates, candidates)


@shapes
def gated_backward(
    dy: Annotated[Array, "* D"],
    features: Annotated[Arrays, "M>0 of ... D"],
    scores: Annotated[Arrays, "_ of ... D"],
    gates: Annotated[Arrays, "M of ... D"],
    candidates: Annotated[Arrays, "M of ... D"],
) -> tuple[Arrays, Arrays]:
    """dx_m = dy ∘ z_m ∘ (1 − tanh² x_m),  dz_m = dy ∘ tanh x_m,  dscores = dz ∘ z ∘ (1 − z)

    Of two modalities, one gains what the other loses: dz = dz₁ − dz₂.

    Returns
    -------
    dfeatures, dscores : tuples of arrays like features and scores
    """
    _check_scores("gated_backward", features, scores)
    dgates = [dy * h for h in candidates]
    if len(features) == 2:
        dgates = [dgates[0] - dgates[1]]
    dfeatures = (tanh_backward(sum_to(dy * z, h.shape), h) for z, h in zip(gates, candidates, strict=True))
    dscores = (sigmoid_backward(sum_to(dz, z.shape), z) for dz, z in zip(dgates, gates, strict=False))
    return _like(dfeatures, features), _like(dscores, scores)


@shapes
def film(x: Annotated[Array, "... D"], gamma: Annotated[Array, "... D"], beta: Annotated[Array, "... D"]) -> Array:
    """y = γ ∘ x + β: feature-wise linear modulation

    Parameters
    ----------
    gamma, beta
        Computed from another modality than x.

    Returns
    -------
    y : array (..., D)

    Source: Perez et al. 2018, equation (2).
    """
    return gamma * x + beta


@shapes
def film_backward(
    dy: Annotated[Array, "* D"],
    x: Annotated[Array, "... D"],
    gamma: Annotated[Array, "... D"],
    beta: Annotated[Array, "... D"],
) -> tuple[Array, Array, Array]:
    """dx = dy ∘ γ,  dγ = dy ∘ x,  dβ = dy"""
    return sum_to(dy * gamma, x.shape), sum_to(dy * x, gamma.shape), sum_to(dy.copy(), beta.shape)


def _check_scores(function: str, features: Arrays, scores: Arrays) -> None:
    expected = 1 if len(features) == 2 else len(features)
    if len(scores) != expected:
        raise ShapeError(f"{function}: {len(features)} features need {expected} scores but there are {len(scores)}")


def _like(gradients: Iterable[Array], arrays: Arrays) -> Arrays:
    """The gradients, each summed to the shape of its array."""
    return tuple(sum_to(gradient, array.shape) for gradient, array in zip(gradients, arrays, strict=True))
