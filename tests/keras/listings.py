"""The article's programs, read from the lesson that runs them."""

from pathlib import Path

LESSON = Path(__file__).parents[2] / "lessons" / "article_listings.py"
CELLS = LESSON.read_text(encoding="utf-8").split("# %%")
IMAGES, WORDS, *_ = PROGRAMS = [cell.removeprefix(" article\n") for cell in CELLS if cell.startswith(" article\n")]


def whole_lesson():
    """All of its code, but for what it asserts."""
    return "\n".join(line for line in "# %%".join(CELLS).splitlines() if not line.startswith("assert "))


def model_of(program, maker, **names):
    """The model of a program by `keras`, or by who stands in for it: what comes before it is trained."""
    names |= vars(maker.layers) | {"Sequential": maker.Sequential}
    exec(program.split("model.fit")[0], names)
    return names["model"]
