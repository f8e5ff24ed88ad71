"""The figure of lesson 08: which network learns to remember, and what its gates and cells do meanwhile."""

import numpy as np

from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import mark_guess
from mmdl.plots.style import LINES, MAGNITUDES, SIGNED, styled

MEANS = 10  # steps of training in one point of a curve
HEIGHTS = 17, 11, 58  # of the curves' names


@styled
def draw(curves, inputs, gates, cells, guessed=None):
    """Training on the left; forget gates and cells while one sequence is read on the right

    Parameters
    ----------
    curves : dict of str to array (seeds, steps)
        Shares of right answers during training.
    inputs : array (T, 5)
        A one for A, B, C or D, and one for the flag.
    gates, cells : array (T, H)
    guessed : float, optional
        In %.
    """
    figure = figure_of(None, 4.4)
    ax = figure.subplot_mosaic("lf;lc", width_ratios=(1, 1.25))
    for (name, shares), height, colour in zip(curves.items(), HEIGHTS, LINES, strict=False):
        seeds, steps = shares.shape
        means = 100 * shares.reshape(seeds, -1, MEANS).mean(axis=2)
        ax["l"].plot(np.arange(MEANS / 2, steps, MEANS), means.T, color=colour, linewidth=1.2)
        ax["l"].text(steps, height, name, color=colour, ha="right")
    ax["l"].set(ylim=(0, 103), xlabel="step of training", ylabel="right answers, in %")
    ax["l"].set_title("One constant decides (three seeds each)")
    mark_guess(ax["l"], guessed)

    letters, flag = ["ABCD"[k] for k in inputs[:, :4].argmax(axis=1)], inputs[:, 4].argmax()
    order, most = cells[-1].argsort(), np.abs(cells).max()
    drawn = ax["f"].imshow(gates.T[order], MAGNITUDES, vmin=0, vmax=1, aspect="auto")
    figure.colorbar(drawn, ax=ax["f"], label="share that is kept")
    drawn = ax["c"].imshow(cells.T[order], SIGNED, vmin=-most, vmax=most, aspect="auto")
    figure.colorbar(drawn, ax=ax["c"], label="what the cell holds")
    for key in "fc":
        ax[key].set(xticks=range(len(letters)), xticklabels=letters, yticks=[], ylabel=f"{len(order)} units")
        ax[key].get_xticklabels()[flag].set(color=LINES[1], weight="bold", size=12)
    ax["f"].set_title("Forget gates: half shut at the flag, then they hold")
    ax["c"].set_title("Cells: little before the flag, the answer grows after it")
    ax["c"].set_xlabel("letters as they are read; the flagged one is large and red")
    return figure
