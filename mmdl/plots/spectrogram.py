"""Sound as a picture: the wave, and below it how loud every pitch is at every time."""

from dataclasses import dataclass

import numpy as np

from mmdl.data import AudioPreprocessor
from mmdl.data.preprocessors.audio import wave_of
from mmdl.ops.filters import hertz_to_mel
from mmdl.plots.display import Display
from mmdl.plots.figure import figure_of
from mmdl.plots.style import BLUE, MAGNITUDES, grid_on, styled

FRAME = 0.032  # seconds: long enough to tell voices' pitches apart, short enough to see a syllable change
FAINTEST = -80  # decibels
POINTS = 2000  # of the line that is a wave: more than pixels
PITCHES = 100, 250, 500, 1000, 2000, 4000, 8000, 16000  # hertz


@dataclass(eq=False)
class SpectrogramDisplay(Display):
    """A wave above its log-mel spectrogram, on one axis of time.

    Parameters
    ----------
    wave : array (T,)
        Samples at the preprocessor's rate.
    decibels : array (P, K)
        Power of each frame in each mel band; the largest is 0, unless all is silent.
    preprocessor : AudioPreprocessor
        Which frames, and which bands.
    """

    wave: np.ndarray
    decibels: np.ndarray
    preprocessor: AudioPreprocessor

    @classmethod
    def from_sound(cls, samples, rate, preprocessor=None):
        """A sound in full, or just as a preprocessor hears it.

        Parameters
        ----------
        samples : array (T,) or (T, channels), floats within ±1 or integers
        rate : int
            Samples a second.
        preprocessor : AudioPreprocessor, optional
            A model's own, whose rate and length the sound gets; by default 40 mel bands up to half the sound's rate,
            from frames of 32 ms, one every 8 ms.
        """
        if preprocessor is None:
            window = max(2, round(FRAME * rate))
            preprocessor = AudioPreprocessor(rate, window, max(1, window // 4), length=len(samples))
        wave = wave_of((rate, samples), preprocessor.rate)
        decibels = preprocessor.spectrum(wave) * (10 / np.log(10))
        return cls(wave, decibels - max(0, decibels.max()), preprocessor)  # silence, which is far below 0, stays so

    @styled
    def plot(self, figure=None, title=True, **style):
        """Draw both; `axes_` are those of the wave and of the spectrogram. `style` is for `imshow`: cmap, vmin, ..."""
        self.figure_ = figure_of(figure, 4.6)
        self.axes_ = self.figure_.subplots(2, 1, sharex=True, height_ratios=[1, 2.2])
        heard = self.preprocessor
        above, below = self.axes_
        above.plot(*outline(self.wave, heard.rate), color=BLUE, linewidth=0.8)
        loudest = 1.05 * np.abs(self.wave).max() or 1
        above.set(ylabel="sample", ylim=(-loudest, loudest))
        grid_on(above)
        scale = {"cmap": MAGNITUDES, "vmin": FAINTEST, "vmax": 0} | style
        image = below.imshow(self.decibels.T, aspect="auto", origin="lower", extent=self._extent(), **scale)
        top = hertz_to_mel(heard.rate / 2, heard.scale)
        pitches = [pitch for pitch in PITCHES if pitch <= heard.rate / 2]
        seconds = max(len(self.wave), heard.window) / heard.rate
        below.set(xlabel="seconds", xlim=(0, seconds), ylabel="hertz, in equal steps of mel", ylim=(0, top))
        below.set(yticks=hertz_to_mel(pitches, heard.scale), yticklabels=[f"{p:,}" for p in pitches])
        self.figure_.colorbar(image, ax=below, pad=0.02).set_label("decibels (0: the loudest)")
        if title:
            self.figure_.suptitle(self._title())
        return self

    def _extent(self):
        """Left, right, bottom and top: a frame's time is that of its middle, a band's pitch that of its triangle's."""
        heard, (count, bands) = self.preprocessor, self.decibels.shape
        left = (heard.window - heard.hop) / 2
        step = hertz_to_mel(heard.rate / 2, heard.scale) / (bands + 1)
        return left / heard.rate, (left + count * heard.hop) / heard.rate, step / 2, (bands + 0.5) * step

    def _title(self):
        heard, (count, bands) = self.preprocessor, self.decibels.shape
        window, hop = (1000 * samples / heard.rate for samples in (heard.window, heard.hop))
        frames = f"{count} frame{'s' * (count > 1)} of {window:.3g} ms, one every {hop:.3g} ms"
        return f"A sound of {len(self.wave) / heard.rate:.2f} s: {frames}, in {bands} mel bands"


def outline(wave, rate):
    """Seconds and samples of a line that looks like the wave: of many samples the smallest and largest in turn."""
    share = -(-2 * len(wave) // POINTS)
    if share > 2:
        pieces = np.pad(wave, (0, -len(wave) % share), mode="edge").reshape(-1, share)
        wave, rate = np.stack([pieces.min(axis=1), pieces.max(axis=1)], axis=1).ravel(), rate * 2 / share
    return np.arange(len(wave)) / rate, wave
