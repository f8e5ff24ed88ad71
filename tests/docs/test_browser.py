"""Lessons in a browser: a reader presses a button on the site, and the lesson runs there.

Pyodide comes from this machine (see `pyodide`); where it cannot be fetched, the first test fails and says so.
"""

import os

import pytest

from tests.docs.conftest import serving
from tests.docs.notebook import START, Notebook, WithPyodide, hosts
from tests.docs.pyodide import local_copy

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}

pytestmark = [
    pytest.mark.site,
    pytest.mark.skipif("MMDL_SITE" not in os.environ, reason="MMDL_SITE names no built site"),
]


@pytest.fixture(scope="module")
def with_pyodide():
    """The address of the site, with a local copy of Pyodide."""
    local_copy()
    with serving(WithPyodide) as found:
        yield found


@pytest.fixture
def context(browser):
    """A browser without memory."""
    found = browser.new_context(viewport=DESKTOP)
    yield found
    found.close()


@pytest.fixture
def asked(context):
    """The hosts that are asked."""
    return hosts(context)


def opened(context, page, button):
    """The notebook that a button of a lesson's page opens."""
    tab = context.new_page()
    tab.goto(page)
    tab.get_by_text(button).click()
    return Notebook(tab)


def test_the_first_cell_of_a_lesson_runs(context, with_pyodide, asked):
    notebook = opened(context, f"{with_pyodide}lessons/00_one_number.html", "Run this lesson")
    assert notebook.run(0) == ""  # mmdl is installed
    for number in (1, 2):
        notebook.run(number)
    assert "y = [[7. 3. 0.]]" in notebook.run(3)
    assert asked == {"127.0.0.1"}


def test_a_lesson_runs_to_its_end_and_shows_its_figure(context, with_pyodide, asked):
    notebook = opened(context, f"{with_pyodide}lessons/02_convolution.html", "Run this lesson")
    assert notebook.run_all()
    outputs = "".join(map(notebook.output, range(notebook.count)))
    assert "Sobel      difference / result = 2.00" in outputs
    figure = notebook.cell(notebook.count - 1).locator("img")
    assert figure.evaluate("picture => picture.naturalWidth") > 300
    assert asked == {"127.0.0.1"}


WRONG = """def attention_weights(q, k):
    s = q @ k.swapaxes(1, 2)
    e = np.exp(s - s.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)"""
RIGHT = WRONG.replace("swapaxes(1, 2)", "swapaxes(1, 2) / q.shape[-1] ** 0.5")
ENDLESS = "def attention_weights(q, k):\n    while True: pass"


def test_an_exercise_is_graded_with_its_heat_map(context, with_pyodide, asked):
    notebook = opened(context, f"{with_pyodide}lessons/10_attention.html", "Do the exercises")
    for number in (0, 1, 2):
        notebook.run(number)
    answers = {}
    for source in ("", WRONG, RIGHT, ENDLESS):
        if source:
            notebook.write(2, source)
            notebook.run(2)
        answers[source] = notebook.run(3), notebook.cell(3).locator(".pixel").count()
    said = {source: answer for source, (answer, _) in answers.items()}
    assert "is not done yet" in said[""]
    assert "The scores are not divided by √D." in said[WRONG] and "It passes." in said[RIGHT]
    assert "it was stopped after 5 s" in said[ENDLESS] and "in line 2: while True:" in said[ENDLESS]
    assert {source: pixels > 0 for source, (_, pixels) in answers.items()} == {
        "": False,
        WRONG: True,
        RIGHT: False,
        ENDLESS: False,
    }
    assert asked == {"127.0.0.1"}


def test_a_notebook_fits_a_phone(context, with_pyodide):
    notebook = opened(context, f"{with_pyodide}lessons/00_one_number.html", "Run this lesson")
    notebook.page.set_viewport_size(PHONE)
    assert notebook.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert notebook.cell(0).bounding_box()["width"] <= PHONE["width"]


def test_the_folder_of_notebooks_is_listed(context, with_pyodide):
    page = context.new_page()
    page.goto(f"{with_pyodide}run/index.html")
    page.get_by_text("02_convolution.ipynb", exact=True).wait_for(timeout=START)
    assert page.get_by_text("exercises", exact=True).is_visible()
