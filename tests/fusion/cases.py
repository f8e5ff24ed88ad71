"""Every fusion with encodings to try it on, in float64."""

from dataclasses import dataclass, replace

import numpy as np

from mmdl.fusion import FUSIONS, AttentionFusion, BottleneckFusion, CrossAttentionFusion
from mmdl.layers import Layer
from mmdl.tokens import Tokens
from tests.layer_checks import scattered


@dataclass(frozen=True, eq=False)
class WithPresent(Layer):
    """A fusion that is told, as the last of its inputs, who is there."""

    fusion: Layer

    def forward(self, x):
        return self.fusion.forward(x[:-1], x[-1])

    def backward(self, dz, trace, input_gradient=True):
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


def three_kinds_of_tokens(rng):
    """As above, and frames of a sound (4, 2, 1)."""
    frames = np.array([[1, 0], [1, 1], [1, 1], [0, 0]], bool)
    return (*tokens(rng), Tokens(rng.standard_normal((4, 2, 1)), frames))


PRESENT = np.array([[1, 1, 1], [1, 0, 1], [0, 1, 0], [0, 0, 0]], bool)


def attention(rng, lengths=(5, 6)):
    """There is room for more tokens than come: that must not matter."""
    return AttentionFusion.init(rng, (3, 2), 4, lengths, heads=2, hidden=3)


def crossing(rng, *features):
    return CrossAttentionFusion.init(rng, features, 4, (5, 6, 4)[: len(features)], heads=2, hidden=3)


def through_a_bottleneck(rng, *features, tokens=2):
    lengths = (6, 6, 4)[: len(features)]
    return BottleneckFusion.init(rng, features, 4, lengths, tokens=tokens, heads=2, hidden=3)


def of(name, rng, *widths):
    kind = FUSIONS[name]
    return kind.init(rng, widths) if kind.takes == "logits" else kind.init(rng, widths, 3)


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
    "gated": lambda rng: (of("gated", rng, 2, 5), vectors(rng, 2, 5)),
    "gated three": lambda rng: (of("gated", rng, 2, 1, 3), vectors(rng, 2, 1, 3)),
    "gated one": lambda rng: (of("gated", rng, 2), vectors(rng, 2)),
    "film": lambda rng: (of("film", rng, 2, 5), vectors(rng, 2, 5)),
    "film of three": lambda rng: (of("film", rng, 2, 1, 3), vectors(rng, 2, 1, 3)),
    "tensor": lambda rng: (of("tensor", rng, 2, 5), vectors(rng, 2, 5)),
    "tensor of three": lambda rng: (of("tensor", rng, 2, 1, 3), vectors(rng, 2, 1, 3)),
    "low-rank": lambda rng: (of("low-rank", rng, 2, 5), vectors(rng, 2, 5)),
    "low-rank of three": lambda rng: (of("low-rank", rng, 2, 1, 3), vectors(rng, 2, 1, 3)),
    "article-product": lambda rng: (of("article-product", rng, 3, 3), vectors(rng, 3, 3)),
    "absent experts, article": lambda rng: (
        WithPresent(of("article-product", rng, 3, 3, 3)),
        (*vectors(rng, 3, 3, 3), PRESENT),
    ),
    "mixture-of-experts": lambda rng: (of("mixture-of-experts", rng, 3, 3), vectors(rng, 3, 3)),
    "absent experts, mixture": lambda rng: (
        WithPresent(of("mixture-of-experts", rng, 3, 3, 3)),
        (*vectors(rng, 3, 3, 3), PRESENT),
    ),
    "attention": lambda rng: (attention(rng), tokens(rng)),
    "attention over one modality": lambda rng: (
        AttentionFusion.init(rng, (2,), 4, (6,), heads=1),
        tokens(rng)[1:],
    ),
    "attention over three": lambda rng: (
        AttentionFusion.init(rng, (3, 2, 1), 4, (5, 6, 4), heads=2, hidden=3),
        three_kinds_of_tokens(rng),
    ),
    "attention that asks": lambda rng: (
        AttentionFusion.init(rng, (3, 2), 4, (5, 6), heads=2, hidden=3, asks=1),
        tokens(rng),
    ),
    "cross-attention": lambda rng: (crossing(rng, 3, 2), tokens(rng)),
    "cross-attention of three": lambda rng: (crossing(rng, 3, 2, 1), three_kinds_of_tokens(rng)),
    "bottleneck": lambda rng: (through_a_bottleneck(rng, 3, 2), tokens(rng)),
    "bottleneck of three": lambda rng: (through_a_bottleneck(rng, 3, 2, 1), three_kinds_of_tokens(rng)),
    "bottleneck of one": lambda rng: (through_a_bottleneck(rng, 2), tokens(rng)[1:]),
    "bottleneck, closed": lambda rng: (through_a_bottleneck(rng, 3, 2, tokens=0), tokens(rng)),
}
TOKENS = [name for name in CASES if name.startswith(("attention", "cross-attention", "bottleneck"))]


def build(name):
    """The fusion, its parameters scattered, and its encodings; the same at every call."""
    rng = np.random.default_rng(len(name))
    fusion, encodings = CASES[name](rng)
    return scattered(fusion, rng), encodings
