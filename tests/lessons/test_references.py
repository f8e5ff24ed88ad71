"""Where lessons come from: three to five works each, every work cited alike everywhere, every link well formed."""

import re
from collections import defaultdict

import pytest

from mmdl import curriculum

LESSONS = {each.name: each for each in curriculum.lessons()}
WORK = (
    r"(?P<authors>[^\[\]]+), \[\*(?P<title>[^\]]+)\*\]\((?P<link>\S+)\), (?P<year>\d{4})(?:, (?P<part>[^:]+))?"
    r": (?P<why>.+)"
)
PERMANENT = r"https://(?:doi\.org/10\.\d{4,9}/\S+|arxiv\.org/abs/\d{4}\.\d{4,5})"
BOOKS = (  # and papers whose publisher gives no DOI
    r"https://(?:www\.deeplearningbook\.org|(?:www\.)?jmlr\.org/papers/\S+|proceedings\.mlr\.press/\S+"
    r"|aclanthology\.org/\S+|karpathy\.github\.io/\S+)"
)


def cited(lesson):
    """The works at the end of a lesson, each as a match of WORK."""
    prose = curriculum.cells_of(lesson.path)[-1].text
    _, heading, listed = prose.rpartition("## Where this comes from\n")
    assert heading, f"{lesson.name} does not end with what it comes from"
    items = [" ".join(item.split()) for item in re.split(r"^- ", listed, flags=re.MULTILINE)[1:]]
    return [re.fullmatch(WORK, item) or pytest.fail(f"{lesson.name}: {item}") for item in items]


@pytest.mark.parametrize("name", LESSONS)
def test_three_to_five_works_and_why_to_read_them(name):
    works = cited(LESSONS[name])
    assert 3 <= len(works) <= 5
    for work in works:
        assert re.fullmatch(f"{PERMANENT}|{BOOKS}", work["link"]), work["link"]
        assert 1900 < int(work["year"]) < 2030 and len(work["why"].split()) >= 4
        if submitted := re.search(r"abs/(\d\d)", work["link"]):  # a paper is published after it is submitted
            assert 2000 + int(submitted[1]) <= int(work["year"]) <= 2000 + int(submitted[1]) + 3, work[0]


def test_a_work_is_cited_alike_wherever_it_is_cited():
    known, titles = defaultdict(set), defaultdict(set)
    for lesson in LESSONS.values():
        for work in cited(lesson):
            known[work["link"]].add((work["authors"], work["title"], work["year"]))
            titles[work["title"].lower()].add(work["link"])

    assert {link: found for link, found in known.items() if len(found) > 1} == {}
    assert {title: links for title, links in titles.items() if len(links) > 1} == {}
    assert len(known) > 60


@pytest.mark.parametrize("name", LESSONS)
def test_links_to_files_and_lessons_that_are_named_lead_somewhere(name):
    text = LESSONS[name].path.read_text(encoding="utf-8")
    prose = "".join(cell.text for cell in curriculum.cells_of(LESSONS[name].path) if cell.is_prose)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        assert target.startswith("https://") or (LESSONS[name].path.parent / target).exists(), target
    numbers = {each.number for each in LESSONS.values()}
    assert {int(number) for number in re.findall(r"\blessons? (\d\d)\b", text)} <= numbers


def test_the_article_is_named_where_it_is_first_mentioned():
    first = next(each for each in LESSONS.values() if "article" in each.path.read_text(encoding="utf-8"))
    text = re.sub(r"\n# ?", " ", first.path.read_text(encoding="utf-8"))
    assert "多模态深度学习" in text[text.index("article") :][:200] and "(article_listings.py)" in text
