"""The figure of lesson 22: where a writer looks in one picture, word by word; exact names; the accent's share."""

import numpy as np

from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import mark_guess
from mmdl.plots.style import BLUE, MAGNITUDES, picture_on, styled


@styled
def draw(picture, words, seen, exact, shares, guessed=None):
    """Panels of one picture above, two rows of bars below

    Parameters
    ----------
    picture : array (R, C)
    words : list of T str
    seen : array (T, P, Q)
        The weights of the picture's cells at each word.
    exact, shares : dict of str to float
        Of names that are exact, and of attention on the accent's cells.
    guessed : float, optional
        The guess of the accent's share at its word, in %.
    """
    figure = figure_of(None, 4.4)
    above, below = figure.subfigures(2, height_ratios=(1, 1.25))
    first, *panels = above.subplots(1, 1 + len(words))
    picture_on(first, picture)
    first.set_title("the picture")
    R, C = picture.shape
    for ax, word, weights in zip(panels, words, seen, strict=True):
        extent = (-0.5, C - 0.5, R - 0.5, -0.5)
        shown = picture_on(ax, 100 * weights, MAGNITUDES, extent=extent, vmin=0, vmax=100 * seen.max())
        ax.contour(picture, levels=[0.4 * picture.max()], colors="white", linewidths=1)
        ax.set_title(word)
    above.colorbar(shown, ax=panels, shrink=0.6, fraction=0.02, pad=0.02).set_label("% of the look")
    named, looked = below.subplots(1, 2)
    for ax, values, title in (
        (named, exact, "Exact names of unseen compositions"),
        (looked, shares, "How much of the look is on the accent"),
    ):
        numbers = 100 * np.array([*values.values()])
        ax.barh(range(len(values)), numbers, color=BLUE)
        for row, value in enumerate(numbers):
            ax.text(value, row, f" {value:.1f}", va="center")
        ax.set_yticks(range(len(values)), [*values])
        ax.invert_yaxis()
        ax.set(xlabel="in %", xlim=(0, 1.18 * numbers.max()))
        ax.set_title(title, loc="right")
    mark_guess(looked, guessed, axis="x")
    return figure
