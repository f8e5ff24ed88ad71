"""The index of symbols: every letter of the lessons' formulas, what it stands for, and where."""

import re
from collections import defaultdict
from typing import NamedTuple

from mmdl import curriculum
from mmdl.shapes import __doc__ as LETTERS

WORDS = r"\\(?:text|mathrm|operatorname|mathsf|begin|end)\{[^}]*\}"  # no letters of a formula, but words in it
SYMBOL = r"\\[A-Za-z]+|d(?:[A-Za-z](?![A-Za-z])|\\[a-z]+)|[A-Za-z]"
COMMANDS = (  # signs, spaces and functions
    "frac|tfrac|sqrt|sum|prod|log|exp|tanh|sin|cos|max|cdot|circ|partial|dots|infty|approx|pm|ne|in|to|leftarrow|propto|mid"
    "|langle|rangle|lfloor|rfloor|lVert|rVert|left|right|big|Big|quad|qquad|text|textstyle|mathrm|mathsf|mathrel"
    "|operatorname|hat|underbrace"
)
TABLE = re.search(r"(?:^    \S.*  .*\n)+", LETTERS.split("over all arguments of a call:")[1], re.MULTILINE)[0]
INDICES = set("nmtijdkpqr")  # each counts along the axis of its capital


class Use(NamedTuple):
    """What a lesson says of a symbol."""

    lesson: curriculum.Lesson | None  # none for what is so in all lessons
    words: str


def write(source):
    """Write symbols.md."""
    used, meanings = used_in(curriculum.lessons()), meanings_in(curriculum.lessons())
    entries = "\n\n".join(entry(symbol, used[symbol], meanings.get(symbol, ())) for symbol in sorted(used, key=order))
    start = "# Symbols\n\nEvery letter of the lessons' formulas; $dx$ is the gradient of the loss with respect to $x$."
    shapes = f"## Lengths of axes\n\n```text\n{TABLE}```"
    (source / "symbols.md").write_text(f"{start}\n\n{shapes}\n\n## Letters\n\n{entries}\n", encoding="utf-8")


def entry(symbol, lessons, meanings):
    """A symbol with all its meanings, and the lessons in whose formulas it stands."""
    told = [f": {each.words}" + (f" ({link(each.lesson)})" if each.lesson else "") for each in meanings]
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
    return list(dict.fromkeys(each for each in found if not re.fullmatch(rf"\\(?:{COMMANDS})", each)))


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
    """{symbol: what the lists below formulas say it is; else its axis, or the sentence that first names it}"""
    listed, named = defaultdict(list), {}
    for lesson in lessons:
        for cell in curriculum.cells_of(lesson.path):
            prose = cell.text.replace("**", "") if cell.is_prose else ""
            items = r"^- ((?:\$[^$]+\$(?:,| and)? )+)(?:is|are)\b(.*?)(?=\n- |\n\n|\Z)"
            for names, words in re.findall(items, prose, re.MULTILINE | re.DOTALL):
                for symbol in filter(None, map(only_symbol, formulas_of(names))):
                    listed[symbol].append(Use(lesson, re.split(r"(?<=[;.]) ", " ".join(words.split()))[0].rstrip(";.")))
            flat = " ".join(re.sub(r"\$\$.+?\$\$|^[#|][^\n]*", " ", prose, flags=re.DOTALL | re.MULTILINE).split())
            for sentence in re.split(r"(?<=[.:;?!])\s+(?=[A-Z*$-])", flat):
                for tex in formulas_of(sentence) if sentence.count("$") % 2 == 0 else ():
                    named.setdefault(only_symbol(tex), Use(lesson, sentence.removeprefix("- ")))
    sentences = {symbol: [use] for symbol, use in named.items()}
    return {symbol: listed[symbol] or general(symbol) or sentences.get(symbol, []) for symbol in used_in(lessons)}


def only_symbol(tex):
    """The symbol, if a formula is nothing else but one, perhaps with an index."""
    found = re.fullmatch(rf"({SYMBOL})(?:_\w|_\{{\w+\}})?", tex)
    return found and found[1]


def general(symbol):
    """What a symbol is in all lessons: the length of an axis, an index that counts along it, a gradient."""
    pairs = re.findall(r"(?<!\w)([A-Z])(?: ([A-Z]))? +((?:[a-z]\S*)(?: [a-z]\S*)*)", TABLE)
    axes = {letter: words for *letters, words in pairs for letter in letters if letter}
    if symbol in axes:
        return [Use(None, axes[symbol])]
    if symbol in INDICES:
        return [Use(None, f"counts {axes[symbol.upper()]}")]
    return [Use(None, f"the gradient of the loss with respect to ${symbol[1:]}$")] if symbol[0] == "d" != symbol else []


def order(symbol):
    """Latin letters first, small and large beside each other, then gradients, then Greek."""
    return symbol.startswith("\\"), len(symbol) > 1, symbol.lower(), symbol
