"""Every fusion with encodings to try it on, in float64."""

from dataclasses import dataclass, replace

import numpy as np

from mmdl.fusion import FUSIONS, AttentionFusion
from mmdl.layers import Layer
from mmdl.tokens import Tokens
from tests.layer_checks import scattered


@dataclass(frozen=True, eq=False)
class WithPresent(Layer):
    """A fusion that is told, as the last of its inputs, who is there."""

    fusion: Layer

    def forward(self, x):
        return self.fusion.forward(x[:-1], x[-1])

    def backward(self, dz, trace):
        dx, gradient = self.fusion.backward(dz, trace)
        return dx, replace(self, fusion=gradient)


def vectors(rng, *widths):
    return tuple(rng.standard_normal((4, width)) for width in widths)


def tokens(rng):
    """Patches (4, 3, 3), all there, and words (4, 4, 2), of which one row has none."""
    words = np.array([[1, 1, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0], [0, 1, 1, 0]], bool)
    return (
        Tokens(rng.standard_normal((4, 3, 3)), np.ones((4, 3), bool)),
        Tokens(rng.standard_normal((4, 4, 2)), words),
    )


PRESENT = np.array([[1, 1, 1], [1, 0, 1], [0, 1, 0], [0, 0, 0]], bool)


def attention(rng, lengths=(5, 6)):
    """There is room for more tokens than come: that must not matter."""
    return AttentionFusion.init(rng, (3, 2), 4, lengths, heads=2, hidden=3)


def of(name, rng, *widths):
    return FUSIONS[name].init(rng, widths, 3)


CASES = {
    "concatenate": lambda rng: (of("concatenate", rng, 2, 5), vectors(rng, 2, 5)),
    "concatenate three": lambda rng: (of("concatenate", rng, 1, 2, 3), vectors(rng, 1, 2, 3)),
    "sum": lambda rng: (of("sum", rng, 2, 5), vectors(rng, 2, 5)),
    "sum of three": lambda rng: (of("sum", rng, 2, 5, 3), vectors(rng, 2, 5, 3)),
    "sum of one": lambda rng: (of("sum", rng, 2), vectors(rng, 2)),
    "product": lambda rng: (of("product", rng, 2, 5), vectors(rng, 2, 5)),
    "product of three": lambda rng: (of("product", rng, 2, 5, 3), vectors(rng, 2, 5, 3)),
    "product-of-experts": lambda rng: (of("product-of-experts", rng, 3, 3), vectors(rng, 3, 3)),
    "absent experts, product": lambda rng: (
        WithPresent(of("product-of-experts", rng, 3, 3, 3)),
        (*vectors(rng, 3, 3, 3), PRESENT),
    ),
    "average": lambda rng: (of("average", rng, 3, 3), vectors(rng, 3, 3)),
    "absent experts, average": lambda rng: (
        WithPresent(of("average", rng, 3, 3, 3)),
        (*vectors(rng, 3, 3, 3), PRESENT),
    ),
    "attention": lambda rng: (attention(rng), tokens(rng)),
    "attention over one modality": lambda rng: (
        AttentionFusion.init(rng, (2,), 4, (6,), heads=1),
        tokens(rng)[1:],
    ),
}
TOKENS = [name for name in CASES if name.startswith("attention")]


def build(name):
    """The fusion, its parameters scattered, and its encodings; the same at every call."""
    rng = np.random.default_rng(len(name))
    fusion, encodings = CASES[name](rng)
    return scattered(fusion, rng), encodings
