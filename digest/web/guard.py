"""The guard in front of every page: it checks who may post and how much, and sets the response headers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest.web.base_path import route_path

MAX_BODY = 1_000_000  # bytes; enough for a BibTeX file with hundreds of entries
BODY_SECONDS = 60.0  # for the whole body
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
ONE_CLICK = "/u/"  #: RFC 8058: mailbox providers post here from anywhere

#: No inline script and no other host; "data:" images are the icons of the style sheet.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
#: An e-mail shown inside a page: its own inline styles, no script, no form, no origin.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-popups"
)

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


class Guard:
    """Refuses cross-site posts and oversized bodies, answers HEAD and OPTIONS, and sets the headers.

    `origins` are the origins of the pages besides the Host of the request, such as web.url when a proxy rewrites
    Host. `open_pages` are paths that search engines may index.
    """

    def __init__(self, app: ASGIApp, *, origins: Sequence[str] = (), open_pages: Sequence[str] = ()) -> None:
        self.app = app
        self.origins = frozenset(origins)
        self.open_pages = frozenset(open_pages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or pass it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        respond = _with_headers(
            send, without_body=scope["method"] == "HEAD", indexed=route_path(scope) in self.open_pages
        )
        early = self._early_answer(scope)
        if early:
            await early(scope, receive, respond)
            return
        if scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        await self.app(scope, _bounded(receive), respond)

    def _early_answer(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if scope["method"] == "OPTIONS":
            return Response(status_code=204, headers={"Allow": "GET, HEAD, OPTIONS, POST"})
        if scope["method"] in SAFE_METHODS:
            return None
        if not route_path(scope).startswith(ONE_CLICK) and not self._same_site(headers):
            return PlainTextResponse("This form was sent from another site and was rejected.\n", status_code=403)
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY:
            return PlainTextResponse(f"At most {MAX_BODY:,} bytes can be sent at a time.\n", status_code=413)
        return None

    def _same_site(self, headers: Headers) -> bool:
        """Return True for a post from our own pages, or from a client that is not a browser.

        Browsers send Sec-Fetch-Site, but only over HTTPS; otherwise Origin is checked.
        """
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        origin = headers.get("origin")
        if origin is None:
            return True
        return origin in self.origins or (origin != "null" and urlsplit(origin).netloc == headers.get("host"))


class BodyTooLarge(Exception):
    """The body is larger than the guard allows, whatever Content-Length says."""


def _bounded(receive: Receive) -> Receive:
    seen, complete = 0, False
    end = time.monotonic() + BODY_SECONDS

    async def bounded() -> Message:
        nonlocal seen, complete
        try:
            async with asyncio.timeout(None if complete else end - time.monotonic()):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, "the request took too long to arrive") from None
        complete = complete or not message.get("more_body", False)
        seen += len(message.get("body", b""))
        if seen > MAX_BODY:
            raise BodyTooLarge
        return message

    return bounded


def _with_headers(send: Send, *, without_body: bool, indexed: bool) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                if not (indexed and name == "X-Robots-Tag"):
                    headers.setdefault(name, value)
        elif without_body and message["type"] == "http.response.body":
            message = {"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)}
        await send(message)

    return with_headers
