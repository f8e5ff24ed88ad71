"""Sounds from anywhere become tokens."""

import io
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from scipy.io import wavfile
from scipy.signal import ShortTimeFFT

from mmdl.data import AudioPreprocessor
from mmdl.data.preprocessors.audio import resample, wave_of
from mmdl.errors import DataError, FormatError
from mmdl.fusion import Concatenate
from mmdl.layers import Dense, SequencePool
from mmdl.models import Modality, MultimodalClassifier
from mmdl.ops.filters import hann_window, mel_filter_bank
from mmdl.training import load, save
from tests.close import close

RATE = 8000
plain = AudioPreprocessor()


def tone(seconds=0.5, pitch=440.0, rate=RATE):
    return (0.5 * np.sin(2 * np.pi * pitch * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def noise(samples=4000, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, samples).astype(np.float32)


def one(preprocessor, sound):
    values, mask = preprocessor.encode([sound])
    assert mask.all()
    return values[0]


class TestSpectrum:
    def test_is_that_of_scipy(self):
        wave = noise()
        wave /= np.abs(wave).max()
        transform = ShortTimeFFT(hann_window(256), 128, RATE)
        power = transform.spectrogram(wave.astype(float))[:, 1 - transform.p_min :][:, :30]  # 0 is centred on the start
        expected = np.log(mel_filter_bank(40, 256, RATE).T @ power)
        assert close(one(plain, wave), expected.T, rtol=0, atol=1e-4)

    @pytest.mark.parametrize("scale", ["htk", "slaney"])
    def test_a_tone_is_loudest_in_the_band_of_its_pitch(self, scale):
        filters = mel_filter_bank(40, 256, RATE, scale=scale)
        for pitch in (250, 1000, 3000):
            spectrum = one(AudioPreprocessor(scale=scale), tone(pitch=pitch))
            assert set(spectrum.argmax(axis=1)) == {filters[pitch * 256 // RATE].argmax()}

    def test_how_near_the_microphone_stood_does_not_matter(self):
        assert close(one(plain, noise()), one(plain, 0.01 * noise()), rtol=0, atol=1e-4)

    def test_silence_stays_silence(self):
        for wave in (np.zeros(1000, np.float32), 1e-5 * noise(1000)):
            assert one(plain, wave).max() < np.log(1e-5)


class TestEncode:
    def test_frames_lie_whole_within(self):
        for samples, frames in ((256, 1), (383, 1), (384, 2), (4000, 30)):
            assert one(plain, noise(samples)).shape == (frames, 40)
            assert plain.frames_in(samples) == frames

    def test_a_sound_shorter_than_a_frame_is_followed_by_silence(self):
        assert np.array_equal(one(plain, noise(100)), one(plain, np.pad(noise(100), (0, 156))))
        assert one(plain, noise(1)).shape == (1, 40)

    def test_padding_and_cropping(self):
        values, mask = replace(plain, length=5).encode([noise(300), noise(4000), noise(600)])
        assert values.shape == (3, 5, 40) and values.dtype == np.float32
        assert mask.sum(axis=1).tolist() == [1, 5, 3] and not values[~mask].any()
        assert close(values[1], one(plain, noise(4000))[:5], atol=1e-5)
        assert replace(plain, length=5).shape == (5, 40)

    def test_as_long_as_the_longest(self):
        assert plain.encode([noise(300), noise(600)]).values.shape == (2, 3, 40)
        values, mask = plain.encode([])
        assert values.shape == (0, 1, 40) and mask.shape == (0, 1)

    def test_any_kind_of_sound_will_do(self, tmp_path):
        expected = one(plain, noise())
        path = tmp_path / "noise.wav"
        wavfile.write(path, RATE, noise())
        with path.open("rb") as opened:
            for sound in (path, str(path), opened, io.BytesIO(path.read_bytes()), (RATE, noise()), [RATE, noise()]):
                assert np.array_equal(one(plain, sound), expected)
        whole = np.rint(noise() * 2**15).astype(np.int16)
        stereo = np.stack([noise(), 0 * noise()], axis=1)
        for sound in (noise().astype(float), stereo, (float(RATE), stereo), (np.int64(RATE), whole)):
            assert close(one(plain, sound), expected, rtol=0, atol=0.01)

    def test_other_rates(self):
        expected = one(plain, tone())
        for rate in (16000, 11025, 44100, 48000, 44101):
            found = one(plain, (rate, tone(rate=rate)))
            assert found.shape == expected.shape
            assert close(found[1:-1].max(axis=1), expected[1:-1].max(axis=1), rtol=0, atol=0.05)
            assert np.array_equal(found[1:-1].argmax(axis=1), expected[1:-1].argmax(axis=1))

    def test_what_is_above_half_the_rate_is_not_heard_as_something_else(self):
        high = wave_of((44100, tone(pitch=7000, rate=44100)), RATE)
        assert np.abs(high[100:-100]).max() < 0.01

    @pytest.mark.parametrize(
        ("sounds", "words"),
        [
            ("a.wav", "sounds must be a list, even of one"),
            (noise(), "sounds must be a list, even of one"),
            ([np.zeros(0)], "there are no samples"),
            ([np.array([0, np.nan])], "samples that are not finite"),
            ([np.zeros((2, 2, 2))], r"samples are numbers \(T,\) or \(T, channels\), not float64 of shape \(2, 2, 2\)"),
            ([np.array(["a"])], "samples are numbers"),
            ([(10, noise())], "a sound has 1,000 to 400,000 samples a second, not 10"),
            ([(noise(), 8000)], "a sound is a path"),
            ([None], r"a sound is a path, \(rate, samples\) or an array of samples, not NoneType"),
            (["nowhere.wav"], "there is no sound nowhere.wav"),
        ],
    )
    def test_what_is_no_sound(self, sounds, words):
        with pytest.raises(DataError, match=words):
            plain.encode(sounds)

    def test_a_broken_file_is_named(self, tmp_path):
        (tmp_path / "broken.wav").write_bytes(b"RIFF")
        with pytest.raises(FormatError, match=r"broken\.wav is no WAV file"):
            plain.encode([noise(), tmp_path / "broken.wav"])


class TestFit:
    def sounds(self):
        rng = np.random.default_rng(3)
        return [tone(rng.uniform(0.1, 0.5), rng.uniform(200, 3000)) + 0.1 * noise(1)[0] for _ in range(40)]

    def test_every_band_has_mean_zero_and_deviation_one(self):
        fitted = AudioPreprocessor.fit(self.sounds(), seconds=9)
        values, mask = fitted.encode(self.sounds())
        assert close(values[mask].mean(axis=0), 0, atol=1e-4)
        assert close(values[mask].std(axis=0), 1, atol=1e-4)
        assert not values[~mask].any()

    def test_length(self):
        frames = sorted(plain.frames_in(len(sound)) for sound in self.sounds())
        assert AudioPreprocessor.fit(self.sounds()).length == frames[38]  # the 95 % of 40 sounds, and one
        assert AudioPreprocessor.fit(self.sounds(), seconds=0.2).length == plain.frames_in(0.2 * RATE)
        cropped = AudioPreprocessor.fit(self.sounds(), seconds=0.2)
        values, mask = cropped.encode(self.sounds())
        assert close(values[mask].mean(axis=0), 0, atol=1e-4)

    def test_settings(self):
        fitted = AudioPreprocessor.fit([(16000, noise())], rate=16000, window=400, hop=160, bands=23, scale="slaney")
        assert (fitted.rate, fitted.window, fitted.hop, fitted.bands, fitted.scale) == (16000, 400, 160, 23, "slaney")
        assert fitted.length == 1 + (4000 - 400) // 160 and len(fitted.mean) == 23

    def test_a_band_in_which_nothing_happens(self):
        fitted = AudioPreprocessor.fit([np.zeros(1000)] * 3)
        assert set(fitted.deviation) == {1.0}
        assert not fitted.encode([np.zeros(1000)]).values.any()

    def test_nothing_to_learn_from(self):
        with pytest.raises(DataError, match="at least one sound to learn from"):
            AudioPreprocessor.fit([])


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"window": 1}, "a window has at least 2 samples"),
        ({"hop": 0}, "hop, bands and length are at least 1"),
        ({"length": 0}, "hop, bands and length are at least 1"),
        ({"rate": 100}, "a sound has 1,000 to 400,000 samples a second, not 100"),
        ({"mean": (0.0,), "deviation": (1.0,)}, "40 bands need as many means and deviations, not 1 means and 1 dev"),
        ({"mean": (0.0,) * 40}, "not 40 means and 0 deviations"),
    ],
)
def test_settings_that_cannot_be(settings, words):
    with pytest.raises(DataError, match=words):
        AudioPreprocessor(**settings)


