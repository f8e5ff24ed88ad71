"""What the tests of the site share: its address on this machine, and a browser."""

import functools
import http.server
import os
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

SITE = Path(os.environ.get("MMDL_SITE", "docs/_build/html"))


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server without a word on stderr."""

    def log_message(self, *words):
        pass


@contextmanager
def serving(handler):
    """Lend the address at which that handler answers."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def address():
    with serving(Quiet) as found:
        yield found


@pytest.fixture(scope="session")
def browser():
    api = pytest.importorskip("playwright.sync_api")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with api.sync_playwright() as play:
        found = play.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield found
        found.close()
