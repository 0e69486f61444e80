"""The base path of web.url, and links as mail programs deliver them: with a tail, or with doubled slashes.

A proxy may strip the base path or pass it on; both work. Behind this middleware the path of a request always includes
it, as `root_path` says, so that addresses made from the request are complete.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

_SLASHES = re.compile(r"/{2,}")
_LINK = re.compile(r"/(?:c|i|m|p|u|undo|v)/[\w-]+", re.ASCII)
_TAIL = re.compile(r"[^\w-]+\Z", re.ASCII)  #: no token ends in any of these


class BasePath:
    """Lets the application answer below the path of web.url, and repairs links."""

    def __init__(self, app: ASGIApp, *, url: str = "") -> None:
        self.app, self.base = app, base_path(url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its path repaired."""
        if scope["type"] == "http":
            path = self.base + repaired(without_base(scope["path"], self.base))
            scope = {**scope, "path": path, "raw_path": quote(path).encode(), "root_path": self.base}
        await self.app(scope, receive, send)


def base_path(url: str) -> str:
    """Return the path of a URL without its last slash; empty for the root."""
    return _SLASHES.sub("/", urlsplit(url).path).rstrip("/")


def without_base(path: str, base: str) -> str:
    """Return a path without the base path; unchanged where a proxy has stripped it already."""
    path = _SLASHES.sub("/", path)
    return path.removeprefix(base) or "/" if base and (path + "/").startswith(base + "/") else path


def route_path(scope: Scope) -> str:
    """Return the path of a request below the base path."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "")) or "/"


def repaired(path: str) -> str:
    """Return the path with single slashes and, for the link of an e-mail, without what follows its token.

    >>> repaired("//u/Ab-9_).")
    '/u/Ab-9_'
    """
    path = _SLASHES.sub("/", path)
    return _TAIL.sub("", path) if _LINK.match(path) else path
