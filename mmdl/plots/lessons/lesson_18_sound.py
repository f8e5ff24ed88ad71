"""The figure of lesson 18: what windows of several lengths see of tones, of a click and of a voice."""

import numpy as np

from mmdl.ops.filters import hertz_to_mel
from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import mark_guess
from mmdl.plots.style import BLUE, MAGNITUDES, VERMILLION, styled

FAINTEST = -40  # decibels
STEP = 5  # hertz between two frequencies of a spectrum
TOLD = "one tone that swells, a sharp click", "neither is sharp", "two tones, a long click"


@styled
def draw(pictures, voices, mels, curves, found, guessed=None):
    """Tones and a click above, the numbers and a voice in the middle, mel bands and what they are good for below

    Parameters
    ----------
    pictures, voices : dicts of int to array (P, D)
        By the milliseconds of the window: powers, one frame every millisecond, one frequency every 5 Hz. The middle of
        the first frame is at 100 ms, the click at 500 ms.
    mels : array (T, K)
        Log-mel spectra of the voice, one every 8 ms, the first one at 16 ms.
    curves : three arrays (W,)
        Milliseconds of the windows, the valley between the tones, milliseconds of the click.
    found : array (3, 2)
        How often the most similar sound has the same vowel: no bands, equal ones, mel; without and with the logarithm.
    guessed : float, optional
        The reader's guess of milliseconds.
    """
    figure = figure_of(None, 7.6)
    top, middle, bottom = figure.subfigures(3, 1, height_ratios=(1, 1.08, 1))
    top.suptitle("Two tones, 60 Hz apart, and a click: no window shows both their pitches and its moment", fontsize=11)
    axes = top.subplots(1, 3, sharey=True)
    for ax, (ms, powers), seen in zip(axes, pictures.items(), TOLD, strict=True):
        _spectrogram_on(ax, powers, (440, 560), (800, 1260), f"window of {ms} ms:\n{seen}")
        ax.set(xticks=(440, 500, 560), yticks=(1000, 1060))
    axes[0].set_ylabel("hertz")

    lengths, valley, smeared = curves
    line, *axes = middle.subplots(1, 3, width_ratios=(1.2, 1, 1))
    line.plot(lengths, valley, "o-", color=BLUE, markersize=4)
    line.set(title="Short: one tone. Long: no moment", xlabel="window (ms)", ylim=(0, 1.25), xscale="log")
    line.set_xticks(shown := (4, 8, 16, 32, 64, 128), shown)
    line.minorticks_off()
    line.set_ylabel("valley between the tones", color=BLUE)
    mark_guess(line, guessed, axis="x")
    click = line.twinx()
    click.plot(lengths, smeared, "s-", color=VERMILLION, markersize=4)
    click.spines.right.set_visible(True)
    click.set(ylim=(0, 50))
    click.set_ylabel("length of the click (ms)", color=VERMILLION)
    for ax, (ms, powers), seen in zip(axes, voices.items(), ("each clap", "each tone"), strict=True):
        _spectrogram_on(ax, powers, (200, 400), (0, 2500), f"voice, {ms} ms: {seen}")
    axes[0].set_ylabel("hertz")

    ax, bars = bottom.subplots(1, 2, width_ratios=(2, 1))
    decibels = mels.T * 10 / np.log(10)
    pitches, top_mel = (125, 250, 500, 1000, 2000, 4000), float(hertz_to_mel(4000))
    ax.imshow(
        decibels - decibels.max(),
        MAGNITUDES,
        aspect="auto",
        origin="lower",
        extent=(12, 12 + 8 * len(mels), 0, top_mel),
        vmin=-60,
        vmax=0,
    )
    ax.set(title="Log-mel, 40 bands: a voice slides from a to i to u, and rises", xlabel="ms", ylabel="hertz, in mel")
    ax.set_yticks(hertz_to_mel(pitches), [f"{pitch:,}" for pitch in pitches])
    for ms, vowel in ((100, "a"), (500, "i"), (900, "u")):
        ax.text(ms, 0.97 * top_mel, vowel, color="white", ha="center", va="top", fontsize=12, fontweight="bold")
    inside = {"label_type": "center", "fmt": "%.2f", "color": "white", "fontsize": 8}
    for shares, aside, colour, name in zip(
        found.T, (-0.2, 0.2), (BLUE, VERMILLION), ("power", "logarithm"), strict=True
    ):
        bars.bar_label(bars.bar(np.arange(3) + aside, shares, width=0.38, color=colour), **inside)
        bars.text(aside, 0.03, name, color="white", rotation=90, ha="center", va="bottom", fontsize=8)
    bars.axhline(0.2, color="0.4", linewidth=1, linestyle="--", zorder=0)
    bars.text(2.45, 0.215, "chance", color="0.4", fontsize=8)
    bars.set_xticks(range(3), ("no\nbands", "equal\nbands", "mel\nbands"))
    bars.set(title="A vowel found at another pitch:\nmel adds nothing", ylim=(0, 1.05), xlim=(-0.5, 3.2))
    bars.set_ylabel("share right")
    return figure


def _spectrogram_on(ax, powers, milliseconds, hertz, title):
    """A cut-out of a spectrogram; 0 dB is the loudest in it."""
    (first, last), (low, high) = milliseconds, hertz
    shown = powers[first - 100 : last - 99, low // STEP : high // STEP + 1].T
    decibels = 10 * np.log10(shown / shown.max() + 1e-12)
    extent = first - 0.5, last + 0.5, low - STEP / 2, high + STEP / 2
    ax.imshow(decibels, MAGNITUDES, aspect="auto", origin="lower", extent=extent, vmin=FAINTEST, vmax=0)
    ax.set(title=title, xlabel="ms")
