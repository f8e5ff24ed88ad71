"""How all figures look: colours that everyone can tell apart, letters that can be read in a README."""

from cycler import cycler
from matplotlib import style

DPI = 100
WIDTH = 8.0  # inches: 800 pixels
MAGNITUDES = "viridis"
SIGNED = "RdBu_r"  # always with limits ±v, so that white is zero
INK = "gray_r"

# Okabe, Ito, Color universal design, 2008: told apart by every kind of eye
BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
)
LINES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)

STYLE = {
    "axes.axisbelow": True,
    "axes.prop_cycle": cycler(color=LINES),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 10,
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.06,
    "figure.titlesize": 12,
    "font.size": 9,
    "image.interpolation": "nearest",
    "legend.frameon": False,
    "lines.linewidth": 1.8,
}
# Starts from matplotlib's defaults: a reader's own settings neither change a figure nor are changed
styled = style.context(["default", STYLE])


def picture_on(ax, image, cmap=INK, **settings):
    """Draw an image (R, C), or (R, C, 3) in colour, without ticks but with a thin frame."""
    for spine in ax.spines.values():
        spine.set(visible=True, color="0.7", linewidth=0.8)
    ax.set(xticks=[], yticks=[])
    return ax.imshow(image, cmap=cmap, **settings)


def grid_on(ax, axis="both"):
    """Faint lines behind the curves."""
    ax.grid(True, axis=axis, color="0.9")


def readable_on(mappable, value):
    """Black or white, whichever can be read on the colour of this value."""
    red, green, blue, _ = mappable.to_rgba(value)
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"


def percent(share):
    """0.034 -> "3 %" """
    return f"{100 * share:.0f} %"
