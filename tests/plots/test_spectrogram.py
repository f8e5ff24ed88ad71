"""Sounds as they are drawn: times in seconds, pitches in hertz."""

import numpy as np
import pytest

from mmdl.data import AudioPreprocessor, Dataset, Examples
from mmdl.models import multimodal_classifier
from mmdl.ops.filters import hertz_to_mel
from mmdl.plots import ImagesDisplay, SpectrogramDisplay
from mmdl.plots.spectrogram import POINTS, outline
from tests.close import close


def beep(pitch=1000, rate=8000, start=0.2, end=0.4, whole=1.0):
    """A tone from `start` to `end`, silence before and after."""
    time = np.arange(round(whole * rate)) / rate
    return np.where((time >= start) & (time < end), 0.5 * np.sin(2 * np.pi * pitch * time), 0)


def spectrogram_of(display):
    return display.plot().axes_[1].images[0]


@pytest.mark.parametrize(("rate", "preprocessor"), [(8000, None), (44100, None), (44100, AudioPreprocessor(length=99))])
def test_the_beep_stands_where_it_sounds(rate, preprocessor):
    display = SpectrogramDisplay.from_sound(beep(rate=rate), rate, preprocessor)
    image = spectrogram_of(display)
    left, right, bottom, top = image.get_extent()
    bands, frames = image.get_array().shape
    band, frame = np.unravel_index(image.get_array().argmax(), (bands, frames))
    pitch, time = bottom + (band + 0.5) * (top - bottom) / bands, left + (frame + 0.5) * (right - left) / frames
    assert abs(pitch - hertz_to_mel(1000)) < (top - bottom) / bands and 0.2 < time < 0.4
    loud = left + (np.flatnonzero(image.get_array()[band] > -20)[[0, -1]] + 0.5) * (right - left) / frames
    assert close(loud, (0.2, 0.4), rtol=0, atol=0.032)


def test_one_axis_of_time_for_both():
    display = SpectrogramDisplay.from_sound(beep(), 8000).plot()
    above, below = display.axes_
    assert above.get_xlim() == below.get_xlim() == (0, 1) and below.get_xlabel() == "seconds"
    seconds, samples = above.lines[0].get_data()
    assert 0.99 < seconds[-1] <= 1 and samples.max() == pytest.approx(0.5, rel=0.01)
    assert "1.00 s: 122 frames of 32 ms, one every 8 ms, in 40 mel bands" in display.figure_.get_suptitle()


def test_pitches_are_labelled_in_hertz():
    _, below = SpectrogramDisplay.from_sound(beep(), 8000).plot().axes_
    labels = [label.get_text() for label in below.get_yticklabels()]
    assert labels == ["100", "250", "500", "1,000", "2,000", "4,000"]
    assert close(below.get_yticks(), hertz_to_mel([100, 250, 500, 1000, 2000, 4000]))


def test_it_shows_what_a_model_hears():
    heard = AudioPreprocessor.fit([(16000, beep(rate=16000))], seconds=0.3)
    display = SpectrogramDisplay.from_sound(beep(rate=16000), 16000, heard)
    assert len(display.wave) == 8000 and display.decibels.shape == heard.shape
    tokens = heard.encode([(16000, beep(rate=16000))])
    plain = tokens.values[0] * heard.deviation + heard.mean
    assert close(display.decibels, (plain - plain.max()) * 10 / np.log(10), rtol=0, atol=1e-3)
    assert spectrogram_of(display).get_extent()[1] < 0.31 and display.axes_[1].get_xlim() == (0, 1)


def test_decibels():
    """A tenth of the amplitude is 20 decibels less."""
    wave = np.concatenate([beep(start=0, end=1), 0.1 * beep(start=0, end=1)])
    decibels = SpectrogramDisplay.from_sound(wave, 8000).decibels
    loudest = decibels.max(axis=1)
    assert decibels.max() == 0 and loudest[:100].min() > -0.1 and close(loudest[-100:], -20, rtol=0, atol=0.1)


@pytest.mark.parametrize("samples", [1, 100, 256])
def test_silence_and_hardly_anything(samples):
    display = SpectrogramDisplay.from_sound(np.zeros(samples), 8000)
    assert display.decibels.shape == (1, 40) and display.decibels.max() < -50
    assert spectrogram_of(display).get_extent()[1] <= display.axes_[1].get_xlim()[1] + 1e-12


def test_stereo_of_whole_numbers():
    stereo = np.rint(2**15 * np.stack([beep(), beep()], axis=1)).astype(np.int16)
    assert close(SpectrogramDisplay.from_sound(stereo, 8000).wave, beep(), rtol=0, atol=1e-4)


def test_a_long_wave_keeps_its_peaks():
    wave = np.random.default_rng(0).standard_normal(1_000_003)
    seconds, samples = outline(wave, 100)
    assert len(seconds) == len(samples) <= POINTS + 2
    assert samples.max() == wave.max() and samples.min() == wave.min()
    assert seconds[np.argmax(samples)] == pytest.approx(wave.argmax() / 100, abs=2 * seconds[1])
    assert np.array_equal(outline(wave[:POINTS], 100)[1], wave[:POINTS])


def test_a_page_of_sounds_where_there_are_no_pictures():
    rng = np.random.default_rng(0)
    sounds = [beep(pitch, whole=0.5) for pitch in (300, 600, 1200, 2400)]
    heard = AudioPreprocessor.fit(sounds)
    there = np.array([True, True, False, True])
    examples = Examples({"audio": heard.encode(sounds)}, np.array([0, 1, 0, 1]), {"audio": there})
    dataset = Dataset("beeps", ("low", "high"), examples, examples, examples, {"audio": heard})
    display = ImagesDisplay.from_model(multimodal_classifier(rng, dataset, "concatenate", width=8), examples).plot()
    assert [image is None for image in display.images] == [False, False, True, False]
    first, second, _, last = display.images
    assert first.shape == (40, 30) and np.min([first, second, last]) >= 0 and np.max([first, second, last]) == 1
    heights = [np.argmax(image.max(axis=1)) for image in (first, second, last)]
    assert heights == sorted(heights, reverse=True)  # a picture's first row is its top, where high tones stand
