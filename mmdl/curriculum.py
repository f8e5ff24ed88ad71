"""The lessons: where they are, and what each asks, as its first lines say it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from mmdl.errors import DataError


@dataclass(frozen=True)
class Lesson:
    """What a lesson's first lines say of it."""

    name: str  # "10_attention"
    path: Path
    title: str
    question: str
    needs: str  # earlier lessons, or what one has to know
    seconds: int  # about, on two cores

    @property
    def number(self):
        """Its place in the order of lessons."""
        return int(self.name[:2])


class Cell(NamedTuple):
    """One cell of a lesson."""

    is_prose: bool
    text: str
    line: int = 0  # of the file, where the text begins


def cells_of(path):
    """The cells of a file in the percent format; prose without its comment signs."""
    head, *parts = re.split(r"^# %%(.*)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found, line = [], head.count("\n") + 1
    for mark, text in zip(parts[::2], parts[1::2], strict=True):
        is_prose = "[markdown]" in mark
        begin = line + 1 + len(text) - len(text.lstrip("\n"))
        line += 1 + text.count("\n")
        if is_prose:
            text = re.sub(r"^# ?", "", text, flags=re.MULTILINE)
        if text.strip():
            found.append(Cell(is_prose, text.strip("\n"), begin))
    return found


def folder():
    """The folder of lessons: in the installed package, or beside it in the repository."""
    here = Path(__file__).resolve().parent
    for place in (here / "lessons", here.parent / "lessons"):
        if place.is_dir():
            return place
    raise DataError(f"the lessons are missing: there is no folder {here.parent / 'lessons'}")


def lessons():
    """All lessons in their order."""
    return [_read(path) for path in sorted(folder().glob("[0-9][0-9]_*.py"))]


def lesson(number):
    """The lesson of that number."""
    known = {each.number: each for each in lessons()}
    if number not in known:
        raise DataError(
            f"there is no lesson {number}; there are {min(known)} to {max(known)}: `mmdl lesson` lists them"
        )
    return known[number]


def contents():
    """The table of contents, lesson by lesson, as it stands at the end of lessons/README.md."""
    return "".join(
        f"""
## [{each.number:02} {each.title}]({each.path.name})

**{each.question}**

Needs: {each.needs}; about {each.seconds} s. Exercises: [`exercises/{each.path.name}`](exercises/{each.path.name})

![{each.title}](../figures/{each.name}.png)
"""
        for each in lessons()
    )


def renew():
    """Write the table of contents anew: what stands before the first lesson in lessons/README.md stays."""
    path = folder() / "README.md"
    path.write_text(with_contents(path.read_text(encoding="utf-8")), encoding="utf-8")


def with_contents(readme):
    """The text of lessons/README.md with the table of contents as it should be."""
    return re.split(r"^\n## \[\d\d ", readme, maxsplit=1, flags=re.MULTILINE)[0] + contents()


def _read(path):
    text = re.sub(r"\n# ?", " ", path.read_text(encoding="utf-8"))  # prose as one line
    title = re.search(r"# \d\d (.+?)  ", text)
    question = re.search(r"\*\*Question\.\*\* (.+?)  ", text)
    needs = re.search(r"Needs: (.+?); about (\d+) s", text)
    if not (title and question and needs):
        raise DataError(f"{path}: a lesson opens with its number and title, its question, and what it needs")
    return Lesson(path.stem, path, title[1], question[1], needs[1], int(needs[2]))
