"""Initial distributions of parameters, as in Keras, drawn from the generator that is passed in."""

import math

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.shapes import Array


def glorot_uniform(rng: Generator, shape: tuple[int, ...], dtype: DTypeLike = np.float32) -> Array:
    """Uniform in ±√(6 / (fan in + fan out)), so that neither signals nor gradients grow or fade at first.

    The last axis of a kernel is what goes out, the one before what comes in; axes before these are places.

    Source: Glorot, Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.
    """
    places = math.prod(shape[:-2])
    limit = math.sqrt(6 / (places * (shape[-2] + shape[-1])))
    return rng.uniform(-limit, limit, shape).astype(dtype)


def orthogonal(rng: Generator, shape: tuple[int, int], dtype: DTypeLike = np.float32) -> Array:
    """A matrix (rows, columns) whose shorter side is orthonormal: it keeps the length of what it carries through time.

    Source: Saxe, McClelland, Ganguli, Exact solutions to the nonlinear dynamics of learning, 2014.
    """
    rows, columns = shape
    q, r = np.linalg.qr(rng.normal(size=(max(shape), min(shape))))
    q *= np.sign(np.diag(r))  # without this the distribution would not be uniform
    return np.ascontiguousarray(q.T if rows < columns else q, dtype)
