"""How all figures look: colours that everyone can tell apart, letters that can be read in a README."""

import logging
from contextlib import suppress
from functools import cache, wraps

from cycler import cycler
from matplotlib import font_manager, style

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
FONT = "DejaVu Sans"  # comes with matplotlib
OTHER_SCRIPTS = (  # fonts for what it lacks, of which those that are installed are used
    ("Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "PingFang SC",
     "Hiragino Sans GB", "Microsoft YaHei", "SimHei", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Droid Sans Fallback",
     "Arial Unicode MS", "Heiti TC", "AR PL UMing CN"),
    ("Noto Sans CJK JP", "Hiragino Sans", "Yu Gothic", "MS Gothic", "IPAexGothic", "IPAGothic", "TakaoGothic"),
    ("Noto Sans CJK KR", "Noto Sans KR", "Apple SD Gothic Neo", "AppleGothic", "Malgun Gothic", "NanumGothic"),
    ("Noto Sans Thai", "Thonburi", "Leelawadee UI", "Tahoma", "Loma"),
    ("Noto Sans Devanagari", "Devanagari Sangam MN", "Nirmala UI", "Lohit Devanagari"),
    ("Noto Emoji", "Segoe UI Emoji", "Symbola"),
)  # fmt: skip


@cache
def families():
    """The font of all figures, and behind it one for each other script, as far as they are installed."""
    installed = _installed()
    found = [next((name for name in names if name in installed), None) for names in OTHER_SCRIPTS]
    # That a script's only font has another weight is no news to who has asked for none
    logging.getLogger(font_manager.__name__).addFilter(lambda record: "font weight" not in record.getMessage())
    return [FONT, *dict.fromkeys(filter(None, found))]


def _installed():
    """The names of all fonts, those included that were installed after matplotlib had made its list for good."""
    manager = font_manager.fontManager
    for path in {*font_manager.findSystemFonts()} - {font.fname for font in manager.ttflist}:
        with suppress(Exception):  # a font that cannot be read is none
            manager.addfont(path)
    return {font.name for font in manager.ttflist}


def styled(function):
    """Draw in the style of all figures

    It starts from matplotlib's defaults: a reader's own settings neither change a figure nor are changed.
    """

    @wraps(function)
    def drawn(*arguments, **settings):
        with style.context(["default", STYLE | {"font.family": families()}]):
            return function(*arguments, **settings)

    return drawn


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
