"""The glossary: the terms that lessons introduce in bold, each with its sentence and lesson; and the sources."""

import re
from collections import defaultdict

from docs.pages.cells import cells_of
from mmdl import curriculum
from mmdl.shapes import __doc__ as LETTERS

PLAIN = {"Question", "Needs"}


def write(source, root):
    """Write glossary.md and references.md."""
    terms = terms_of(curriculum.lessons())
    entries = "\n\n".join(
        f"{term}\n: {sentence} ([lesson {lesson.number:02}](lessons/{lesson.name}.md))"
        for term, (sentence, lesson) in sorted(terms.items(), key=lambda item: item[0].lower())
    )
    table = re.search(r"(?:^    \S.*  .*\n)+", LETTERS.split("over all arguments of a call:")[1], re.MULTILINE)[0]
    letters = f"## Letters\n\n```text\n{table}```\n"
    text = f"# Glossary\n\nThe terms of the lessons, with the sentence that introduces each.\n\n{entries}\n\n{letters}"
    (source / "glossary.md").write_text(text, encoding="utf-8")
    cited = "\n".join(f"- {work}\n  ({', '.join(sorted(where))})" for work, where in sorted(sources(root).items()))
    text = f"# References\n\nThe sources that the code names, with the files that name them.\n\n{cited}\n"
    (source / "references.md").write_text(text, encoding="utf-8")


def terms_of(lessons):
    """{term: (the sentence in which it first stands, the lesson)}"""
    found = {}
    for lesson in lessons:
        for cell in cells_of(lesson.path):
            prose = " ".join(cell.text.split()) if cell.is_prose else ""
            prose = re.sub(r"\$\$.*?\$\$", "", prose)
            for sentence in re.split(r"(?<=[.:;?!])\s+(?=[A-Z*$-])", prose):
                for term in re.findall(r"\*\*([A-Za-z][\w -]{2,40}?)\*\*", sentence):
                    if (
                        term not in PLAIN
                        and len(term.split()) < 4
                        and term.lower() not in {each.lower() for each in found}
                    ):
                        found[term] = (re.sub(r"^(?:[-#] *)+", "", sentence).strip(), lesson)
    return found


def sources(root):
    """{cited work: the files whose docstrings name it as their source}"""
    found = defaultdict(set)
    for path in sorted((root / "mmdl").rglob("*.py")):
        for work in works_in(path.read_text(encoding="utf-8")):
            found[work].add(f"`{path.relative_to(root).as_posix()}`")
    return found


def works_in(text):
    """The works that a text names as its sources, with what Markdown would read as signs escaped."""
    found = []
    for words in re.findall(r"Source: (.+?)(?:\n\s*\n|\"\"\"|\Z)", text, re.DOTALL):
        for work in " ".join(words.split()).rstrip(".").split("; "):
            if re.search(r"\b(?:19|20)\d\d\b", work):
                found.append(re.sub(r"([*_`|<])", r"\\\1", work))
    return found
