"""Strings of data in figures: drawn letter by letter as they are, or as escapes where that cannot be.

Matplotlib takes what stands between dollars for a formula. All names, words and texts that come from data pass through
`literal` or `wrapped` on their way into a figure. Fonts for other scripts stand behind the usual one, in
`mmdl.plots.style`.
"""

import textwrap
import unicodedata
import warnings
from functools import cache

from matplotlib.font_manager import FontProperties, findfont, get_font

from mmdl.plots.style import families


def literal(text):
    """The string as matplotlib is to be given it, to be drawn letter by letter; what cannot be drawn is an escape."""
    return _without_formulas(drawable(text))


def wrapped(text, width, **how):
    """The same, in lines of so many letters at most.  how: as `textwrap.fill` takes it"""
    return _without_formulas(textwrap.fill(drawable(text), width, **how))


def _without_formulas(text):
    return text.replace("$", r"\$")


def drawable(text):
    """The string with "\\n", "\\x1b" and "\\u4e2d" in the place of what no line and no font can show

    If a font is missing, a warning says so, once.
    """
    text = str(text)
    if text.isascii() and text.isprintable():
        return text
    known = letters()
    if any(each.isprintable() and ord(each) not in known for each in text):
        _note()
    return "".join(each if each.isprintable() and ord(each) in known else escape(each) for each in text)


def escape(letter):
    """A letter as Python's `ascii` writes it; a space for any space within a line."""
    return " " if unicodedata.category(letter) == "Zs" else ascii(letter)[1:-1]


@cache
def letters():
    """The code points that the fonts of all figures have."""
    return frozenset().union(*(get_font(findfont(FontProperties(name))).get_charmap() for name in families()))


@cache
def _note():
    warnings.warn(
        r"no font that is installed here has all letters to be drawn, so that figures show escapes such as \u4e2d; "
        "Noto Sans CJK has Chinese, Japanese and Korean",
        stacklevel=3,
    )
