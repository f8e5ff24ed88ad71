"""Strings of data in figures: drawn letter by letter as they are, or as escapes where that cannot be.

Mark-up between dollars is switched off in the style of all figures (`mmdl.plots.style`), and fonts for other scripts
stand there behind the usual one. What is left to do for a single string, `literal` does: all names, words and texts
that come from data pass through it on their way into a figure.
"""

import unicodedata
import warnings
from functools import cache

from matplotlib.font_manager import FontProperties, findfont, get_font

from mmdl.plots.style import families


def literal(text):
    """The string as it is drawn: "\\n", "\\x1b" and "\\u4e2d" in the place of what no line and no font can show

    If a font is missing, a warning says so, once.
    """
    text = str(text)
    if text.isascii() and text.isprintable():
        return text
    known = letters()
    if lacking := {each for each in text if each.isprintable() and ord(each) not in known}:
        _note(next(iter(sorted(lacking))))
    return "".join(each if each.isprintable() and ord(each) in known else escape(each) for each in text)


def escape(letter):
    """A letter as Python's `ascii` writes it; a space for any space within a line."""
    return " " if unicodedata.category(letter) == "Zs" else ascii(letter)[1:-1]


@cache
def letters():
    """The code points that the fonts of all figures have."""
    return frozenset().union(*(get_font(findfont(FontProperties(name))).get_charmap() for name in families()))


@cache
def _note(letter):
    warnings.warn(
        f"no font that is installed here has {escape(letter)} and its like, so that figures show escapes; "
        "Noto Sans CJK has Chinese, Japanese and Korean",
        stacklevel=3,
    )
