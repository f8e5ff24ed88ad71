"""The figure of lesson 04: one mistake with its gradient, and what it costs to be too sure."""

import math

import numpy as np

from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import mark_guess
from mmdl.plots.style import BLUE, GREEN, VERMILLION, picture_on, styled


@styled
def draw(image, p, truth, classes, factors, losses, loss, loud, right, guessed=None):
    """One picture, what the classifier believes and the gradient above; the experiment below

    Parameters
    ----------
    image : array (R, C)
    p : array (K,)
        Probabilities of the classes.
    truth : int
        The true class.
    classes : list of str (K,)
    factors, losses : arrays (F,)
        The loss with all scores multiplied by each factor.
    loss, loud, right : float
        The loss with the factors 1 and 10, and the share of right answers.
    guessed : float, optional
        The reader's guess of `loud`.
    """
    figure = figure_of(None, 5.7)
    top, bottom = figure.subfigures(2, 1, height_ratios=(1.1, 1))
    top.suptitle("One mistake: the gradient is what it believed minus what is true", fontsize=11)
    axes, place = top.subplots(1, 3, width_ratios=(0.8, 1, 1)), np.arange(len(p))
    picture_on(axes[0], image)
    axes[0].set_title(f"{classes[truth]}, taken for {classes[p.argmax()]}")
    for ax, values, low in ((axes[1], p, 0), (axes[2], p - (place == truth), -1.05)):
        ax.barh(place, values, color=[VERMILLION if k == truth else BLUE for k in place])
        ax.axvline(0, color="0.4", linewidth=0.8)
        ax.set(xlim=(low, 1.05), ylim=(len(p) - 0.4, -0.6), yticks=[])
    axes[1].plot(1, truth, "D", color=VERMILLION)
    axes[1].text(0.95, truth, "the truth t", color=VERMILLION, ha="right", va="center")
    axes[1].set_yticks(place, classes, fontsize=8)
    axes[1].set(title="what it believes: p", xlabel="probability")
    axes[2].set(title="the gradient: ds = p − t", xlabel="∂loss / ∂score")

    bottom.suptitle("The same answers at any price: the loss measures certainty, not mistakes", fontsize=11)
    ax, nothing = bottom.subplots(), math.log(len(p))
    ax.plot(factors, losses, color=BLUE)
    ax.axhline(nothing, color="0.4", linestyle=":")
    ax.text(factors[0], nothing + 0.3, f"knowing nothing: log {len(p)} = {nothing:.2f}", color="0.4")
    ax.plot([1, 10], [loss, loud], "o", color=BLUE)
    ax.text(9, loud, f"ten times as sure: {loud:.1f}", color=BLUE, ha="right", va="center")
    ax.text(1, loss - 0.3, f"as trained: {loss:.2f}", color=BLUE, ha="center", va="top")
    ax.text(factors[0], 9, f"right answers: {right:.2f} for every factor", color=GREEN)
    ax.set(xscale="log", ylim=(0, 10), xlabel="all scores multiplied by", ylabel="loss on unseen glyphs")
    ax.set_xticks([0.1, 1, 10], ["0.1", "1", "10"])
    mark_guess(ax, guessed)
    return figure
