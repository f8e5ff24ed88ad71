"""The index of symbols: every letter of the lessons' formulas, what it stands for, and where."""

import re
from collections import defaultdict
from typing import NamedTuple

from mmdl import curriculum
from mmdl.shapes import __doc__ as LETTERS

WORDS = r"\\(?:text|mathrm|operatorname|mathsf|begin|end)\{[^}]*\}"  # no letters of a formula, but words in it
SYMBOL = r"\\[A-Za-z]+|d(?:[A-Za-z](?![A-Za-z])|\\[a-z]+)|[A-Za-z]"
COMMANDS = {
    *(
        "frac",
        "tfrac",
        "sum",
        "prod",
        "log",
        "exp",
        "tanh",
        "sin",
        "cos",
        "max",
        "sqrt",
        "cdot",
        "circ",
        "qquad",
        "quad",
    ),
    *(
        "langle",
        "rangle",
        "lfloor",
        "rfloor",
        "mid",
        "big",
        "left",
        "right",
        "leftarrow",
        "to",
        "approx",
        "infty",
        "pm",
    ),
    *(
        "lVert",
        "rVert",
        "Big",
        "operatorname",
        "partial",
        "dots",
        "hat",
        "underbrace",
        "propto",
        "in",
        "textstyle",
        "mathrel",
        "ne",
        "text",
        "mathrm",
        "mathsf",
    ),
}


class Use(NamedTuple):
    """What a lesson says of a symbol."""

    lesson: curriculum.Lesson
    words: str


def write(source):
    """Write symbols.md."""
    used, meanings = used_in(curriculum.lessons()), meanings_in(curriculum.lessons())
    entries = "\n\n".join(entry(symbol, used[symbol], meanings.get(symbol, ())) for symbol in sorted(used, key=order))
    table = re.search(r"(?:^    \S.*  .*\n)+", LETTERS.split("over all arguments of a call:")[1], re.MULTILINE)[0]
    start = "# Symbols\n\nEvery letter of the lessons' formulas; $dx$ is the gradient of the loss with respect to $x$."
    shapes = f"## Lengths of axes\n\n```text\n{table}```"
    (source / "symbols.md").write_text(f"{start}\n\n{shapes}\n\n## Letters\n\n{entries}\n", encoding="utf-8")


def entry(symbol, lessons, meanings):
    """A symbol with all its meanings, and the lessons in whose formulas it stands."""
    told = [f": {each.words} ({link(each.lesson)})" for each in meanings]
    return "\n".join([f"${symbol}$", *told, f": in {', '.join(map(link, lessons))}"])


def link(lesson):
    """The number of a lesson, leading to its page."""
    return f"[{lesson.number:02}](lessons/{lesson.name}.md)"


def symbols_of(tex, indices=True):
    """The letters of a formula, in their order: "x", "W", "dx", r"\\sigma"; and those of indices."""
    plain = re.sub(WORDS, " ", tex)
    for index in re.findall(r"_(?:\{[^}]*\}|\w)", plain):
        plain = plain.replace(index, " " + " ".join(re.findall(r"\\[a-z]+|[A-Za-z]", index)) + " " if indices else " ")
    found = re.findall(SYMBOL, plain)
    return list(dict.fromkeys(each for each in found if each.removeprefix("\\") not in COMMANDS))


def formulas_of(prose):
    """The formulas of a cell."""
    return [found.strip("$") for found in re.findall(r"\$\$.+?\$\$|\$[^$]+\$", prose, re.DOTALL)]


def used_in(lessons):
    """{symbol: the lessons whose formulas have it}"""
    found = defaultdict(dict)
    for lesson in lessons:
        for cell in curriculum.cells_of(lesson.path):
            for tex in formulas_of(cell.text) if cell.is_prose else ():
                for symbol in symbols_of(tex):
                    found[symbol][lesson] = None
    return {symbol: list(lessons) for symbol, lessons in found.items()}


def meanings_in(lessons):
    """{symbol: what lessons say it is, in the lists below their formulas; else the sentence where it first stands}"""
    found, first = defaultdict(list), {}
    for lesson in lessons:
        for cell in curriculum.cells_of(lesson.path):
            prose = re.sub(r"\*\*", "", cell.text) if cell.is_prose else ""
            for names, words in re.findall(
                r"^- ((?:\$[^$]+\$(?:,| and)? )+)(?:is|are)\b(.*?)(?=\n- |\n\n|\Z)", prose, re.MULTILINE | re.DOTALL
            ):
                for symbol in symbols_of(names, indices=False)[: names.count("$") // 2]:
                    found[symbol].append(Use(lesson, re.split(r"(?<=[;.]) ", " ".join(words.split()))[0].rstrip(";.")))
            flat = " ".join(re.sub(r"\$\$.+?\$\$|^[#|][^\n]*", " ", prose, flags=re.DOTALL | re.MULTILINE).split())
            for sentence in re.split(r"(?<=[.:;?!])\s+(?=[A-Z*$-])", flat):
                for tex in formulas_of(sentence):
                    for symbol in symbols_of(tex) if sentence.count("$") % 2 == 0 else ():
                        first.setdefault(symbol, Use(lesson, sentence.removeprefix("- ")))
    return {symbol: found.get(symbol) or [each] for symbol, each in first.items()}


def order(symbol):
    """Latin letters first, small and large beside each other, then gradients, then Greek."""
    return symbol.startswith("\\"), len(symbol) > 1, symbol.lower(), symbol
