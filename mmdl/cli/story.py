"""The prose of a lesson as a terminal shows it: wrapped, formulas in Unicode, headings and terms in bold."""

import re
import textwrap
from itertools import zip_longest

from mmdl.cli.formula import as_text
from mmdl.terminal import can_show

BOLD, DIM, OFF = "\033[1m", "\033[2m", "\033[0m"
WIDEST = 92  # columns; longer lines are hard to read
GLUE = "\N{NO-BREAK SPACE}"  # a formula in a sentence is not broken


def paragraphs(prose, width, colour):
    """The paragraphs of a cell of Markdown, each as lines.

    Parameters
    ----------
    prose : str
    width : int
        Columns of the terminal.
    colour : bool
        Whether bold is shown as bold.
    """
    blocks = re.split(r"\n{2,}", re.sub(r"\$\$.+?\$\$", _apart, prose, flags=re.DOTALL).strip())
    return [_lines(block, min(width, WIDEST), colour) for block in blocks]


def _apart(found):
    """A formula with lines of its own is a paragraph of its own, unless an item of a list holds it."""
    return "\n\n" + " ".join(found[0].split()) + "\n\n"


def _lines(block, width, colour):
    if block.startswith("$$"):
        return textwrap.wrap(_formula(block.strip("$ ")), width, initial_indent="    ", subsequent_indent="        ")
    if heading := re.fullmatch(r"#+ (.+)", block):
        return [_marked(f"**{_plain(heading[1])}**", colour)]
    if block.startswith("|"):
        return _table(block)
    lines = []
    for item in re.split(r"\n(?=- |\d\. )", block):
        hanging = " " * len(re.match(r"(?:- |\d\. )?", item)[0])
        whole = _plain(" ".join(item.split()))
        wrapped = textwrap.wrap(whole, width, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)
        lines += _marked("\n".join(wrapped), colour).replace(GLUE, " ").split("\n")
    return lines


def _table(block):
    """A table of Markdown, with columns of one width."""
    plain = _marked(_plain(block), colour=False).replace(GLUE, " ")
    rows = [re.split(r"\s*\|\s*", line.strip("| ")) for line in plain.split("\n") if set(line) - set("|-: ")]
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
    return ["  ".join(f"{cell:{size}}" for cell, size in zip(row, widths, strict=False)).rstrip() for row in rows]


def _plain(text):
    """Formulas as Unicode, links as their words (and address), code without its marks."""
    text = re.sub(r"\$([^$]+)\$", lambda found: _formula(found[1]).replace(" ", GLUE).replace("*", "∗"), text)
    text = re.sub(r"`([^`]*)`", lambda found: found[1].replace("*", "∗"), text)
    return re.sub(r"\[([^\]]+)\]\((\S+?)\)", lambda found: _link(*found.groups()), text)


def _link(words, target):
    return f"{words} ({target})" if target.startswith("http") else words


def _formula(tex):
    """A formula as this terminal can show it: in Unicode, or as TeX."""
    text = as_text(tex)
    return text if can_show(text) else tex


def _marked(text, colour):
    """**Bold** in bold, *emphasis* without its marks."""
    text = re.sub(r"\*\*(.+?)\*\*", rf"{BOLD}\1{OFF}" if colour else r"\1", text, flags=re.DOTALL)
    text = re.sub(r"(?<![\w*])\*(?! )([^*]+?)\*(?!\w)", r"\1", text)
    return text.replace("∗", "*")
