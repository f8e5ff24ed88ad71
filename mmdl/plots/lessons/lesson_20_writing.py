"""The figure of lesson 20: a network and counting, by bits a letter and by what they write."""

import numpy as np

from mmdl.plots.figure import subplots
from mmdl.plots.lesson import mark_guess
from mmdl.plots.style import BLUE, VERMILLION, styled


@styled
def draw(curves, counted, real, temperatures, guessed=None):
    """Bits a letter on the left, real names among what is written on the right

    Parameters
    ----------
    curves : array (seeds, epochs)
        Bits a letter of unseen names.
    counted : dict of int to float
        The same by counting, for each n.
    real : dict of (str, float) to array (seeds, 2)
        Shares of different names that were learned by heart, and that are new and real, by writer and temperature.
    temperatures : sequence of float
    guessed : float, optional
    """
    figure, (left, right) = subplots(1, 2, height=3.9)
    epochs = np.arange(1, curves.shape[1] + 1)
    left.plot(epochs, curves.T, color=BLUE)
    left.text(epochs[1] + 0.3, curves[:, 1].max(), "network, three seeds", color=BLUE)
    best = min(counted, key=counted.get)
    left.axhline(counted[best], color=VERMILLION)
    left.text(epochs[-1], counted[best] - 0.03, f"counting, n = {best}", color=VERMILLION, ha="right", va="top")
    left.axhline(counted[2], color=VERMILLION, linestyle=":")
    left.text(epochs[-1], counted[2] + 0.03, "counting, n = 2", color=VERMILLION, ha="right", va="bottom")
    left.set(xlabel="epoch", ylabel="bits a letter, unseen names", title="Counting is hard to beat", ylim=(0, 3.1))
    mark_guess(left, guessed)
    for name, colour in ("network", BLUE), ("counting", VERMILLION):
        shares = 100 * np.array([real[name, tau].mean(axis=0) for tau in temperatures])
        right.plot(temperatures, shares[:, 0], "o-", color=colour, label=f"{name}: by heart")
        right.plot(temperatures, shares[:, 1], "s--", color=colour, label=f"{name}: new and real")
    right.set(xlabel="temperature", ylabel="different names of 100 texts", title="What they write", ylim=(0, None))
    right.set_xticks(temperatures)
    right.legend(fontsize=8)
    return figure
