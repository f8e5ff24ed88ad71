"""The figure of lesson 08: which network learns to remember, and what its gates and cells do meanwhile."""

import numpy as np

from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import mark_guess
from mmdl.plots.style import LINES, MAGNITUDES, SIGNED, styled

MARKS = "os^"


@styled
def draw(shares, networks, rates, lengths, inputs, gates, cells, guessed=None):
    """Shares of right answers on the left; forget gates and cells while one sequence is read on the right

    Parameters
    ----------
    shares : dict of (str, int) to array (rates, seeds)
        Of right answers after training, by network and number of letters.
    networks, rates, lengths : lists
    inputs : array (T, 5)
        A one for A, B, C or D, and one for the flag.
    gates, cells : array (T, H)
    guessed : float, optional
        In %.
    """
    figure = figure_of(None, 5)
    ax = figure.subplot_mosaic("rf;lc", width_ratios=(1, 1.35))
    for n, (name, mark, colour) in enumerate(zip(networks, MARKS, LINES, strict=False)):
        by_rate = shares[name, lengths[1]]
        best = np.stack([table[table.mean(axis=1).argmax()] for table in (shares[name, T] for T in lengths)])
        for key, values in ("r", by_rate), ("l", best):
            places = np.arange(len(values))
            ax[key].plot(places, 100 * values.mean(axis=1), color=colour, linewidth=1.2)
            ax[key].plot(places + 0.05 * (n - 1), 100 * values, mark, color=colour, markersize=4)
        ax["l"].text(-0.2, 44 - 16 * n, name, color=colour)
    ax["r"].set(title=f"{lengths[1]} letters: who learns at which rate?", xlabel="learning rate")
    ax["r"].set_xticks(range(len(rates)), rates)
    ax["l"].set(title="Each at its best rate: reach remains", xlabel="letters to read")
    ax["l"].set_xticks(range(len(lengths)), lengths)
    for key in "rl":
        ax[key].set(ylim=(0, 105), xlim=(-0.3, 2.3), ylabel="right, in %")
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
