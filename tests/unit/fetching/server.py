"""A web server on loopback that behaves as it is told, for tests of fetching."""

from __future__ import annotations

import contextlib
import gzip
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

Behaviour = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class WebServer:
    """What runs, what it was asked, and how it answers at each path."""

    port: int = 0
    behaviours: dict[str, list[Behaviour]] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def url(self, path: str = "/feed", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def at(self, path: str, *behaviours: Behaviour) -> str:
        """Set how the path answers, one behaviour after the other, the last for ever; return its address."""
        self.behaviours[path] = list(behaviours)
        return self.url(path)


@contextlib.contextmanager
def serving() -> Iterator[WebServer]:
    """Run a server for the time of the block."""
    told = WebServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            left = told.behaviours.get(self.path.partition("?")[0], [answer(404)])
            with contextlib.suppress(ConnectionError):
                (left.pop(0) if len(left) > 1 else left[0])(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answer(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    """A whole answer at once."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return behave


def conditional(body: bytes, etag: str) -> Behaviour:
    """Answer 304 to whoever has that version."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        unchanged = handler.headers.get("If-None-Match") == etag
        answer(304 if unchanged else 200, b"" if unchanged else body, ETag=etag)(handler)

    return behave


def packed(body: bytes) -> Behaviour:
    """Answer with gzip."""
    return answer(200, gzip.compress(body), Content_Encoding="gzip")


def endless(piece: bytes, count: int, pause: float = 0.0, **headers: str) -> Behaviour:
    """Send a piece over and over, without saying how long it will be."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        for _ in range(count):
            handler.wfile.write(piece)
            handler.wfile.flush()
            time.sleep(pause)

    return behave


def dripping_headers(pause: float) -> Behaviour:
    """Send its headers an octet at a time."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(200):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(pause)

    return behave


def broken_off(body: bytes) -> Behaviour:
    """Promise more than it sends."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body) + 100))
        handler.end_headers()
        handler.wfile.write(body)

    return behave
