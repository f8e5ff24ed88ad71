"""The figure of lesson 10: a photograph filled in by attention, and what large scores do to softmax."""

from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import mark_guess
from mmdl.plots.style import BLUE, VERMILLION, picture_on, styled

MISSING = "#cfe3f1"


@styled
def draw(seen, filled, truth, widths, raw, divided, guessed=None):
    """The photograph above, the experiment below

    Parameters
    ----------
    seen, truth : arrays (R, C)
        The photograph, NaN where a pixel is not known; and all of it.
    filled : dict
        By the size of the scores: an image (R, C), and how far it is off.
    widths : array (W,)
    raw, divided : arrays (3, W)
        For each width: variance of the scores, largest weight, length of the scores' gradient; without the divisor,
        and with it.
    guessed : float, optional
        The reader's guess of a length.
    """
    figure = figure_of(None, 5.2)
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 1.25))
    top.suptitle("Every pixel asks the known pixels: the size of the scores decides how many answer", fontsize=11)
    images = {f"scores times {size}\noff by {error:.2f}": image for size, (image, error) in filled.items()}
    images = {f"{100 * (seen == seen).mean():.0f} % are known": seen} | images | {"the truth": truth}
    for ax, (name, image) in zip(top.subplots(1, len(images)), images.items(), strict=True):
        picture_on(ax, image, cmap="gray", vmin=0, vmax=1)
        ax.set_facecolor(MISSING)
        ax.set_xlabel(name)

    bottom.suptitle("Wide queries make large scores, and softmax stops learning: divide by √D", fontsize=11)
    titles = "variance of the scores", "largest of 16 weights", "length of the scores' gradient"
    axes = bottom.subplots(1, 3)
    for ax, *curves, title in zip(axes, raw, divided, titles, strict=True):
        for curve, colour in zip(curves, (VERMILLION, BLUE), strict=True):
            ax.plot(widths, curve, "o-", color=colour, markersize=4)
        ax.set(xscale="log", yscale="log", title=title, xlabel="D, width of queries and keys")
        ax.set_xticks(widths, widths)
        ax.minorticks_off()
    axes[0].text(60, 150, "not divided", color=VERMILLION, ha="right")
    axes[0].text(40, 1.4, "divided by √D", color=BLUE)
    axes[1].set(yscale="linear", ylim=(0, 1.02))
    mark_guess(axes[2], guessed)
    return figure
