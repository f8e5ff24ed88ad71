"""The figure of lesson 14: where words look in a picture, and what that is worth."""

import numpy as np

from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import mark_guess
from mmdl.plots.style import BLUE, MAGNITUDES, SIGNED, VERMILLION, picture_on, styled

MIDDLES = 2.5, 22.5, 22.5, 2.5  # 5 × 5 squares of 4 × 4 pixels: the middles of patches of 10 × 10, 4 apart
SHOWN = 100  # of the measured factors


@styled
def draw(character, glyph, caption, attention, cost, share, factor, looks, drops, correlation, guesses=(None, None)):
    """One glyph above, both stories below

    Parameters
    ----------
    character : str
    glyph : array (28, 28)
    caption : list of W words
    attention : array (heads, W or more, 25)
        Of each word to each patch.
    cost : array (25,)
        By how much the score drops if a patch is covered.
    share, factor : arrays (..., )
        What looked at the hidden word before, and by how much its other weights grew.
    looks, drops : arrays (N, 25)
        The words' attention to the patches of all glyphs, and what covering them costs.
    correlation : float
        Of looks and drops.
    guesses : two floats or None
        The reader's guesses of a factor and of a drop.
    """
    figure = figure_of(None, 5.4)
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 1.5))
    top.suptitle(f"Where the words of {character} look in its 25 patches, and what each patch is worth", fontsize=11)
    top.supxlabel("A square is the middle of a patch.", fontsize=8)
    _glyph_on(top, glyph, caption, 100 * attention.mean(axis=0)[: len(caption)], cost)
    left, right = bottom.subplots(1, 2, width_ratios=(1, 1.3))
    _factors_on(left, share.ravel(), factor.ravel())
    _drops_on(right, 100 * looks.ravel(), drops.ravel())
    right.set_title(f"“It looks at what matters”: correlation {correlation:.2f}".replace("-0.00", "0.00"))
    for ax, guessed in zip((left, right), guesses, strict=True):
        mark_guess(ax, guessed)
    return figure


def _glyph_on(figure, glyph, caption, percent, cost):
    looking = {"cmap": MAGNITUDES, "vmin": 0, "vmax": percent.max()}
    maps = [(f"“{word}”", values, looking, "white") for word, values in zip(caption, percent, strict=True)]
    maps.append(("cost of covering", cost, {"cmap": SIGNED, "vmin": -1, "vmax": 1}, "black"))
    axes = figure.subplots(1, len(maps))
    for ax, (title, values, colours, line) in zip(axes, maps, strict=True):
        drawn = picture_on(ax, values.reshape(5, 5), extent=MIDDLES, **colours)
        ax.contour(glyph, levels=[0.4], colors=line, linewidths=1.2)
        ax.set(title=title, xlim=(-0.5, 27.5), ylim=(27.5, -0.5), facecolor="0.6")
    figure.colorbar(axes[0].images[0], ax=axes[:-1], label="% of attention", fraction=0.03)
    figure.colorbar(drawn, ax=axes[-1], label="drop of the score", fraction=0.05)


def _factors_on(ax, share, factor):
    curve = np.linspace(0, 0.9, 100)
    ax.plot(curve, 1 / (1 - curve), color=BLUE)
    some = np.argsort(share)[np.linspace(0, np.sum(share < 0.9) - 1, SHOWN).astype(int)]
    ax.plot(share[some], factor[some], "o", color=VERMILLION, markersize=4)
    ax.text(0.5, 3.2, "1 / (1 − a)", color=BLUE, ha="right")
    ax.text(0.02, 1.5, "measured", color=VERMILLION)
    ax.set(xlim=(0, 1), ylim=(0, 10), title="“It looks harder at the rest”: arithmetic")
    ax.set(xlabel="a, attention on the word that is hidden", ylabel="other weights, times")


def _drops_on(ax, percent, drop):
    tenths = np.array_split(np.argsort(percent), 10)
    ax.axhline(0, color="0.7", linewidth=0.8)
    ax.plot(percent, drop, ".", color=BLUE, alpha=0.25, markersize=4, markeredgewidth=0)
    ax.plot(
        *([each[tenth].mean() for tenth in tenths] for each in (percent, drop)), "o-", color=VERMILLION, markersize=4
    )
    ax.text(8.5, 0.25, "mean", color=VERMILLION)
    ax.text(6, 2.6, "one dot: one patch\nof one glyph", color=BLUE)
    ax.set(xscale="log", ylim=(-1.2, 3.7), xlabel="% of the words' attention", ylabel="score drops, if covered, by")
    ax.set_xticks([1, 2, 5, 10, 20], [1, 2, 5, 10, 20])
    ax.minorticks_off()
