"""How large a step is: schedules for the learning rate, and clipping of gradients that are too long.

A schedule says what the learning rate is multiplied by in step 0, 1, ... of so many.

Further parameters are given beforehand: `fit(..., schedule=partial(cosine, warm_up=0.3))`.
"""

import math
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from mmdl import tree
from mmdl.shapes import Array

Tree = TypeVar("Tree")


def constant(step: int, steps: int) -> float:
    """η_t = η"""
    return 1.0


def step_decay(step: int, steps: int, factor: float = 0.1, at: Sequence[float] = (0.5, 0.75)) -> float:
    """η_t = η · factorᵏ,  k of the points `at` (shares of all steps) being passed

    Source: He, Zhang, Ren, Sun, Deep residual learning for image recognition, 2016, section 4.2.
    """
    return factor ** sum(step >= point * steps for point in at)


def cosine(step: int, steps: int, warm_up: float = 0.0) -> float:
    """η_t = η · t / w  for t < w,   η · ½ (1 + cos π (t − w) / (1 − w))  afterwards

    t, from 0 to 1, is the time in the middle of the step, w the share that warms up: from nearly zero to the full rate
    in a straight line, and back along half a wave. With a high rate and w = 0.3 this is the one-cycle schedule.

    Source: Loshchilov, Hutter, SGDR, 2017, equation 5; Smith, Topin, Super-convergence, 2018.
    """
    t = (step + 0.5) / steps
    return t / warm_up if t < warm_up else 0.5 * (1 + math.cos(math.pi * (t - warm_up) / (1 - warm_up)))


def global_norm(gradient: Any) -> float:
    """‖g‖ = √(Σ g²) over all arrays of a tree, running statistics left out"""
    running = tree.running_momentum(gradient)
    return _norm([g for path, g in tree.leaves(gradient) if path not in running])


def _norm(arrays: list[Array]) -> float:
    total = sum(float(np.vdot(g, g)) for g in arrays)
    if 1e-30 < total < math.inf or not arrays:
        return math.sqrt(total)
    largest = max(float(np.abs(g).max(initial=0)) for g in arrays)  # squares leave the range: measure in units of it
    if not 0 < largest < math.inf:
        return math.nan if math.isnan(total) else largest
    return largest * math.sqrt(sum(float(np.square(g.astype(np.float64) / largest).sum()) for g in arrays))


def clip_by_global_norm(gradient: Tree, limit: float) -> tuple[Tree, float]:
    """g ← g · min(1, limit / ‖g‖)

    Parameters
    ----------
    gradient : tree
    limit : float

    Returns
    -------
    gradient, norm
        The norm is the one before. A gradient within the limit comes back as it is, running statistics always do.
        Of a shared parameter, each part counts by itself here; `optimizer.step(..., clip=limit)` adds them first.

    Source: Pascanu, Mikolov, Bengio, On the difficulty of training recurrent neural networks, 2013.
    """
    norm = global_norm(gradient)
    if norm <= limit:
        return gradient, norm
    running = tree.running_momentum(gradient)
    fixed = {id(g) for path, g in tree.leaves(gradient) if path in running}
    return tree.map(lambda g: g if id(g) in fixed else g * (limit / norm), gradient), norm
