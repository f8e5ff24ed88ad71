"""A modality that may be absent."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from mmdl import tree
from mmdl.data.repeated import Repeated
from mmdl.layers import GRU, Conv2D, Dense, Embedding, Flatten, Layer, Patches, SequencePool, Sequential
from mmdl.models.modality import Modality
from mmdl.tokens import Tokens
from mmdl.verify.compare import agree
from tests import layer_checks
from tests.close import close
from tests.layer_checks import floats, scattered, upstream, values

RNG = np.random.default_rng(0)
SOME = np.array([True, False, True, False])
PRESENT = {"some": SOME, "all": np.ones(4, bool), "nobody": np.zeros(4, bool)}
IMAGES = RNG.standard_normal((4, 4, 4, 1))
MASK = np.array([[1, 1, 1], [1, 0, 0], [1, 1, 0], [0, 0, 0]], bool)
WORDS = Tokens(np.where(MASK, RNG.integers(1, 5, MASK.shape), 0), MASK)
SOUNDS = Tokens(RNG.standard_normal((4, 3, 2)), MASK)


@dataclass(frozen=True, eq=False)
class WithPresent(Layer):
    """A modality whose input says who is present."""

    modality: Modality

    def forward(self, x):
        return self.modality.forward(*x)

    def backward(self, dy, trace, input_gradient=True):
        dx, gradient = self.modality.backward(dy, trace, input_gradient)
        return dx, replace(self, modality=gradient)


def reader():
    return Sequential((Embedding.init(RNG, 5, 2, padding_id=0), GRU.init(RNG, 2, 3)))


MODALITIES = {
    "an image's vector": (
        Modality(Sequential((Conv2D.init(RNG, 1, 2), Flatten(), Dense.init(RNG, 8, 3))), np.zeros(3)),
        IMAGES,
    ),
    "an image's tokens": (Modality(Sequential((Conv2D.init(RNG, 1, 2), Patches())), np.zeros((1, 2))), IMAGES),
    "an image's map": (Modality(Conv2D.init(RNG, 1, 2), np.zeros((1, 1, 2))), IMAGES),
    "a text's vector": (Modality(Sequential((reader(), SequencePool("last"))), np.zeros(3)), WORDS),
    "a text's tokens": (Modality(reader(), np.zeros((1, 3))), WORDS),
    "a sound's tokens": (Modality(GRU.init(RNG, 2, 3), np.zeros((1, 3))), SOUNDS),
    "logits": (Modality(Sequential((Flatten(), Dense.init(RNG, 16, 3))), None), IMAGES),
    "tokens and nothing else": (Modality(GRU.init(RNG, 2, 3), None), SOUNDS),
}
MODALITIES = {name: (scattered(modality, RNG), x) for name, (modality, x) in MODALITIES.items()}
everyone = pytest.mark.parametrize("name", MODALITIES)
whoever = pytest.mark.parametrize("present", PRESENT.values(), ids=PRESENT)


@pytest.mark.parametrize("check", layer_checks.CHECKS + layer_checks.BATCH_CHECKS, ids=lambda check: check.__name__)
@whoever
@everyone
def test_does_what_every_layer_must(name, present, check):
    modality, x = MODALITIES[name]
    check(WithPresent(modality), (x, present))


@everyone
def test_the_present_are_encoded_as_by_the_encoder(name):
    modality, x = MODALITIES[name]
    y, _ = modality.forward(x, SOME)
    expected = modality.encoder(x)
    assert close(values(y)[SOME], values(expected)[SOME], rtol=0, atol=1e-14)
    if isinstance(y, Tokens):
        assert np.array_equal(y.mask[SOME], expected.mask[SOME])


@whoever
@pytest.mark.parametrize("name", ["an image's vector", "an image's map", "a text's vector"])
def test_a_learned_vector_stands_in(name, present):
    modality, x = MODALITIES[name]
    y, _ = modality.forward(x, present)
    assert (y[~present] == modality.absent).all()


@whoever
@pytest.mark.parametrize("name", ["an image's tokens", "a text's tokens", "a sound's tokens"])
def test_one_learned_token_stands_in(name, present):
    modality, x = MODALITIES[name]
    y, _ = modality.forward(x, present)
    assert (y.values[~present, 0] == modality.absent[0]).all() and not y.values[~present, 1:].any()
    assert y.mask[~present, 0].all() and not y.mask[~present, 1:].any()


@whoever
@pytest.mark.parametrize("name", ["logits", "tokens and nothing else"])
def test_zeros_stand_in_where_nothing_is_learned(name, present):
    modality, x = MODALITIES[name]
    y, trace = modality.forward(x, present)
    assert not values(y)[~present].any() and np.isfinite(values(y)).all()
    if isinstance(y, Tokens):
        assert not y.mask[~present].any()
    assert modality.gradient(upstream(y), trace).absent is None


@everyone
def test_what_is_absent_is_never_looked_at(name):
    modality, x = MODALITIES[name]
    y, trace = modality.forward(x, SOME)
    dy = upstream(y)
    other, other_trace = modality.forward(without(x, SOME), SOME)
    assert tree.equal(y, other)
    assert tree.equal(modality.backward(dy, trace), modality.backward(dy, other_trace))
    assert all(np.isfinite(array).all() for array in floats(modality.backward(dy, other_trace)))


@everyone
def test_the_absent_get_no_dx_and_the_present_get_theirs(name):
    modality, x = MODALITIES[name]
    y, trace = modality.forward(x, SOME)
    dx, _ = modality.backward(upstream(y), trace)
    if x is WORDS:
        assert dx is None
    else:
        assert dx.shape == values(x).shape
        assert not dx[~SOME].any() and dx[SOME].any(axis=tuple(range(1, dx.ndim))).all()


@pytest.mark.parametrize("name", [name for name in MODALITIES if MODALITIES[name][0].absent is not None])
def test_what_stands_in_learns_from_the_absent_alone(name):
    modality, x = MODALITIES[name]
    for present in PRESENT.values():
        y, trace = modality.forward(x, present)
        dy = upstream(y)
        gradient = modality.gradient(dy, trace).absent
        theirs = dy[~present, :1] if isinstance(y, Tokens) else dy[~present]
        theirs = theirs.sum(axis=(1, 2), keepdims=True) if theirs.ndim == 4 else theirs
        assert close(gradient, theirs.sum(axis=0), rtol=0, atol=1e-14)
        assert gradient.any() == (not present.all())


@everyone
def test_with_nobody_present_the_encoder_learns_nothing(name):
    modality, x = MODALITIES[name]
    y, trace = modality.forward(without(x, PRESENT["nobody"]), PRESENT["nobody"])
    gradient = modality.gradient(upstream(y), trace)
    assert floats(gradient.encoder) and not any(array.any() for array in floats(gradient.encoder))


@whoever
@pytest.mark.parametrize("name", ["an image's vector", "an image's tokens", "an image's map", "logits"])
def test_what_several_show_is_encoded_once_and_learned_from_by_all(name, present):
    modality, x = MODALITIES[name]
    few = Repeated(np.concatenate([x[:1], np.full_like(x[:1], np.nan), x[1:2]]), np.array([2, 0, 2, 2]))
    whole = np.asarray(few)
    y, trace = modality.forward(few, present)
    expected, its_trace = modality.forward(whole, present)
    assert trace.encoder is not None and len(_first(trace.encoder)) == len(np.unique(few.places[present]))
    agree("y", values(y), values(expected), 1e-14, "one by one")
    agree("called", values(modality(few, present)), values(expected), 1e-14, "one by one")
    dy = upstream(expected)
    (dx, gradient), (each, other) = modality.backward(dy, trace), modality.backward(dy, its_trace)
    for (path, found), right in zip(tree.leaves(gradient), floats(other), strict=True):
        agree(path, found, right, 1e-13, "one by one")
    for n in np.flatnonzero(present):
        same = present & (few.places == few.places[n])
        agree("dx", dx[n], each[same].sum(axis=0), 1e-13, "the sum of all who show it")
    assert not dx[~present].any()


def _first(trace):
    return trace[0] if isinstance(trace, tuple) else trace


def test_the_trace_says_who_was_there():
    modality, x = MODALITIES["a text's tokens"]
    _, trace = modality.forward(x, SOME)
    assert trace.present is SOME
    assert len(trace.encoder[0].values) == 2


def test_the_input_and_its_mask_are_left_alone():
    modality, x = MODALITIES["a sound's tokens"]
    before = tree.copy(x)
    for present in PRESENT.values():
        modality.forward(x, present)
    assert tree.equal(x, before)


def without(x, present):
    """The input with NaN, or ids of no word, in the place of whoever is absent."""
    if isinstance(x, Tokens):
        broken = 10**6 if x.values.dtype.kind == "i" else np.nan
        absent = (~present).reshape(-1, *[1] * (x.values.ndim - 1))
        return Tokens(np.where(absent, broken, x.values), x.mask | ~present[:, None])
    return np.where(present.reshape(-1, *[1] * (x.ndim - 1)), x, np.nan)
