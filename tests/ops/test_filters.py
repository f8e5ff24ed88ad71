"""Mel scales and filters against published numbers, and what is refused."""

import numpy as np
import pytest
from scipy.signal import get_window

import mmdl.formulas.filters as loops
from mmdl.errors import DataError, ShapeError
from mmdl.ops.filters import hann_window, hertz_to_mel, mel_filter_bank, mel_to_hertz
from tests.close import close


@pytest.mark.parametrize("length", [1, 2, 5, 256])
def test_the_window_is_the_periodic_one(length):
    for window in (hann_window, loops.hann_window):
        np.testing.assert_allclose(window(length), get_window("hann", length), rtol=0, atol=1e-15)


def test_known_pitches():
    assert hertz_to_mel(1000.0) == pytest.approx(1000, abs=0.02)
    assert hertz_to_mel(700.0) == pytest.approx(781.17, abs=0.005)
    assert close(hertz_to_mel([0, 110, 220, 440], "slaney"), [0, 1.65, 3.3, 6.6])
    assert close(hertz_to_mel(np.array([1000.0, 6400.0]), "slaney"), [15, 42])
    assert close(mel_to_hertz([3, 15, 42], "slaney"), [200, 1000, 6400])
    assert mel_to_hertz(781.17) == pytest.approx(700, abs=0.01)


def test_slaney_is_linear_below_one_kilohertz_and_a_logarithm_above():
    low, high = hertz_to_mel(np.arange(0.0, 1001, 100), "slaney"), hertz_to_mel(1000 * 2.0 ** np.arange(4), "slaney")
    assert close(np.diff(low), 1.5) and close(np.diff(high, n=2), 0, atol=1e-12)
    below, above = hertz_to_mel([999.999, 1000.001], "slaney")
    assert above - below == pytest.approx(0.002 * 3 / 200, rel=0.1)  # no jump, and hardly a bend


def test_centres_are_in_equal_steps_of_mel():
    filters = mel_filter_bank(10, 8192, 8000)
    centres = hertz_to_mel(filters.argmax(axis=0) * 8000 / 8192)
    assert close(centres, hertz_to_mel(4000) * np.arange(1, 11) / 11, rtol=0, atol=1)
    assert filters.max() <= 1 and np.all(filters.max(axis=0) > 0.98)


@pytest.mark.parametrize("scale", ["htk", "slaney"])
def test_equal_area(scale):
    filters = mel_filter_bank(20, 1 << 15, 16000, 50, 7000, scale, equal_area=True)
    assert close(filters.sum(axis=0) * 16000 / (1 << 15), 1, rtol=0, atol=1e-3)


def test_a_triangle_between_two_frequencies_is_empty():
    said = "^mel_filter_bank: 3 of 128 bands are empty; take fewer bands or more than 512 samples a frame$"
    with pytest.warns(UserWarning, match=said):
        filters = mel_filter_bank(128, 512, 22050)
    assert (filters.sum(axis=0) == 0).sum() == 3 and np.isfinite(filters).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: hertz_to_mel(1.0, "bark"), 'hertz_to_mel: scale must be "htk" or "slaney", not "bark"'),
        (lambda: mel_to_hertz(1.0, "HTK"), 'mel_to_hertz: scale must be "htk" or "slaney", not "HTK"'),
        (lambda: mel_filter_bank(0, 8, 8000), "mel_filter_bank: 0 bands and a length of 8 must be at least 1"),
        (lambda: mel_filter_bank(4, 8, 8000, 5, 4001), "5 to 4001 Hz is no range within 0 to 4000.0 Hz"),
        (lambda: mel_filter_bank(4, 8, 8000, 100, 100), "100 to 100 Hz is no range"),
        (lambda: mel_filter_bank(4, 8, 8000, -1), "-1 to 4000.0 Hz is no range"),
    ],
)
def test_what_is_no_setting(call, words):
    with pytest.raises(DataError) as error:
        call()
    assert words in str(error.value)


def test_a_window_of_nothing():
    with pytest.raises(ShapeError, match="hann_window: a window needs at least one sample, not 0"):
        hann_window(0)
