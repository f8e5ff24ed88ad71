"""The site in a browser: pages load, formulas are rendered, a phone can show them, the search finds, no host is asked.

MMDL_SITE names a folder of built pages; `docs/build.py FOLDER` makes FOLDER/html. Without it these tests are skipped.
"""

import os
import re
from urllib.parse import urlparse

import pytest

from tests.docs.conftest import SITE

PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
PAGES = sorted(
    path.relative_to(SITE).as_posix()
    for path in SITE.rglob("*.html")
    if path.relative_to(SITE).parts[0] not in ("_static", "run")
)

pytestmark = [
    pytest.mark.site,
    pytest.mark.skipif("MMDL_SITE" not in os.environ, reason="MMDL_SITE names no built site"),
]


@pytest.fixture(scope="module")
def tab(browser, address):
    """A page of the browser, with what it complained of and whom it asked."""
    page = browser.new_page(viewport=PHONE)
    page.complaints, page.asked = [], []
    page.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("request", lambda request: page.asked.append(request.url))
    yield page
    page.close()


def rendered(tab):
    """Wait until MathJax is done, where it is used."""
    tab.evaluate("window.MathJax && MathJax.startup ? MathJax.startup.promise.then(() => true) : true")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_and_fits_a_phone(tab, address, page):
    tab.complaints.clear()
    tab.asked.clear()
    tab.set_viewport_size(PHONE)
    tab.goto(address + page)
    rendered(tab)
    assert tab.complaints == []
    assert {urlparse(url).hostname for url in tab.asked if not url.startswith("data:")} == {"127.0.0.1"}
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert tab.evaluate("[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)") == []


@pytest.mark.parametrize("page", [page for page in PAGES if re.match(r"lessons/\d\d_", page)])
def test_formulas_are_rendered(tab, address, page):
    tab.set_viewport_size(DESKTOP)
    tab.goto(address + page)
    rendered(tab)
    written = (SITE / page).read_text(encoding="utf-8").count("math notranslate")
    assert tab.locator("mjx-container svg").count() >= written > 0
    assert tab.locator("[data-mml-node=merror]").count() == 0
    assert "$$" not in tab.locator("article").inner_text()


def test_the_search_finds_softmax(tab, address):
    tab.goto(f"{address}search.html?q=softmax")
    tab.wait_for_selector("#search-results li a")
    assert tab.locator("#search-results li").count() > 3


@pytest.mark.parametrize("page", PAGES)
def test_links_within_the_site_lead_somewhere(page):
    text = (SITE / page).read_text(encoding="utf-8")
    for target in re.findall(r'href="([^"#?]+)', text):
        if not re.match(r"https?:|mailto:|data:", target):
            assert ((SITE / page).parent / target).exists(), target
