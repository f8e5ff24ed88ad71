"""The figure of lesson 15: what a second modality is worth, and three glyphs where it decides."""

import textwrap

import numpy as np

from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import mark_guess
from mmdl.plots.style import BLUE, GREEN, VERMILLION, grid_on, picture_on, styled


@styled
def draw(curves, beliefs, kinds, glyphs, guessed=None):
    """Learning curves, and what the models say of three glyphs that the third gets right

    Parameters
    ----------
    curves : dict
        By model ("picture", "name", "both"): share of unseen glyphs that are right, epoch by epoch.
    beliefs : dict of arrays (N, K)
        By model: probabilities of the classes, for all N unseen glyphs.
    kinds : dict of bool arrays (N,)
        By who is right alone ("only the picture", ...): the glyphs of that kind.
    glyphs : Dataset
        Glyphs with a word that was never seen are not shown.
    guessed : float, optional
        The reader's guess of the last share of "both".
    """
    truth, test = glyphs.test.labels, glyphs.test.inputs
    names = [" ".join(glyphs.preprocessors["text"].words_of(ids)) for ids in test["text"].values]
    figure = figure_of(None, 4.4)
    left, side = figure.subfigures(1, 2, width_ratios=(1, 1.15))
    colours = dict(zip(curves, (BLUE, VERMILLION, GREEN), strict=True))
    ax = left.subplots()
    for kind, curve in curves.items():
        x = np.arange(1, 1 + len(curve))
        ax.plot(x, curve, "o-", color=colours[kind], markersize=4)
        words = "picture and name" if kind == "both" else f"{kind} alone"
        ax.text(x[-1], curve[-1] + 0.012, f"{words}: {curve[-1]:.2f}", color=colours[kind], ha="right", va="bottom")
    ax.set(xlabel="epoch", ylabel="share of unseen glyphs that are right", xticks=x, ylim=(0.4, 0.9))
    grid_on(ax, "y")
    mark_guess(ax, guessed)

    right = {kind: p.argmax(axis=1) == truth for kind, p in beliefs.items()}
    mistakes = [np.where(right[kind], 1, beliefs[kind].max(axis=1)) for kind in ("picture", "name")]
    shown = right["both"] & np.array(["?" not in name for name in names])
    axes = side.subplots(len(kinds), 2, width_ratios=(1, 2.1))
    for (picture, bars), (kind, rows) in zip(axes, kinds.items(), strict=True):
        n = np.argmax(np.where(rows & shown, np.minimum(*mistakes), 0))  # where alone the mistake is surest
        picture_on(picture, test["image"][n, ..., 0])
        picture.set_xlabel(textwrap.fill(f"“{names[n]}”", 20), fontsize=8)
        for place, (who, p) in enumerate(beliefs.items()):
            answer = p[n].argmax()
            bars.barh(place, p[n, answer], color=colours[who], alpha=0.6 if answer == truth[n] else 0.2)
            mark = "right" if answer == truth[n] else "wrong"
            bars.text(0.02, place, f"{glyphs.classes[answer]} ({mark})", va="center", fontsize=8)
        bars.set(xlim=(0, 1), xticks=[])
        bars.set_title(f"right alone: {kind}; together: {right['both'][rows].mean():.0%}", fontsize=9, loc="right")
        bars.set_yticks(range(len(beliefs)), beliefs)
        bars.invert_yaxis()
        bars.tick_params(length=0)
    bars.set(xticks=(0, 0.5, 1), xlabel="how sure it is of its answer")
    figure.suptitle("Picture and name together know more than either")
    return figure
