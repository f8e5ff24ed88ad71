"""The pages before they are built: terms, symbols and works of the lessons are found, and lead somewhere."""

import re

import pytest

from docs.pages import glossary, lessons, symbols
from mmdl import curriculum

LESSONS = curriculum.lessons()
ROOT = curriculum.folder().parent
TERMS = glossary.terms_of(LESSONS)


def test_terms_are_told_once_and_where_they_are_in_bold():
    assert len(TERMS) > 100 and len({term.lower() for term in TERMS}) == len(TERMS)
    for term, (sentence, lesson) in TERMS.items():
        assert f"**{term}**" in sentence and sentence.count("$") % 2 == 0, (term, lesson.name)
    assert {"kernel", "softmax", "attention", "Jacobian", "CTC"} <= TERMS.keys()


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_page_leads_from_each_term_to_the_glossary_once(lesson):
    page = lessons.page(lesson, ROOT, None)
    led = re.findall(r"\{term\}`[^<`]+ <([^>]+)>`", page)
    assert len(led) == len(set(led)) and set(led) <= TERMS.keys()
    assert all(TERMS[term][1].number < lesson.number for term in led) and not set(led) & glossary.AMBIGUOUS
    assert "{term}" not in page.partition("## Where this comes from")[2].partition("## Figure")[0]
    assert len(led) >= min(3, lesson.number) and "{term}" not in "".join(
        re.findall(r"```python.*?```", page, re.DOTALL)
    )


def test_only_prose_gets_links():
    prose = "# A loss\n\nThe loss $loss$, `loss`, [a loss](x.md), **loss** and Losses: losss; a loss."
    assert glossary.with_terms(prose, ["loss"]).count("{term}") == 1
    assert "The {term}`loss <loss>` $loss$" in glossary.with_terms(prose, ["loss"])
    assert glossary.with_terms("Two Kernels, a kernel.", ["kernel"]) == "Two {term}`Kernels <kernel>`, a kernel."
    assert glossary.with_terms("A forget gate.", ["gate", "forget gate"]) == "A {term}`forget gate <forget gate>`."


@pytest.mark.parametrize(
    ("tex", "letters"),
    [
        (r"y_{pq} = \sum_{i=0}^{I-1} w_{ij}\; x_{p+i}", ["y", "p", "q", "i", "I", "w", "j", "x"]),
        (r"\frac{dx}{\lVert x \rVert} + d\gamma \cdot \log L", ["dx", "x", r"d\gamma", "L"]),
        (r"p(\text{word}) \mid \mathrm{id}_t", ["p", "t"]),
        (r"P(w_\tau)", ["P", "w", r"\tau"]),
    ],
)
def test_letters_of_a_formula(tex, letters):
    assert symbols.symbols_of(tex) == letters


def test_the_index_has_every_letter_of_every_formula_and_says_something_of_it():
    used, meanings = symbols.used_in(LESSONS), symbols.meanings_in(LESSONS)
    for lesson in LESSONS:
        for cell in curriculum.cells_of(lesson.path):
            for tex in symbols.formulas_of(cell.text) if cell.is_prose else ():
                plain = re.sub(symbols.WORDS, " ", tex)
                alone = set(re.findall(r"(?<![\\A-Za-z])[A-Za-z](?![A-Za-z])", plain))
                assert alone <= used.keys(), (lesson.name, tex)
    silent = {symbol for symbol in used if not meanings[symbol]}  # these stand in formulas that say it themselves
    assert silent <= {"B", r"\omega", r"\ell", r"\theta"}
    assert [each.words for each in meanings["Q"]] == ["image rows and columns out"]
    assert [use.lesson.number for use in meanings["q"]] == [10, 22]
    assert "queries" in meanings["q"][0].words and "kernel" in meanings["w"][0].words


def test_every_source_in_the_code_is_listed_among_the_works():
    works = glossary.sources(ROOT)
    assert len(works) > 60
    for lesson in LESSONS:
        page = lessons.page(lesson, ROOT, None)
        for work in re.findall(r"^- (.+)$", page.partition("## Sources of the formulas")[2], re.MULTILINE):
            assert any(work in known for known in works), (lesson.name, work)
