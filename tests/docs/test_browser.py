"""Lessons in a browser: a reader presses a button on the site, and the lesson runs there.

Pyodide comes from this machine (see `pyodide`); where it cannot be fetched, the first test fails and says so.
"""

import os

import pytest

from tests.docs.conftest import serving
from tests.docs.notebook import Notebook, WithPyodide, hosts
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


def test_a_lesson_opens_from_its_page_and_runs(context, with_pyodide):
    asked = hosts(context)
    page = context.new_page()
    page.goto(f"{with_pyodide}lessons/00_one_number.html")
    page.get_by_text("Run this lesson").click()
    notebook = Notebook(page)
    assert notebook.run(0) == ""  # mmdl is installed
    notebook.run(1)
    notebook.run(2)
    assert "y = [[7. 3. 0.]]" in notebook.run(3)
    assert asked == {"127.0.0.1"}
