"""The figure of lesson 16: what a missing modality costs, and what practice is worth."""

import numpy as np

from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import mark_guess
from mmdl.plots.style import BLUE, GREEN, PURPLE, VERMILLION, picture_on, styled

LINES = (VERMILLION, "-"), (PURPLE, "--"), (GREEN, "--"), (BLUE, "-")
RANGE = 43, 84  # per cent


@styled
def draw(pictures, families, said, counts, rates, curves, heads, guessed=None):
    """Six glyphs without their names above, accuracies below

    Parameters
    ----------
    pictures : array (6, 28, 28)
    families : sequence of 6 str
    said : array (2, 6) of str
        What the joint model and the one with modality dropout take each for.
    counts : two ints
        How many glyphs only the one, only the other gets right.
    rates : array (R,)
        Shares of the examples that have lost a modality.
    curves : two dicts of name -> array (R,)
        Accuracies when names go missing, and when pictures do: four models each, the joint one first, the one with
        learned stand-ins last.
    heads : dict of name -> array (2,)
        Accuracies with the picture only and the name only: "trained alone", "joint encoder", "joint model".
    guessed : float, optional
        The reader's guess of the joint model's accuracy without names, in per cent.
    """
    figure = figure_of(None, 5.9)
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 2.1))
    top.suptitle(
        f"Without names: of {sum(counts)} glyphs that only one of two models gets right, practice gets {counts[1]}."
        " Six of them:",
        fontsize=11,
    )
    for ax, picture, family, *answers in zip(top.subplots(1, 6), pictures, families, *said, strict=True):
        _glyph_on(ax, picture, family, answers)
    names, images, knowing = bottom.subplots(1, 3, width_ratios=(1, 1, 0.95))
    for place, (ax, gone) in enumerate(((names, "names"), (images, "pictures"))):
        _curves_on(ax, 100 * rates, curves[place], 100 * heads["trained alone"][place])
        joint, *_, learned = (100 * curve[-1] for curve in curves[place].values())
        ax.set(title=f"{gone.capitalize()} go missing:\npractice is worth {learned - joint:.0f} points")
        ax.set_xlabel(f"missing {gone} (%)")
    names.set_ylabel("right (% of unseen glyphs)")
    names.legend(loc="lower left", fontsize=8)
    mark_guess(names, guessed)
    _heads_on(knowing, heads)
    return figure


def _glyph_on(ax, picture, family, answers):
    picture_on(ax, picture)
    ax.set_title(family, fontsize=9, fontweight="bold")
    for line, (who, answer, colour) in enumerate(zip(("joint", "practised"), answers, (VERMILLION, BLUE), strict=True)):
        words = f"{who} ✓" if answer == family else f"{who} ✗ {answer.split()[0]}"
        ax.text(
            0.5, -0.08 - 0.19 * line, words, color=colour, fontsize=8, ha="center", va="top", transform=ax.transAxes
        )


def _curves_on(ax, percent, curves, alone):
    for (name, curve), (colour, line) in zip(curves.items(), LINES, strict=True):
        ax.plot(percent, 100 * np.asarray(curve), line, color=colour, label=name)
    ax.plot(100, alone, "k*", markersize=10, clip_on=False, label="trained alone")
    ax.set(ylim=RANGE, xlim=(0, 100))


def _heads_on(ax, heads):
    looks = {
        "joint model": (VERMILLION, {"marker": "v"}, "joint model"),
        "joint encoder": ("black", {"marker": "o", "markerfacecolor": "none"}, "joint encoder,\nnew head"),
        "trained alone": ("black", {"marker": "*"}, "trained alone"),
    }
    for (name, (colour, marker, words)), align in zip(looks.items(), ("center", "top", "bottom"), strict=True):
        ax.plot([0, 1], 100 * np.asarray(heads[name]), color=colour, linestyle="", markersize=9, **marker)
        ax.text(0.14, 100 * heads[name][0], words, color=colour, fontsize=8, va=align)
    ax.set(title="The encoder knows enough,\nthe joint head does not", ylim=RANGE, xlim=(-0.3, 1.3))
    ax.set_xticks((0, 1), ("picture\nonly", "name\nonly"))
