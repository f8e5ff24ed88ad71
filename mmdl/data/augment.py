"""Examples made of others while training: mirrored, moved and mixed."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from mmdl.shapes import Array, Mask
from mmdl.tokens import Tokens


class Mixture(NamedTuple):
    """What the examples of a batch were mixed with."""

    labels: Array  # (N,) of the partners
    shares: Array  # (N,) λ of the example itself; 1 − λ is its partner's


def flipped(x: Any, rng: np.random.Generator) -> Array:
    """y[n, r, c] = x[n, r, C − 1 − c] for one half of the pictures, drawn by chance; the others stay.  (N, R, C, D)"""
    mirror = rng.random(len(x)) < 0.5
    found: Array = np.where(mirror[:, None, None, None], x[:, :, ::-1], x)
    return found


def moved(x: Any, most: int, rng: np.random.Generator) -> Array:
    """y[n, r, c] = x[n, r − dₙ, c − eₙ] with d and e from −most to most, and zero beyond the edges.  (N, R, C, D)"""
    N, R, C, _ = x.shape
    padded = np.pad(x, ((0, 0), (most, most), (most, most), (0, 0)))
    d, e = most - rng.integers(-most, most, (2, N), endpoint=True)
    rows, columns = d[:, None] + np.arange(R), e[:, None] + np.arange(C)
    found: Array = padded[np.arange(N)[:, None, None], rows[:, :, None], columns[:, None, :]]
    return found


def mixed(
    inputs: Mapping[str, Any], present: Mapping[str, Mask], labels: Array, alpha: float, rng: np.random.Generator
) -> tuple[dict[str, Any], dict[str, Mask], Mixture]:
    """x̃ᵢ = λᵢ xᵢ + (1 − λᵢ) xⱼ,  ỹᵢ = λᵢ yᵢ + (1 − λᵢ) yⱼ  with  λᵢ ~ Beta(α, α)  and j a partner in the same batch

    Parameters
    ----------
    inputs : dict of str to array (N, ...) or Tokens of frames (N, T, D)
        Pictures, sounds and numbers. Where a sound has ended it counts as zero, the mean of all sounds.
    present : dict of str to array of bool (N,)
        Of a modality that only one of the two has, the mixture gets that one whole.
    labels : array (N,)
    alpha : float
        Above 0. The smaller, the closer most mixtures are to one of the two.

    Returns
    -------
    inputs, present, Mixture

    Source: Zhang et al. 2018, equation 1, with a λ for each example.
    """
    order = rng.permutation(len(labels))
    shares = rng.beta(alpha, alpha, len(labels)).astype(np.float32)
    found: dict[str, Any] = {}
    seen: dict[str, Mask] = {}
    for name, x in inputs.items():
        mine, other = present[name], present[name][order]
        share = np.where(other, np.where(mine, shares, 0), 1)
        seen[name] = mine | other
        if isinstance(x, Tokens):
            heard = np.where(x.full_mask[..., None], x.values, 0)
            mask = x.full_mask & (share > 0)[:, None] | x.full_mask[order] & (share < 1)[:, None]
            found[name] = Tokens(_weighed(heard, order, share), mask)
        else:
            found[name] = _weighed(x, order, share)
    return found, seen, Mixture(labels[order], shares)


def _weighed(x: Array, order: Array, share: Array) -> Array:
    """share x + (1 − share) x[order], example by example, in the type of x."""
    share = share.reshape(-1, *[1] * (x.ndim - 1)).astype(x.dtype)
    found: Array = share * x + (1 - share) * x[order]
    return found
