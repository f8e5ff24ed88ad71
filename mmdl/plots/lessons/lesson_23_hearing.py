"""The figure of lesson 23: a string of vowels, what a network says about it as it learns, and three teachers."""

import numpy as np

from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import mark_guess
from mmdl.plots.style import LINES, MAGNITUDES, styled

VOWELS = "aeiou"
STEP = 0.032  # seconds between two outputs


@styled
def draw(frames, when, said, length, errors, guessed=None):
    """The sound and three posteriors on the left, errors by epoch on the right

    Parameters
    ----------
    frames : array (T, 20)
        Log-mel, one every 16 ms.
    when : array (length,)
        The true class at each output, 0 for silence.
    said : three pairs of an epoch and an array (length or more, 6)
        Probabilities of silence and the five vowels.
    length : int
    errors : dict of str to array (seeds, epochs)
        Label error rates by teacher.
    guessed : float, optional
        In %.
    """
    figure = figure_of(None, 5.4)
    axes = figure.subplot_mosaic("se;1e;2e;3e", width_ratios=(1.7, 1))
    end = length * STEP
    axes["s"].imshow(frames.T, MAGNITUDES, aspect="auto", origin="lower", extent=(0, end, 0, 20))
    axes["s"].set(yticks=[], ylabel="mel bands", title="What is heard, and (in white) what is said when")
    starts = np.flatnonzero(np.diff(when, prepend=0))
    for start, stop in zip(starts, [*starts[1:], length], strict=True):
        if when[start]:
            axes["s"].text(
                (start + stop) / 2 * STEP, 16, VOWELS[when[start] - 1], color="white", ha="center", weight="bold"
            )
    for key, (epoch, p) in zip("123", said, strict=True):
        ax, seconds = axes[key], (np.arange(length) + 0.5) * STEP
        ax.fill_between(seconds, p[:length, 0], color="0.88", linewidth=0)
        for k in range(5):
            ax.plot(seconds, p[:length, k + 1], color=LINES[k], linewidth=1.5)
            peak = p[:length, k + 1].argmax()
            if p[peak, k + 1] > 0.5:
                for place in np.flatnonzero(_peaks(p[:length, k + 1])):
                    ax.text(seconds[place], 1.03, VOWELS[k], color=LINES[k], ha="center", va="bottom", weight="bold")
        ax.set(xlim=(0, end), ylim=(0, 1.25), yticks=(0, 1), ylabel=f"epoch {epoch}")
    axes["1"].text(end / 2, 0.5, "grey: the blank", color="0.4", ha="center", va="center")
    axes["3"].set_xlabel("seconds")
    for (teacher, rates), colour in zip(errors.items(), LINES, strict=False):
        epochs = np.arange(1, rates.shape[1] + 1)
        axes["e"].plot(epochs, 100 * rates.T, color=colour, linewidth=1.2)
        axes["e"].plot([], [], color=colour, label=teacher)
    axes["e"].legend(loc="upper right")
    axes["e"].set(ylim=(0, 105), xlabel="epoch", ylabel="wrong letters, in %", xticks=range(0, 13, 3))
    axes["e"].set_title("Told what is as good\nas told when")
    mark_guess(axes["e"], guessed)
    return figure


def _peaks(p):
    """Where a curve above one half has a summit."""
    around = np.pad(p, 1)
    return (p > 0.5) & (p >= around[:-2]) & (p > around[2:])
