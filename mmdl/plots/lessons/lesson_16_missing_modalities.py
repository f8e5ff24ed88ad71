"""The figures of lesson 16: what a missing modality costs, and what modality dropout is worth."""

import numpy as np

from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import mark_guess
from mmdl.plots.style import BLUE, GREEN, PURPLE, VERMILLION, picture_on, styled

LINES = (VERMILLION, "o-"), (PURPLE, "o--"), (GREEN, "o--"), (BLUE, "o-")
RANGE = 43, 84  # per cent


@styled
def draw(test, classes, said, score, alone, renewed, guessed=None):
    """Six glyphs without their names above, accuracies below

    Parameters
    ----------
    test : Examples
    classes : sequence of str
    said : dict of str -> array (3, runs, N)
        What four models, the joint one first and one with modality dropout last, take each example for if they get
        both modalities, the picture, the name.
    score : dict of str -> array (3,)
        Their accuracies.
    alone, renewed : arrays (2,)
        Accuracies of models that were trained with pictures only, with names only; and of new heads for the joint
        model's encoders.
    guessed : float, optional
        The reader's guess of the joint model's accuracy without names, in per cent.
    """
    pictures, labels = test.inputs["image"], test.labels
    of_joint, *_, of_dropout = said.values()
    rivals = np.array([of_joint[1, 0], of_dropout[1, 0]])
    figure = figure_of(None, 5.8)
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 2.1))
    differ = np.flatnonzero((rivals == labels).sum(axis=0) == 1)
    second = (rivals[1, differ] == labels[differ]).sum()
    top.suptitle(
        f"Without names, {len(differ)} glyphs are right in only one of two models (dropout: {second}). Six of them:",
        fontsize=10,
    )
    for ax, n in zip(top.subplots(1, 6), np.sort(np.random.default_rng(0).permutation(differ)[:6]), strict=True):
        _glyph_on(ax, pictures[n], labels[n], rivals[:, n], classes)
    names, images = bottom.subplots(1, 2)
    for place, (ax, gone) in enumerate(((names, "names"), (images, "pictures"))):
        _lines_on(ax, score, 1 + place, alone[place], renewed[place])
        joint, *_, learned = (100 * each[1 + place] for each in score.values())
        ax.set(title=f"{gone.capitalize()} go missing:\nmodality dropout is worth {learned - joint:.0f} points")
        ax.set_xlabel(f"missing {gone} (%); dots measured, lines expected")
    names.set_ylabel("right (% of unseen glyphs)")
    images.legend(loc="lower left")
    mark_guess(names, guessed)
    return figure


@styled
def draw_seven(subsets, possible, found):
    """Accuracies with every subset of three modalities, beside the best that is possible

    Parameters
    ----------
    subsets : list of tuples of str
    possible : array (7,)
    found : dict of float -> array (7,)
        By rate of modality dropout.
    """
    figure = figure_of(None, 3.8)
    ax, places = figure.subplots(), np.arange(len(subsets))
    for shift, (rate, accuracy), colour in zip((-0.2, 0.2), found.items(), (BLUE, VERMILLION), strict=True):
        label = f"modality dropout {rate:g}" if rate else "no modality dropout"
        ax.bar(places + shift, 100 * accuracy, 0.36, color=colour, label=label)
    ax.hlines(100 * possible, places - 0.42, places + 0.42, "k", label="best possible")
    ax.set(xticks=places, xticklabels=["\n+ ".join(subset) for subset in subsets], ylim=(50, 100))
    ax.set(ylabel="right (%; chance is 50)", title="Practice at missing costs what only all three can tell")
    ax.legend(loc="upper left")
    return figure


def _glyph_on(ax, picture, label, answers, classes):
    picture_on(ax, picture[..., 0])
    ax.set_title(classes[label], fontsize=9, fontweight="bold")
    for line, (who, answer, colour) in enumerate(zip(("joint", "dropout"), answers, (VERMILLION, BLUE), strict=True)):
        words = f"{who} ✓" if answer == label else f"{who} ✗ {classes[answer].split()[0]}"
        ax.text(
            0.5, -0.08 - 0.19 * line, words, color=colour, fontsize=8, ha="center", va="top", transform=ax.transAxes
        )


def _lines_on(ax, score, given, alone, renewed):
    for (name, each), (colour, line) in zip(score.items(), LINES, strict=True):
        ax.plot([0, 100], 100 * each[[0, given]], line, color=colour, markersize=4, label=name, clip_on=False)
    joint = score["joint"][given]
    ax.plot([100, 104], [100 * joint, 100 * renewed], ":", color=VERMILLION, zorder=1)
    ax.plot(104, 100 * renewed, "D", color=VERMILLION, markerfacecolor="white", label="joint, new head")
    ax.plot(109, 100 * alone, "k*", markersize=10, label="trained alone")
    ax.set(ylim=RANGE, xlim=(0, 113), xticks=range(0, 101, 20))
