"""Spectra against what SciPy's short-time Fourier transform says, and what is refused."""

import numpy as np
import pytest
from scipy.signal import ShortTimeFFT, chirp

from mmdl.errors import ShapeError
from mmdl.ops.filters import hann_window, mel_filter_bank
from mmdl.ops.spectrum import frames, frames_backward, log_mel, power_spectrum, power_spectrum_backward
from tests.close import close

RATE = 8000


def wave(samples=2000):
    time = np.arange(samples) / RATE
    return chirp(time, 200, time[-1], 3000) + 0.1 * np.random.default_rng(0).standard_normal(samples)


@pytest.mark.parametrize(("length", "hop"), [(256, 128), (200, 80), (101, 30)])
def test_power_is_that_of_scipy(length, hop):
    window = hann_window(length)
    transform = ShortTimeFFT(window, hop, RATE)
    first = -(-(length // 2) // hop)  # SciPy's frames are centred; this is the first that begins within the wave
    found = power_spectrum(frames(wave()[first * hop - length // 2 :], length, hop), window).y
    theirs = transform.stft(wave())[:, first - transform.p_min :][:, : len(found)]
    assert close(found.T, np.abs(theirs) ** 2, rtol=1e-10, atol=1e-12)


def test_overlap_add_gives_the_wave_back():
    """Hann windows half a frame apart sum to one: adding the frames up undoes the cut, but for the ends."""
    x, window = wave(), hann_window(256)
    again = frames_backward(frames(x, 256, 128) * window, x, 128)
    assert close(again[128:1792], x[128:1792], rtol=0, atol=1e-12)


def test_a_tone_is_loudest_in_its_bin_and_its_band():
    window, filters = hann_window(256), mel_filter_bank(40, 256, RATE)
    for pitch in (250.0, 1000.0, 3000.0):
        y = power_spectrum(np.cos(2 * np.pi * pitch * np.arange(256) / RATE), window).y
        assert y.argmax() == pitch * 256 / RATE
        assert y.max() == pytest.approx(64**2, rel=0.01)
        assert log_mel(y, filters).y.argmax() == filters[y.argmax()].argmax()


def test_twice_the_wave_adds_log_four():
    window, filters = hann_window(256), mel_filter_bank(40, 256, RATE)
    soft, loud = (log_mel(power_spectrum(frames(x, 256, 128), window).y, filters).y for x in (wave(), 2 * wave()))
    assert close(loud - soft, np.log(4), rtol=0, atol=1e-10)


def test_frames_are_a_view_that_nobody_writes_to():
    x = wave(10)
    y = frames(x, 4, 2)
    assert y.shape == (4, 4) and np.shares_memory(x, y) and not y.flags.writeable


def test_backward_of_a_batch_in_float32():
    x = np.random.default_rng(1).standard_normal((3, 7, 64)).astype(np.float32)
    window = hann_window(64).astype(np.float32)
    y, real, imaginary = power_spectrum(x, window)
    dx, dwindow = power_spectrum_backward(np.ones_like(y), x, window, real, imaginary)
    assert {each.dtype for each in (y, dx, dwindow)} == {np.dtype("float32")}
    # Of a wave that is real, all frequencies but the first and the middle one count twice in Parseval's sum
    expected = 64 * window * window * x + real[..., :1] * window + real[..., -1:] * window * (-1) ** np.arange(64)
    assert close(dx, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: frames(np.zeros(5), 6, 1), "frames: a frame of 6 samples does not fit into T = 5"),
        (lambda: frames(np.zeros(5), 2, 0), "frames: length 2 and hop 0 must be at least 1"),
        (
            lambda: frames_backward(np.zeros((3, 2)), np.zeros(5), 2),
            "frames_backward: x has 2 frames but dy (..., P, I) = (3, 2)",
        ),
        (
            lambda: power_spectrum(np.zeros((2, 4)), np.zeros(3)),
            "power_spectrum: I is 4 in x (..., I) = (2, 4) but 3 in window (I) = (3,)",
        ),
        (lambda: power_spectrum(np.zeros((2, 0)), np.zeros(0)), "power_spectrum: I must be at least 1"),
    ],
)
def test_what_does_not_fit(call, words):
    with pytest.raises(ShapeError) as error:
        call()
    assert str(error.value).startswith(words)
