"""The figure of lesson 17: what kernels, maps and principal components show, with a control beside each."""

import numpy as np

from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import mark_guess
from mmdl.plots.style import BLUE, GREEN, MAGNITUDES, PURPLE, SIGNED, VERMILLION, picture_on, styled

CONTROLS = ("second\nnetwork", BLUE, "o"), ("edge\nfilter", "0.45", "s"), ("untrained\nnetwork", VERMILLION, "^")


@styled
def draw(glyph, family, kernels, fits, steep, covers, found, p, lengths, places, share, truth, classes, guessed=None):
    """Kernels and maps of one glyph above, what many glyphs say below

    Parameters
    ----------
    glyph, family : array (28, 28), int
    kernels, fits : arrays (3, 3, 16), (26, 26, 16)
        Of the first layer, and its maps of the glyph; every second is drawn.
    steep : three arrays (28, 28)
        Sizes of the saliency: trained, untrained; and an edge filter.
    covers : three arrays (7, 7)
        Occlusion: trained, trained again, untrained.
    found : dict of str -> three floats
        For each kind of map, its correlations with the second network, an edge filter, the untrained network.
    p, lengths : array (M,), two arrays (M,)
        Probabilities of the true family, and how long the gradients of the score and of p are.
    places, share, truth : arrays (N, 2), (components,), (N,)
        Points on two principal components, the components' shares of the variance, the points' families.
    classes : sequence of str
    guessed : float, optional
        The reader's guess of a correlation.
    """
    figure = figure_of(None, 7.6)
    top, middle, bottom = figure.subfigures(3, 1, height_ratios=(1.8, 1.65, 3.1))
    top.suptitle(
        "Eight kernels of the first layer, and where each fits (red), or its opposite does (blue)", fontsize=11
    )
    above, below = top.subplots(2, 8, height_ratios=(0.4, 1))
    _row_on(above, kernels[..., ::2].transpose(2, 0, 1), [""] * 8, signed=True)
    _row_on(below, fits[..., ::2].transpose(2, 0, 1), [""] * 8, signed=True)
    above[0].set_ylabel("kernel\n3 × 3", fontsize=8)
    below[0].set_ylabel("its map\n26 × 26", fontsize=8)

    middle.suptitle(
        "|saliency| looks much the same without training, occlusion (red: the score needs this) does not", fontsize=11
    )
    first, *axes = middle.subplots(1, 7)
    picture_on(first, glyph)
    first.set_xlabel(f"the glyph\n({classes[family]})", fontsize=8)
    _row_on(axes[:3], steep, ("trained:\n|saliency|", "untrained:\n|saliency|", "no network:\nedge filter"))
    whose = "trained", "trained again", "untrained"
    _row_on(axes[3:], covers, [f"{who}:\nocclusion" for who in whose], signed=True)

    agreement, fading, plane = bottom.subplots(1, 3, width_ratios=(1.15, 1, 1.1))
    _agreement_on(agreement, found)
    mark_guess(agreement, guessed, axis="x")
    _fading_on(fading, p, *lengths)
    _plane_on(plane, places, share, truth, classes)
    return figure


def _row_on(axes, images, names, signed=False):
    for ax, image, name in zip(axes, images, names, strict=True):
        limit = np.abs(image).max()
        picture_on(ax, image, cmap=SIGNED if signed else MAGNITUDES, vmin=-limit if signed else 0, vmax=limit)
        ax.set_xlabel(name, fontsize=8)


def _agreement_on(ax, found):
    for row, values in enumerate(found.values()):
        for value, (control, colour, form) in zip(values, CONTROLS, strict=True):
            ax.plot(value, row, form, color=colour, markersize=8)
            if row == len(found) - 1:
                ax.text(value, row + 0.18, control, color=colour, fontsize=8, ha="center", va="top")
    ax.axvline(0, color="0.8", linewidth=1, zorder=0)
    ax.set(title="Without its sign, saliency agrees\nwith a network that knows nothing", xlim=(-0.4, 1.05))
    ax.set(ylim=(2.8, -0.6), xlabel="correlation with the first\nnetwork's map (median of 120 glyphs)")
    ax.set_yticks(range(len(found)), [name.replace(" ×", "\n×") for name in found])


def _fading_on(ax, p, of_score, of_p):
    ax.plot(p, of_score, "o", color=BLUE, markersize=3)
    ax.plot(p, of_p, "s", color=VERMILLION, markersize=3)
    ax.set(title="A sure probability\nhas no gradient", xlabel="probability p of the\ntrue family", yscale="log")
    ax.set(ylabel="length of the gradient", ylim=(5e-4, 15))
    ax.text(0.05, 0.93, "of the score", color=BLUE, transform=ax.transAxes)
    ax.text(0.05, 0.5, "of the probability", color=VERMILLION, transform=ax.transAxes)


def _plane_on(ax, places, share, truth, classes):
    largest = np.argsort(-np.bincount(truth), kind="stable")[:4]
    for family, colour, form in zip(largest, (BLUE, VERMILLION, GREEN, PURPLE), "os^D", strict=True):
        rows = places[truth == family]
        ax.plot(*rows.T, form, color=colour, markersize=3, alpha=0.7, label=classes[family])
    ax.legend(loc="upper right", fontsize=7, handletextpad=0.1, borderpad=0, markerscale=1.6)
    ax.margins(y=0.22)
    ax.set(title="Two of 800 directions:\nwhat is mixed may be apart", xticks=[], yticks=[])
    ax.set(xlabel=f"1st component\n({share[0]:.0%} of the variance)", ylabel=f"2nd component ({share[1]:.0%})")
