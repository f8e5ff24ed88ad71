"""A notebook of JupyterLite in a tab of the browser, as a reader has it before the eyes."""

import http.server
from urllib.parse import urlparse

from tests.docs.conftest import SITE, Quiet
from tests.docs.pyodide import VERSION, local_copy

CDN = f"https://cdn.jsdelivr.net/pyodide/v{VERSION}/full/"
START, RUN = 300_000, 300_000  # milliseconds; generous, for a busy machine
DONE = r"/^\[\d+\]:$/"  # the prompt of a cell that has run
PROMPTS = "[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]"


class WithPyodide(Quiet):
    """The site as it is, but Pyodide comes from this machine and not from its CDN."""

    def do_GET(self):
        path = urlparse(self.path).path
        if path != "/run/jupyter-lite.json":
            return super().do_GET()
        settings = (SITE / path[1:]).read_text(encoding="utf-8")
        assert CDN in settings  # else it is not this version that readers get
        content = settings.replace(CDN, "/pyodide/").encode()
        self.send_response(http.HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def translate_path(self, path):
        below = urlparse(path).path
        if below.startswith("/pyodide/"):
            return str(local_copy() / below.removeprefix("/pyodide/"))
        return super().translate_path(path)


class Notebook:
    """A notebook that was opened by its link.

    Parameters
    ----------
    page : the tab in which it opens
    """

    def __init__(self, page):
        self.page = page
        page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=START)
        page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=START)  # Python is there

    @property
    def count(self):
        """How many cells of code there are."""
        return self.page.locator(".jp-CodeCell").count()

    def cell(self, number):
        """A cell of code, by its place among them."""
        return self.page.locator(".jp-CodeCell").nth(number)

    def run(self, number):
        """Run one cell of code, and wait until it is done. -> what it printed"""
        self.cell(number).locator(".jp-InputPrompt").click()
        self.page.wait_for_function(f"{PROMPTS}[{number}].closest('.jp-Cell').matches('.jp-mod-active')")
        self.page.keyboard.press("Control+Enter")
        self.wait(number)
        return self.output(number)

    def wait(self, number):
        """Until a cell of code has run."""
        self.page.wait_for_function(f"{DONE}.test({PROMPTS}[{number}].innerText)", timeout=RUN)

    def output(self, number):
        """What stands below a cell of code."""
        return "\n".join(self.cell(number).locator(".jp-OutputArea-output").all_inner_texts())

    def run_all(self):
        """Run all cells, by the menu. -> whether all have run, and none has failed"""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_text("Run All Cells", exact=True).click()
        texts = f"{PROMPTS}.map(prompt => prompt.innerText)"
        over = f"{texts}.some(text => {DONE}.test(text)) && !{texts}.includes('[*]:')"
        self.page.wait_for_function(over, timeout=RUN)
        return self.page.evaluate(f"{texts}.every(text => {DONE}.test(text))")

    def write(self, number, source):
        """Put another source into a cell."""
        self.cell(number).locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(source)


def hosts(context):
    """The hosts that the pages of a context ask, and what they start in the background, as a set that fills."""
    found = set()
    context.on("request", lambda request: found.add(urlparse(request.url).hostname))
    return found
