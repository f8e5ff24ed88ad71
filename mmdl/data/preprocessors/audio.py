"""Sound as a model hears it: log-mel spectra, frame after frame, of a WAV file or of samples."""

import os
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np

from mmdl.data.files.wav import checked_rate, demand_length, mono, read_wav
from mmdl.data.kinds import Kind
from mmdl.data.preprocessors.preprocessor import Preprocessor
from mmdl.errors import DataError
from mmdl.ops.filters import hann_window, mel_filter_bank
from mmdl.ops.spectrum import frames, log_mel, power_spectrum
from mmdl.shapes import Array
from mmdl.tokens import Tokens

FAINTEST = 1e-3  # of full scale: a sound that stays 60 dB below it is silence with noise
STEPS = 1 << 16  # of one rate, in which some of the other fit
MOST = 0.95  # so many training sounds fit in whole where no length is asked for


@dataclass(frozen=True)
class AudioPreprocessor(Preprocessor):
    """Sounds from anywhere as Tokens: one frame, the loudness of each mel band, is one token.

    A sound becomes mono, gets the preprocessor's rate, and is made so loud that its largest sample is ±1: how near the
    microphone stood says nothing. Frames lie whole within it; what is left at its end, less than a hop, is not heard,
    and a sound shorter than one frame is followed by silence.

    Parameters
    ----------
    rate : int
        Samples a second.
    window, hop : int
        Samples of a frame, and from the start of one to that of the next.
    bands : int
        Mel bands from 0 Hz to half the rate.
    length : int
        Frames of a sound beyond this many are cut off.
    mean, deviation : tuples of `bands` floats
        What is subtracted from each band's log-mel, and what it is then divided by; empty for numbers as they are.
    scale : "htk" or "slaney"
        Which mel, see `mmdl.ops.filters.hertz_to_mel`.
    """

    kind: ClassVar[Kind] = "audio"

    rate: int = 8000
    window: int = 256
    hop: int = 128
    bands: int = 40
    length: int = 64
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()
    scale: str = "htk"

    def __post_init__(self) -> None:
        checked_rate(self.rate)
        if self.window < 2 or min(self.hop, self.bands, self.length) < 1:
            raise DataError("a window has at least 2 samples; hop, bands and length are at least 1")
        if not len(self.mean) == len(self.deviation) in (0, self.bands):
            counts = f"{len(self.mean)} means and {len(self.deviation)} deviations"
            raise DataError(f"{self.bands} bands need as many means and deviations, not {counts}")

    @classmethod
    def fit(cls, sounds: Any, seconds: float | None = None, **settings: Any) -> Self:
        """Under it these sounds have mean 0 and deviation 1 in every band; give it training sounds only.

        Parameters
        ----------
        sounds : list, as `encode` takes them
        seconds : float, optional
            Of a sound that are heard; by default 95 % of these sounds fit in whole.
        **settings
            rate, window, hop, bands and scale, as above.
        """
        plain = cls(**settings, length=2**31)
        if seconds is not None:
            plain = replace(plain, length=plain.frames_in(seconds * plain.rate))
        spectra = [plain.spectrum(wave_of(sound, plain.rate)) for sound in _listed(sounds)]
        if not spectra:
            raise DataError("an audio preprocessor needs at least one sound to learn from")
        if seconds is None:
            length = np.quantile([len(each) for each in spectra], MOST, method="higher")
            plain = replace(plain, length=int(length))
        heard = np.concatenate([each[: plain.length] for each in spectra]).astype(np.float64)
        mean, deviation = heard.mean(axis=0), heard.std(axis=0)
        deviation[deviation < 1e-6] = 1  # a band in which nothing ever happens
        return replace(plain, mean=tuple(mean.tolist()), deviation=tuple(deviation.tolist()))

    @property
    def shape(self) -> tuple[int, ...]:
        """(T, D) of each sound, T at most."""
        return self.length, self.bands

    def describe(self) -> str:
        seconds = (self.window + self.hop * (self.length - 1)) / self.rate
        return f"{self.bands} mel bands at {self.rate:,} Hz, at most {seconds:.2g} s of each are heard"

    @cached_property
    def tables(self) -> tuple[Array, Array]:
        """The window (I,), and the filters (D, K)."""
        filters = mel_filter_bank(self.bands, self.window, self.rate, scale=self.scale)
        return hann_window(self.window).astype(np.float32), filters.astype(np.float32)

    def frames_in(self, samples: float) -> int:
        """How many frames lie whole within so many samples: at least one, at most `length`."""
        return min(self.length, max(1, 1 + int(samples - self.window) // self.hop))

    def spectrum(self, wave: Array) -> Array:
        """The log-mel spectrum of a wave (T,) float32 at the preprocessor's rate, not standardised.  -> (P, K)"""
        window, filters = self.tables
        heard = self.window + self.hop * (self.frames_in(len(wave)) - 1)
        wave = np.pad(at_full_scale(wave, heard), (0, max(0, heard - len(wave))))
        return log_mel(power_spectrum(frames(wave, self.window, self.hop), window).y, filters).y

    def encode(self, sounds: Any) -> Tokens:
        """A list of N sounds -> Tokens(values (N, T, K) float32, mask (N, T)), T the longest of them and at least 1

        A sound is the path of a WAV file, a file that was opened, (rate, samples), or samples at the preprocessor's
        rate. Samples are (T,) or (T, channels), floats within ±1 or integers within what their type can hold.

        Raises
        ------
        DataError
            If a file is missing or samples are no sound; FormatError if a file is no WAV file or a broken one.
        """
        spectra = [self.spectrum(wave_of(sound, self.rate)) for sound in _listed(sounds)]
        lengths = np.array([len(each) for each in spectra], int)
        mask = np.arange(lengths.max(initial=1)) < lengths[:, None]
        values = np.zeros((*mask.shape, self.bands), np.float32)
        if spectra:
            values[mask] = np.concatenate(spectra)
            if self.mean:
                values[mask] -= np.array(self.mean, np.float32)
                values[mask] /= np.array(self.deviation, np.float32)
        return Tokens(values, mask)


def wave_of(sound: Any, rate: int) -> Array:
    """The samples of a sound, mono at this rate, (T,) float32.  sound: as in `AudioPreprocessor.encode`"""
    if isinstance(sound, (str, os.PathLike)) or hasattr(sound, "read"):
        own_rate, read = read_wav(sound, rate)
        return resample(read, own_rate, rate)
    match sound:
        case np.ndarray():
            return mono(sound)
        case (Real() as found, samples):
            return resample(mono(samples), checked_rate(found), rate)
    raise DataError(f"a sound is a path, (rate, samples) or an array of samples, not {type(sound).__name__}")


def at_full_scale(wave: Array, count: int | None = None) -> Array:
    """The same sound, or so many samples of it, so loud that the largest of all is ±1; silence stays silence."""
    peak = max(wave.max(), -wave.min())  # np.abs would take a sound's memory again
    return wave[:count] / peak if peak >= FAINTEST else wave[:count]


def resample(samples: Array, rate: int, to: int) -> Array:
    """The same sound (T,) with `to` samples a second instead of `rate`; what is above half of `to` is filtered out."""
    if rate == to:
        return samples
    from scipy.signal import resample_poly

    demand_length(len(samples), rate, to)
    # Rates without a common divisor would need filters of millions of taps; what is left out is less than a millionth
    ratio = Fraction(min(rate, to), max(rate, to)).limit_denominator(STEPS)
    few, many = ratio.as_integer_ratio()
    up, down = (many, few) if to > rate else (few, many)
    return resample_poly(samples, up, down).astype(samples.dtype, copy=False)


def _listed(sounds: Any) -> list[Any]:
    # One path alone would pass for a list of letters, and one wave for a list of numbers
    if isinstance(sounds, (str, os.PathLike, np.ndarray)) or hasattr(sounds, "read"):
        raise DataError("sounds must be a list, even of one")
    return list(sounds)
