"""The figure of lesson 21: where the decoder looks, letter by letter, and what is right with and without looking."""

import numpy as np

from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import mark_guess
from mmdl.plots.style import LINES, MAGNITUDES, styled


@styled
def draw(shown, runs, kinds, guessed=None):
    """Alignments on the left, shares of right answers on the right

    Parameters
    ----------
    shown : list of two triples
        Words that were read, the text that was written, and weights (letters and the end, words or more).
    runs : dict of str to array (seeds, kinds)
        Shares of right answers by model.
    kinds : list of str
        What was asked.
    guessed : float, optional
        In %.
    """
    figure = figure_of(None, 5.6)
    axes = figure.subplot_mosaic("ar;br", width_ratios=(1.6, 1), height_ratios=(1, 1.6))
    for key, (words, text, weights) in zip("ab", shown, strict=True):
        letters = [*text, "·"]
        axes[key].imshow(weights[: len(letters), : len(words)].T, MAGNITUDES, vmin=0, vmax=1, aspect="auto")
        axes[key].set_xticks(range(len(letters)), letters, fontsize=8)
        axes[key].set_yticks(range(len(words)), words)
        axes[key].tick_params(length=0)
    axes["a"].set_title("Which word is looked at for which letter? (bright: most)")
    axes["b"].set_xlabel("letters as they are written, · the end")
    ax = axes["r"]
    for row, (name, shares) in enumerate(runs.items()):
        places = np.arange(len(kinds)) + 0.25 * (row - 1)
        ax.barh(places, 100 * shares.mean(axis=0), height=0.22, color=LINES[row], label=name)
        for seed in shares:
            ax.plot(100 * seed, places, ".", color="black", markersize=3)
    ax.set_yticks(range(len(kinds)), [kind.replace(" ", "\n", 1) for kind in kinds])
    ax.invert_yaxis()
    ax.set(xlim=(0, 103), xlabel="all letters right, in % of unseen numbers")
    ax.set_title("Who may look again")
    ax.legend(loc="lower right", fontsize=8)
    mark_guess(ax, guessed, axis="x")
    return figure
