"""The glossary: the terms that lessons introduce in bold, each with its sentence and lesson; and the sources."""

import re
from collections import defaultdict

from docs.pages.cells import cells_of
from mmdl import curriculum

PLAIN = {  # in bold because a sentence needs the stress, or a contestant a name
    *(
        "question",
        "needs",
        "of the loss",
        "imaginary part",
        "edges",
        "tie",
        "unseen",
        "winner",
        "one stage",
        "two stages",
    ),
    *("start", "step", "length", "fades", "speed", "width", "reach", "sum", "shuffled", "size is forgotten", "padded"),
    *("it changes nothing", "backward", "forward", "independent", "product", "cut", "get all", "trained", "too sure"),
    *(
        "the mean",
        "learned",
        "untrained",
        "second",
        "edge filter",
        "valley",
        "click",
        "tone",
        "logarithm",
        "equal width",
    ),
    *(
        "the logarithm",
        "pools",
        "end",
        "by hand",
        "moved by one",
        "a trap",
        "unseen pair",
        "one digit longer",
        "one seed",
    ),
    *(
        "compositions",
        "not",
        "teachers",
        "even",
        "told when",
        "nothing at all",
        "recorded",
        "not associative",
        "additive",
    ),
    *(
        "eigenvalues",
        "encoders",
        "gated",
        "jointly",
        "glyphs",
        "states",
        "value",
        "target",
        "bias",
        "unique",
        "power",
        "path",
        "norm",
    ),
}
# In the glossary, but in other lessons the word mostly means another thing
AMBIGUOUS = {
    "weights",
    "head",
    "heads",
    "cell",
    "memory",
    "context",
    "window",
    "features",
    "blank",
    "trace",
    "candidate",
}
# What gets no link: formulas, code, what is a link already, what is in bold, headings, tables
KEPT = r"\$\$.*?\$\$|\$[^$]+\$|`[^`]*`|\[[^\]]*\]\([^)]*\)|\*\*.+?\*\*|\*[^*]+\*|^[#|][^\n]*"


def write(source, root):
    """Write glossary.md and references.md."""
    entries = "\n\n".join(
        f"{term}\n: {sentence} ([lesson {lesson.number:02}](lessons/{lesson.name}.md))".replace("\n:", "\n ")
        for term, (sentence, lesson) in sorted(terms_of(curriculum.lessons()).items(), key=lambda item: item[0].lower())
    )
    start = "# Glossary\n\nThe terms of the lessons, with the sentence that introduces each ([symbols](symbols.md))."
    (source / "glossary.md").write_text(f"{start}\n\n:::{{glossary}}\n{entries}\n:::\n", encoding="utf-8")
    cited = "\n".join(f"- {work}\n  ({', '.join(sorted(where))})" for work, where in sorted(sources(root).items()))
    text = f"# References\n\nThe sources that the code names, with the files that name them.\n\n{cited}\n"
    (source / "references.md").write_text(text, encoding="utf-8")


def with_terms(prose, terms):
    """Prose in which the first use of each term leads to the glossary; `terms` loses those that were met."""

    def link(found):
        written = found["term"]
        term = written and next(
            (term for term in terms if re.fullmatch(f"{re.escape(term)}s?", written, re.IGNORECASE)), None
        )
        if term is None:
            return found[0]
        terms.remove(term)
        return f"{{term}}`{written} <{term}>`"

    prose, works, listed = prose.partition("## Where this comes from")
    if not terms:
        return prose + works + listed
    names = "|".join(re.escape(term) for term in sorted(terms, key=len, reverse=True))
    pattern = rf"{KEPT}|(?<![\w-])(?P<term>(?:{names})s?)(?![\w-])"
    return re.sub(pattern, link, prose, flags=re.IGNORECASE | re.MULTILINE | re.DOTALL) + works + listed


def terms_of(lessons):
    """{term: (the sentence in which it first stands, the lesson)}"""
    found = {}
    for lesson in lessons:
        for cell in cells_of(lesson.path):
            prose = re.sub(r"^[#|].*", "", cell.text, flags=re.MULTILINE) if cell.is_prose else ""
            prose = re.sub(r"\$\$.*?\$\$", "", " ".join(prose.split()))
            for sentence in re.split(r"(?<=[.:;?!])\s+(?=[A-Z*$-])", prose):
                for term in re.findall(r"\*\*([A-Za-z][\w -]{2,40}?)\*\*", sentence):
                    if (
                        term.lower() not in PLAIN
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
