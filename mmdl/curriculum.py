"""The lessons: where they are, and what each asks."""

import re
from dataclasses import dataclass
from pathlib import Path

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


def _read(path):
    text = re.sub(r"\n# ?", " ", path.read_text(encoding="utf-8"))  # prose as one line
    title = re.search(r"# \d\d (.+?)  ", text)
    question = re.search(r"\*\*Question\.\*\* (.+?)  ", text)
    needs = re.search(r"Needs: (.+?); about (\d+) s", text)
    if not (title and question and needs):
        raise DataError(f"{path}: a lesson opens with its number and title, its question, and what it needs")
    return Lesson(path.stem, path, title[1], question[1], needs[1], int(needs[2]))
