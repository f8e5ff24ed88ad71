"""A page for every lesson: its prose, code and figure, its diagrams, and its exercises, folded."""

import ast
import importlib
import inspect
import re
import shutil
from concurrent.futures import ThreadPoolExecutor

from docs.pages.cells import cells_of, printed_by
from docs.pages.glossary import AMBIGUOUS, terms_of, with_terms, works_in
from mmdl import curriculum

DIAGRAMS = {  # which mechanisms are drawn in which lesson
    2: ["kernel"],
    3: ["kernel_backward"],
    7: ["recurrence"],
    8: ["lstm"],
    10: ["attention"],
    11: ["block"],
    13: ["fusions"],
    15: ["classifier"],
}


def write(source, root, execute):
    """Write lessons/*.md and lessons/index.md; with `execute` each lesson is run and its output shown."""
    folder = source / "lessons"
    folder.mkdir(parents=True)
    lessons = curriculum.lessons()
    with ThreadPoolExecutor(2) as workers:
        printed = list(workers.map(printed_by, (each.path for each in lessons))) if execute else [None] * len(lessons)
    for lesson, output in zip(lessons, printed, strict=True):
        (folder / f"{lesson.name}.md").write_text(page(lesson, root, output), encoding="utf-8")
    (folder / "index.md").write_text(contents(lessons), encoding="utf-8")
    comparison = (root / "lessons" / "comparison.md").read_text(encoding="utf-8")
    (folder / "comparison.md").write_text(within_site(comparison), encoding="utf-8")
    listings = "\n\n".join(shown(cell, None) for cell in cells_of(root / "lessons" / "article_listings.py"))
    (folder / "article_listings.md").write_text(within_site(listings), encoding="utf-8")
    shutil.copytree(root / "figures", source / "figures")


def page(lesson, root, output):
    """The text of one lesson's page."""
    outputs = iter(output or ())
    introduced = {term: home.number for term, (_, home) in terms_of(curriculum.lessons()).items()}
    terms = [term for term, number in introduced.items() if number < lesson.number and term not in AMBIGUOUS]
    title, *body = (shown(cell, outputs, terms) for cell in cells_of(lesson.path))
    parts = [
        title,
        in_the_browser(lesson),
        *(f"```{{image}} /diagrams/{name}.svg\n:alt: {name}\n```" for name in DIAGRAMS.get(lesson.number, ())),
    ]
    parts += body
    parts += [
        f"## Figure\n\n```{{image}} /figures/{lesson.name}.png\n:alt: {lesson.title}\n```",
        exercises(root / "lessons" / "exercises" / lesson.path.name, lesson),
        references(lesson),
    ]
    return within_site("\n\n".join(parts)) + "\n"


def in_the_browser(lesson):
    """Links to the lesson and its exercises as notebooks that run in the reader's browser."""
    links = {"Run this lesson": lesson.name, "Do the exercises": f"exercises/{lesson.name}"}
    address = "../run/notebooks/index.html?path="
    buttons = "\n".join(f'<a href="{address}{path}.ipynb">{words}</a>' for words, path in links.items())
    note = "in your browser, a few times as slowly: Python is loaded from a CDN, nothing is installed"
    return f'```{{raw}} html\n<p class="run">\n{buttons}\n<span>{note}</span>\n</p>\n```'


def shown(cell, outputs, terms=()):
    """A cell as Markdown: prose with links to terms, code with what it printed below it."""
    if cell.is_prose:
        return with_terms(cell.text, terms)
    text = f"```python\n{cell.text}\n```"
    said = next(outputs, "") if outputs else ""
    return text + (f"\n\n```{{code-block}} text\n:class: output\n\n{said.rstrip()}\n```" if said.strip() else "")


def exercises(path, lesson):
    """Each exercise in a fold, with the command that checks it."""
    source = path.read_text(encoding="utf-8")
    folds = [
        f":::{{dropdown}} {node.name}\n```python\n{ast.get_source_segment(source, node)}\n```\n\n"
        f"Check it with `mmdl check {path.name}:{node.name}`, and ask for a hint with `--hint`.\n:::"
        for node in ast.parse(source).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    ]
    start = f"`mmdl check --new {lesson.number}` writes a file with these functions to complete."
    return "\n\n".join([f"## Exercises of lesson {lesson.number:02}", start, *folds])


def references(lesson):
    """The works that the formulas name as their sources, of whatever a lesson uses of `ops`, `layers` and `fusion`."""
    every = {re.sub(r"^[a-z]+: ", "", work) for value in used_by(lesson) for work in works_in(source_of(value))}
    works = sorted(work for work in every if work.count(",") > 1)  # not those that are named in short
    listed = "\n".join(f"- {work}" for work in works)
    return f"## Sources of the formulas\n\n{listed}\n\nAll works: [references](../references.md)." if works else ""


def used_by(lesson):
    """The functions, classes and modules of `ops`, `layers` and `fusion` that a lesson names."""
    tree = ast.parse(lesson.path.read_text(encoding="utf-8"))
    imported = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    rooms = {name for name, (module, each) in imported.items() if (module, each) == ("mmdl", "ops")}
    attributes = [
        node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    ]
    found = [("mmdl.ops", node.attr) for node in attributes if node.value.id in rooms]
    found += [pair for pair in imported.values() if pair[0].startswith(("mmdl.ops", "mmdl.layers", "mmdl.fusion"))]
    values = [getattr(importlib.import_module(module), name) for module, name in dict.fromkeys(found)]
    return [value for value in values if inspect.ismodule(value) or hasattr(value, "__name__")]  # but no tables


def source_of(value):
    """The text that may name a source: of an op that of its formula."""
    if inspect.ismodule(value):
        return inspect.getsource(importlib.import_module(value.__name__.replace("mmdl.ops", "mmdl.formulas")))
    value = inspect.unwrap(value)
    home = importlib.import_module(value.__module__.replace("mmdl.ops", "mmdl.formulas"))
    return inspect.getdoc(getattr(home, value.__name__, value)) or ""


def contents(lessons):
    """The page that lists all lessons, in their order."""
    rows = "\n".join(
        f"| [{each.number:02} {each.title}]({each.name}.md) | {each.question} | {each.needs} | {each.seconds} s |"
        for each in lessons
    )
    names = "\n".join(each.name for each in lessons)
    return f"""# Lessons

Each lesson asks one question, derives one backward pass line by line, checks it, and ends in an experiment. Run one
with `mmdl lesson 2`, or read it as a notebook: `mmdl lesson 2 --notebook`.

| lesson | question | needs | time |
|---|---|---|---|
{rows}

```{{toctree}}
:hidden:

{names}
comparison
article_listings
```
"""


def within_site(text):
    """Links to files of the repository become links to their pages; what has no page becomes its text."""
    text = re.sub(r"\]\(\.\./figures/", "](/figures/", text)

    def link(found):
        words, target = found[1], found[2]
        if re.match(r"https?:|#|/figures/", target) or target in ("comparison.md", "../references.md"):
            return found[0]
        lesson = re.fullmatch(r"(?:lessons/)?(\d\d_\w+|article_listings)\.py", target)
        return f"[{words}]({lesson[1]}.md)" if lesson else words

    return re.sub(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)", link, text)
