"""The machine's own limit: how long the arithmetic and the memory of a step would take at the measured peaks."""

import time

import numpy as np

from mmdl import tree
from tests.benchmarks import works

REPEATS = 15


def peaks():
    """(operations a second of a large matrix product, bytes a second of a large copy, read and written)"""
    a, b = np.ones((2, 1536, 1536), np.float32)
    out = np.empty_like(a)
    product = fastest(lambda: np.matmul(a, b, out=out))
    source, target = np.ones(1 << 24, np.float32), np.empty(1 << 24, np.float32)
    copy = fastest(lambda: np.copyto(target, source))
    return 2 * len(a) ** 3 / product, 2 * source.nbytes / copy


def fastest(work):
    """The shortest of several times, in seconds."""
    found = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def operations(letter, n=works.N, side=works.SIDE, length=works.T, tokens=works.TOKENS, width=works.WIDTH):
    """Multiplications and additions of the products in one training step; backward has two for one of forward

    The first layer needs no gradient of its input.
    """
    convolution = 2 * n * (side - 2) ** 2 * 9 * works.FILTERS
    image = 2 * convolution + 3 * 2 * n * ((side - 2) // 2) ** 2 * works.FILTERS * works.CLASSES
    text = 3 * 2 * n * (2 * length * (works.D + works.H) * 4 * works.H + works.H * works.CLASSES)
    dense = 4 * width**2 + 2 * width * 4 * width
    block = 3 * 2 * n * tokens * (dense + 2 * tokens * width)
    return {"a": image, "b": text, "c": image + text, "d": block}[letter]


def traffic(model, inputs, outputs):
    """Bytes that a step must move: inputs and outputs once, parameters and both moments read and written"""
    parameters = sum(array.nbytes for _, array in tree.leaves(model))
    return sum(array.nbytes for array in inputs) + sum(array.nbytes for array in outputs) + 2 * 3 * parameters


def least(letter):
    """Milliseconds below which this machine cannot make a step."""
    from tests.benchmarks.peers import mmdl_peer

    model, batch, _ = mmdl_peer.prepared(letter)
    y, _ = model.forward(batch)
    inputs = [each for x in batch.inputs.values() for each in (x if isinstance(x, tuple) else (x,))]
    product, copy = peaks()
    return 1e3 * (operations(letter) / product + traffic(model, inputs, [y]) / copy)
