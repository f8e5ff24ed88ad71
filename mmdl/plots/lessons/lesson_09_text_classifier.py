"""The figure of lesson 09: which classifier answers which question, and a table of word vectors from above."""

import numpy as np

from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import mark_guess
from mmdl.plots.style import LINES, styled

LARGE = {"Latin": "o", "Greek": "s", "Cyrillic": "D", "Arabic": "^"}  # families with a colour of their own
SHOWN = {  # words with their names beside them, in points
    "CAPITAL": (0, -16),
    "SMALL": (7, 1),
    "LEFT": (-34, -14),
    "RIGHT": (-2, -15),
    "ALPHA": (8, 6),
}


@styled
def draw(family, direction, luck, words, families, table, guessed=None):
    """Shares of right answers on the left; the words' vectors along their first two principal components on the right

    Parameters
    ----------
    family, direction : dict of str to float or list of float
        Shares of right answers by classifier: which family it is, and which way round.
    luck : float
        Two standard deviations of a share of `family`.
    words, families : list, array of str (A,)
        families[i] is the family in whose names words[i] stands most often.
    table : array (A, D)
    guessed : float, optional
        In %.
    """
    figure = figure_of(None, 4.2)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.15))
    left.set_title("Order does not help, unless it is asked for")
    for start, question, results in (0, "Which family?", family), (6, "Forwards or backwards?", direction):
        colour, bar = (LINES[0], 100 * luck) if results is family else (LINES[1], None)
        left.text(0, start, question, weight="bold", va="center")
        for place, (name, shares) in enumerate(results.items(), start + 1):
            left.text(0, place, name, color=colour, va="center")
            left.errorbar(100 * np.mean(shares), place, xerr=bar, fmt="o", color=colour)
    left.set(xlim=(-2, 100), ylim=(8.6, -0.6), yticks=[])
    left.set_xlabel("right answers on test names, in %\n(bars: luck of the draw)")
    mark_guess(left, guessed, "x")

    right.set_title("Words of a family are neighbours; so are opposites")
    flat = principal(table)
    flat *= np.sign([flat[words.index("SMALL"), 0], flat[words.index("ALPHA"), 1]])  # which way is up is free to choose
    right.plot(*flat[~np.isin(families, list(LARGE))].T, "o", color="0.75", markersize=3, label="six smaller families")
    for (label, marker), colour in zip(LARGE.items(), LINES, strict=False):
        right.plot(*flat[families == label].T, marker, color=colour, label=label, markersize=4)
    for word, beside in SHOWN.items():
        place = flat[words.index(word)]
        right.plot(*place, "o", color="black", markerfacecolor="none", markersize=8, markeredgewidth=1.2)
        right.annotate(word, place, beside, textcoords="offset points", weight="bold")
    right.set(xlabel="first principal component", ylabel="second principal component", ylim=(-2.6, None))
    right.legend(loc="lower right", fontsize=8)
    return figure


def principal(table):
    """The rows seen along the two directions in which they differ most, (A, 2)."""
    around = table - table.mean(axis=0)
    return around @ np.linalg.svd(around, full_matrices=False)[2][:2].T
