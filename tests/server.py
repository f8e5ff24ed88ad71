"""A web server on this machine that serves one file well, and in all the ways in which the web fails."""

import os
import socket
import struct
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CONTENT = bytes(range(256)) * 1000  # four chunks of a download
ANSWERS = {
    "/right": lambda page: page.answer(CONTENT),
    "/moved": lambda page: page.redirect("/right"),
    "/wrong": lambda page: page.answer(CONTENT[::-1]),
    "/empty": lambda page: page.answer(b""),
    "/long": lambda page: page.answer(CONTENT + b"."),
    "/endless": lambda page: page.answer_for_ever(),
    "/cut-off": lambda page: page.answer(CONTENT[:1000], length=len(CONTENT)),
    "/500": lambda page: page.send_error(500),
    "/404": lambda page: page.send_error(404),
    "/loop": lambda page: page.redirect("/loop"),
    "/elsewhere": lambda page: page.redirect("nonsense://right"),
    "/to-a-file": lambda page: page.redirect("file:///right"),
    "/to-no-end": lambda page: page.answer_for_ever(302, Location="/right"),
    "/minus-one": lambda page: page.answer_for_ever(200, b"-1\r\n", Transfer_Encoding="chunked"),
    "/trailers": lambda page: page.answer_for_ever(200, b"0\r\n", b"a: b\r\n" * 10_000, Transfer_Encoding="chunked"),
    "/packed": lambda page: page.answer(CONTENT, Content_Encoding="gzip"),
    "/short": lambda page: page.answer(CONTENT, length=1000),
    "/reset": lambda page: page.reset(),
    "/late": lambda page: page.late(),
    "/raw": lambda page: page.wfile.write(page.server.raw),
    "/nonsense": lambda page: page.answer(CONTENT, length="much"),
    "/silent": lambda page: page.server.closing.wait(10),
    "/trickle": lambda page: page.trickle(),
    "/stall": lambda page: page.answer(CONTENT[:100_000], length=len(CONTENT), then=page.server.closing.wait),
}


class Page(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self):
        self.server.asked.append(self.path)
        try:
            ANSWERS[self.path](self)
        except OSError:  # the client has heard enough
            self.close_connection = True

    def answer(self, content, length=None, then=None, **headers):
        self.begin(200, Content_Length=len(content) if length is None else length, **headers)
        self.wfile.write(content)
        if then:
            then(10)

    def begin(self, code, **headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def answer_for_ever(self, code=200, start=b"", more=CONTENT, **headers):
        self.begin(code, **headers)
        self.wfile.write(start)
        while not self.server.closing.is_set():
            self.wfile.write(more)

    def reset(self):
        """Let the client's system find out that nobody is there any more."""
        self.begin(200, Content_Length=len(CONTENT))
        self.wfile.write(CONTENT[:1000])
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def late(self):
        self.begin(200, Content_Length=len(CONTENT))
        self.wfile.write(CONTENT[:100_000])
        self.server.late.wait(10)
        self.wfile.write(CONTENT[100_000:])

    def trickle(self):
        self.send_response(200)
        self.send_header("Content-Length", len(CONTENT))
        self.end_headers()
        while not self.server.closing.wait(0.05):
            self.wfile.write(b".")

    def redirect(self, target):
        self.send_response(302)
        self.send_header("Location", target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Tests print nothing."""


@contextmanager
def running():
    """Lend a server whose `url` ends before the name of a page, and whose `asked` are the pages asked for so far.

    All that /raw says is `raw`; what /late says beside its beginning comes after `late`.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    server.asked, server.closing, server.late, server.raw = [], threading.Event(), threading.Event(), b""
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
