"""The encoder for sound: what it is made of, and that padding is never heard."""

import numpy as np
import pytest

from mmdl import tree
from mmdl.data import AudioPreprocessor
from mmdl.errors import DataError
from mmdl.layers import GRU, LSTM, AsPicture, Dense, SequencePool, Sequential, TimeDistributed
from mmdl.models.encoders import audio_encoder, to_vector, tokens_of
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.tokens import Tokens
from tests import layer_checks
from tests.close import close
from tests.layer_checks import floats, scattered

READERS = {"convolution": None, "lstm": LSTM, "gru": GRU}
MASK = np.arange(7) < np.array([[7], [4], [1], [0]])
SOUND = Tokens(np.random.default_rng(2).standard_normal((4, 7, 6)), MASK)


def rng():
    return np.random.default_rng(0)


def build(reader, **settings):
    return scattered(audio_encoder(rng(), 6, 3, reader, filters=(2, 3), **settings), np.random.default_rng(1))


@pytest.mark.parametrize("check", layer_checks.CHECKS + layer_checks.BATCH_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("reader", READERS)
def test_every_reader(reader, check):
    check(build(reader), SOUND)


@pytest.mark.parametrize("reader", READERS)
def test_padding(reader):
    layer_checks.padding_is_not_seen(build(reader), SOUND)
    layer_checks.more_padding_changes_nothing(build(reader), SOUND)


@pytest.mark.parametrize("pool", ["mean", "max", "last"])
@pytest.mark.parametrize("reader", READERS)
def test_a_batch_that_is_trimmed_gives_the_same(reader, pool):
    """What `batches` does to sounds that are shorter than the longest one of the data."""
    encoder = layer_checks.single(to_vector(rng(), build(reader), (2, 3), pool, 5, np.float64))
    x = layer_checks.single(SOUND)
    whole = encoder(x)
    for n, length in enumerate(MASK.sum(axis=1)):
        for shown in range(max(1, length), 8):
            alone = encoder(Tokens(x.values[n : n + 1, :shown], MASK[n : n + 1, :shown]))
            assert np.abs(alone - whole[n]).max() <= 1e-6, (n, shown)


def test_convolution_makes_one_token_of_four():
    encoder = audio_encoder(rng(), 40)
    assert [type(layer) for layer in encoder.layers] == [AsPicture, AsPicture, TimeDistributed]
    assert [floats(layer)[0].shape for layer in encoder.layers] == [(3, 3, 1, 16), (3, 3, 16, 32), (320, 64)]
    for length, count in ((1, 1), (4, 1), (5, 2), (60, 15), (61, 16)):
        assert tokens_of(encoder, (length, 40)) == (count, 64)
    assert tokens_of(audio_encoder(rng(), 5, 7, filters=(2,)), (9, 5)) == (5, 7)


@pytest.mark.parametrize("reader", ["lstm", "gru"])
def test_a_recurrent_layer_keeps_every_frame(reader):
    encoder = audio_encoder(rng(), 40, 8, reader)
    assert [type(layer) for layer in encoder.layers] == [READERS[reader]]
    assert tokens_of(encoder, (60, 40)) == (60, 8)


@pytest.mark.parametrize("reader", READERS)
def test_the_seed_and_the_dtype_decide(reader):
    assert tree.equal(audio_encoder(rng(), 6, 3, reader), audio_encoder(rng(), 6, 3, reader))
    for dtype in ("float32", "float64"):
        assert {array.dtype.name for array in floats(audio_encoder(rng(), 6, 3, reader, dtype=dtype))} == {dtype}


def test_unknown_reader():
    with pytest.raises(DataError) as error:
        audio_encoder(rng(), 6, reader="attention")
    assert str(error.value) == 'the reader of an audio encoder must be convolution, lstm or gru, not "attention"'


def test_a_late_sound_is_seen_as_an_early_one():
    """A convolution whose window moves by four frames in all finds the same, four frames later."""
    encoder = build("convolution")
    sound = np.concatenate([np.zeros((1, 4, 6)), SOUND.values[:1], np.zeros((1, 5, 6))], axis=1)
    y = encoder(Tokens(sound, np.ones(sound.shape[:2], bool))).values
    later = np.roll(sound, 4, axis=1)
    moved = encoder(Tokens(later, np.ones(sound.shape[:2], bool))).values
    assert close(moved[:, 2:], y[:, 1:-1], rtol=0, atol=1e-12)
    assert np.abs(moved - y).max() > 0.1


@pytest.mark.parametrize("reader", READERS)
def test_pitches_are_told_apart(reader):
    """A few steps of plain gradient descent on tones of five pitches, as a preprocessor hears them."""
    random, time = rng(), np.arange(2000) / 8000
    labels = random.integers(5, size=60)
    sounds = [
        np.sin(2 * np.pi * 300 * 1.5**label * time[: random.integers(700, 2000)]).astype(np.float32) for label in labels
    ]
    x = AudioPreprocessor.fit(sounds, bands=12).encode(sounds)
    encoder = audio_encoder(random, 12, 8, reader, filters=(4,))
    model = Sequential((*encoder.layers, SequencePool("mean"), Dense.init(random, 8, 5)))
    for _ in range(60):
        logits, trace = model.forward(x)
        gradient = model.gradient(softmax_cross_entropy(logits, labels).gradient, trace)
        model = tree.map(lambda p, g: p - np.float32(0.5) * g, model, gradient)
    assert (model(x).argmax(axis=1) == labels).mean() > 0.9
