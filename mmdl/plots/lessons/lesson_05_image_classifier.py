"""The figure of lesson 05: kernels before and after training, and three networks with shuffled and shifted pictures."""

import numpy as np

from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import mark_guess
from mmdl.plots.style import BLUE, GREEN, INK, SIGNED, VERMILLION, picture_on, styled

SHOWN = 8  # kernels


@styled
def draw(before, after, image, maps, plain, torn, moved, guessed=None):
    """Kernels and feature maps above, the experiments below

    Parameters
    ----------
    before, after : arrays (I, J, 1, K)
        The kernels of one stage. Those that have changed most are shown.
    image, maps : arrays (R, C, 1), (P, Q, K)
    plain, torn : dicts
        By network: the share of right answers on pictures as they are, and on shuffled ones.
    moved : dict
        By network: the same on pictures shifted by 0, 1, 2 ... pixels.
    guessed : float, optional
        The reader's guess of a share in `torn`.
    """
    figure = figure_of(None, 7.4)
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 1.1))
    top.suptitle("Noise becomes stroke detectors: eight kernels of one stage, and what they see", fontsize=11)
    before, after = before[:, :, 0], after[:, :, 0]
    shown = np.argsort(-np.abs(after - before).sum(axis=(0, 1)))[:SHOWN]
    large = np.abs(after[:, :, shown]).max()
    axes = top.subplots(3, 1 + SHOWN, width_ratios=(1.6, *[1] * SHOWN))
    for column, k in zip(axes[:, 1:].T, shown, strict=True):
        picture_on(column[0], before[:, :, k], SIGNED, vmin=-large, vmax=large)
        picture_on(column[1], after[:, :, k], SIGNED, vmin=-large, vmax=large)
        picture_on(column[2], maps[:, :, k], INK, vmin=0, vmax=maps[:, :, shown].max())
    names = "before training\n(red: above 0)", "after training\n(blue: below 0)"
    for ax, words in zip(axes[:2, 0], names, strict=True):
        ax.set_axis_off()
        ax.text(1, 0.5, words, ha="right", va="center", transform=ax.transAxes)
    picture_on(axes[2, 0], image[:, :, 0])
    axes[2, 0].set_xlabel("picture → feature maps", loc="left")

    left, right = bottom.subplots(1, 2)
    shifts = range(len(next(iter(moved.values()))))
    heights = apart([torn[name] for name in moved], 0.01), apart([curve[-1] for curve in moved.values()], 0.04)
    for (name, curve), colour, *beside in zip(moved.items(), (GREEN, BLUE, VERMILLION), *heights, strict=True):
        left.plot([0, 1], [plain[name], torn[name]], "o-", color=colour)
        left.text(1.06, beside[0], name, va="center", color=colour)
        right.plot(shifts, curve, "o-", color=colour)
        right.text(shifts[-1] + 0.2, beside[1], name, va="center", color=colour)
    left.set(title="Shuffled pixels: only two stages mind", ylabel="right answers on unseen pictures")
    left.set(xlim=(-0.2, 1.6), ylim=(0.55, 0.72), xticks=[0, 1], xticklabels=["as they are", "pixels shuffled"])
    right.set(title="Shifted pictures: all mind", ylabel="right answers on unseen pictures")
    right.set(xlim=(-0.2, 6.7), ylim=(0, 0.75), xticks=shifts, xlabel="shift to the right, in pixels")
    mark_guess(left, guessed)
    return figure


def apart(values, gap):
    """The values, each raised until it is at least `gap` above the next smaller one: names there do not overlap."""
    raised, last = np.array(values, float), -np.inf
    for place in np.argsort(values):
        last = raised[place] = max(raised[place], last + gap)
    return raised
