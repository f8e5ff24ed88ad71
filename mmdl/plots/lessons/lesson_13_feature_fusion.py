"""The figure of lesson 13: what each fusion leaves unknown of three questions, and how it learns the hardest."""

import math

import numpy as np

from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import mark_guess
from mmdl.plots.style import BLUE, GREEN, MAGNITUDES, VERMILLION, readable_on, styled


@styled
def draw(left, curves, additive, joint, guessed=None):
    """A table of losses, and the curves of the question that no modality can answer alone

    Parameters
    ----------
    left : dict
        By model: the share of log K that is left of the loss, for redundant, unique and synergy, on unseen pairs; for
        synergy on training pairs; and on unseen ones, tempered.
    curves : dict
        By model: loss on the training pairs of synergy, epoch by epoch.
    additive : list of str
        The models whose scores are f(a) + g(b), or whose probabilities are.
    joint : list of str
        Those that multiply or bend after the modalities have met; what is in neither list stands between.
    guessed : float, optional
        The reader's guess of a loss.
    """
    figure = figure_of(None, 5.2)
    table, ax = figure.subplots(1, 2)
    cells = np.array(list(left.values()))
    image = table.imshow(cells, cmap=MAGNITUDES, vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(cells):
        colour = readable_on(image, min(share, 1))
        table.text(column, row, f"{share:.2f}", ha="center", va="center", color=colour)
    table.set_xticks(
        range(5), ["both\nknow", "each\na half", "only\nboth", "on\ntraining\npairs", "unseen,\nless\nsure"]
    )
    table.set_yticks(range(len(left)), left)
    table.tick_params(length=0)
    table.spines[:].set_visible(False)
    for border in (len(additive), len(left) - len(joint)):
        table.axhline(border - 0.5, color="white", linewidth=3)
    table.set_title("What is left of the loss on unseen pairs\n1: knows nothing, 0: knows all")

    epochs = len(curves[additive[0]])
    x = np.arange(1, 1 + epochs)
    between = [model for model in curves if model not in (*additive, *joint)]
    for models, colour in ((additive, VERMILLION), (between, GREEN), (joint, BLUE)):
        for model in models:
            ax.plot(x, curves[model], color=colour, linewidth=1.2, marker="o", markersize=3)
    ax.text(epochs, math.log(2) + 0.03, f"the {len(additive)} additive ones: log 2", color=VERMILLION, ha="right")
    for model in between:
        ax.text(epochs, curves[model][-1] - 0.05, f"{model}: half of it", color=GREEN, ha="right")
    ax.text(epochs, 0.22, f"the {len(joint)} that multiply or bend", color=BLUE, ha="right")
    ax.set(xlabel="epoch", ylabel="loss on the training pairs", ylim=(0, 0.9), xticks=x)
    ax.set_title("Synergy: do the two belong together?\nThe encoders know both scripts already")
    mark_guess(ax, guessed)
    figure.suptitle("Adding joins what each modality knows; what only both know needs more")
    return figure
