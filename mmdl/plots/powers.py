"""Powers on logarithmic axes in letters, 10³, as a dollar is a dollar and no formula is read in any text."""

import re

from matplotlib.ticker import Formatter, LogFormatter

RAISED = str.maketrans("0123456789-−+.", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻⁺·")


class Powers(Formatter):
    """What a formatter of matplotlib says in TeX, in letters"""

    def __init__(self, formatter):
        self.formatter = formatter

    def set_axis(self, axis):
        self.formatter.set_axis(axis)

    def set_locs(self, locs):
        self.formatter.set_locs(locs)

    def __call__(self, x, pos=None):
        return in_letters(self.formatter(x, pos))


def in_letters(tex):
    r"""$\mathdefault{2\times10^{-3}}$ -> 2×10⁻³"""
    inner = re.sub(r"^\$\\mathdefault\{(.*)\}\$$", r"\1", tex).replace(r"\times", "×")
    return re.sub(r"\^\{(.*?)\}", lambda power: power[1].translate(RAISED), inner)


def write_powers(figure):
    """Let the logarithmic axes of a figure have their labels in letters."""
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            if isinstance(axis.get_major_formatter(), LogFormatter):
                axis.set_major_formatter(Powers(axis.get_major_formatter()))
            if isinstance(axis.get_minor_formatter(), LogFormatter):
                axis.set_minor_formatter(Powers(axis.get_minor_formatter()))
