"""What is timed: the pieces of work that every peer does, with the same sizes and the same numbers."""

from typing import NamedTuple

import numpy as np

N, CLASSES = 32, 10
WORDS, T, D, H = 5000, 40, 100, 100  # the article's text model
TOKENS, WIDTH, HEADS, HIDDEN = 64, 64, 4, 256  # a transformer block
SIDE, FILTERS = 28, 32  # the article's image model


class Work(NamedTuple):
    """One row of the table."""

    title: str
    what: str  # "step" of training or "predict"
    goal: float | None  # largest ratio to the fastest peer that would be good


WORKS = {
    "a": Work("the article's CNN", "step", 0.4),
    "b": Work("its embedding and two LSTMs", "step", 0.85),
    "c": Work("the product of both", "step", 0.8),
    "d": Work("a transformer block", "step", 0.75),
    "e": Work("the default model of `mmdl train`", "step", 0.6),
    "g": Work("the CTC loss and its gradient", "step", 3.0),
    "a*": Work("the article's CNN", "predict", 1.3),
    "b*": Work("its embedding and two LSTMs", "predict", 1.2),
    "c*": Work("the product of both", "predict", 1.1),
    "d*": Work("a transformer block", "predict", 1.4),
    "e*": Work("the default model", "predict", None),
    "f": Work("the product of both, one example", "predict", 1.0),
}


class Inputs(NamedTuple):
    """One batch for all kinds of work."""

    images: np.ndarray  # (N, 28, 28, 1)
    ids: np.ndarray  # (N, T)
    tokens: np.ndarray  # (N, TOKENS, WIDTH)
    target: np.ndarray  # (N, TOKENS, WIDTH), what the block is to yield
    labels: np.ndarray  # (N,)


def inputs(n=N, side=SIDE, length=T, tokens=TOKENS, width=WIDTH):
    """The same numbers for everybody."""
    rng = np.random.default_rng(0)
    return Inputs(
        rng.random((n, side, side, 1), np.float32),
        rng.integers(1, WORDS, (n, length)).astype(np.int32),
        rng.normal(size=(n, tokens, width)).astype(np.float32),
        rng.normal(size=(n, tokens, width)).astype(np.float32),
        rng.integers(0, CLASSES, n),
    )


def spoken(n=N, frames=80, classes=11, longest=6):
    """Logits, labels from 1, and how many of them each example has."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(n, frames, classes)).astype(np.float32)
    return logits, rng.integers(1, classes, (n, longest)), rng.integers(3, longest + 1, n)


def glyph_batch(n=N):
    """The first batch of the default data: mmdl's own form, from which peers take the arrays."""
    from mmdl import data

    glyphs = data.load("glyphs", fonts=("DejaVuSans",))
    return glyphs, next(data.batches(glyphs.train, n, np.random.default_rng(0), **glyphs.augment))