def test_it_is_saved_with_a_model(tmp_path):
    fitted = AudioPreprocessor.fit([tone(), noise()])
    head = Dense.init(np.random.default_rng(0), fitted.bands, 2)
    heard = {"audio": Modality(SequencePool("mean"), np.zeros(fitted.bands, np.float32))}
    save(tmp_path / "model.npz", MultimodalClassifier(heard, Concatenate(), head, ("a", "b"), {"audio": fitted}))
    again = load(tmp_path / "model.npz")[0].preprocessors["audio"]
    assert again == fitted and hash(again) == hash(fitted)
    assert np.array_equal(one(again, tone()), one(fitted, tone()))


class TestResample:
    def test_is_the_same_sound(self):
        for rate, to in ((8000, 16000), (44100, 8000), (8000, 11025)):
            found = resample(tone(rate=rate), rate, to)
            assert found.dtype == np.float32 and abs(len(found) - to / 2) <= 1
            middle = slice(len(found) // 4, 3 * len(found) // 4)
            assert np.abs(found[middle] - tone(rate=to)[: len(found)][middle]).max() < 0.005

    def test_nothing_to_do(self):
        assert resample(wave := tone(), RATE, RATE) is wave

    def test_rates_without_a_common_divisor(self):
        """Filters of millions of taps took half a gigabyte for a tenth of a second"""
        wave = tone(rate=8000)
        tracemalloc.start()
        found = resample(wave, 8000, 399_989)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert abs(len(found) - len(wave) * 399_989 / 8000) < 3 and most < 64 << 20
        with pytest.raises(DataError, match="too many samples"):
            resample(np.broadcast_to(np.float32(0), 10_000_000), 1_000, 400_000)


def test_a_long_sound_takes_its_memory_once(tmp_path):
    """A copy was made where nothing had to be converted, one of its loudness, and one of what is not heard."""
    path, count = tmp_path / "long.wav", 4_000_000
    wavfile.write(path, RATE, np.tile(np.int16([0, 1000, 0, -2000]), count // 4))
    expected = plain.encode([path]).values
    tracemalloc.start()
    found = plain.encode([path]).values
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.array_equal(found, expected) and found.shape == (1, plain.length, plain.bands)
    assert most < 4 * count + (10 << 20)


def test_it_says_how_much_is_heard():
    described = AudioPreprocessor(1000, 400, 100, bands=23, length=9).describe()
    assert described == "23 mel bands at 1,000 Hz, at most 1.2 s of each are heard"


def test_the_smallest_settings_there_are():
    assert AudioPreprocessor(window=2, hop=1, bands=1, length=1).shape == (1, 1)
