"""The site: what every page needs. It is made once at the start and handed to each request."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Annotated, Any, ClassVar

from fastapi import Depends, Request, Response
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException

from digest.rendering import MailRenderer
from digest.runs.matching.live_preview import LivePreview
from digest.runs.operations.signing_keys import installation_secret, link_keys
from digest.settings import Settings
from digest.signed_links import Keyring, LinkClaim, Purpose, from_link
from digest.storage import Store
from digest.web.base_path import route_path
from digest.web.form_timestamps import FormTimestamps
from digest.web.forms import Values
from digest.web.heavy_work import HeavyWork
from digest.web.pages import Frame, Page, Pages, address_of
from digest.web.sample_issue import SampleIssueCache

MAX_FIELDS = 1000
READ_KEYS_EVERY = timedelta(seconds=1)  #: at most, however many links name an unknown key


class Keys:
    """The keys that sign the links of e-mails: read at the start, and again when a link names a newer key."""

    def __init__(self, store: Store, now: datetime) -> None:
        self._store, self._lock = store, threading.Lock()
        self._ring = self._read(now)
        self._read_again: datetime | None = None

    def verify(self, token: bytes, now: datetime) -> LinkClaim | None:
        """Return what a token says; None when it is forged, damaged or expired."""
        if self._ring.lacks_key_of(token):
            with self._lock:  # a second request waits for the keys that the first one reads
                if self._ring.lacks_key_of(token) and self._may_read(now):
                    self._ring, self._read_again = self._read(now), now
        return self._ring.verify(token, now.date())

    def _may_read(self, now: datetime) -> bool:
        last = self._read_again
        return last is None or not timedelta(0) <= now - last < READ_KEYS_EVERY

    def _read(self, now: datetime) -> Keyring:
        return link_keys(self._store, now)


@dataclass(frozen=True, kw_only=True)
class Site:
    """The pages of one installation."""

    store: Store
    settings: Settings
    clock: Callable[[], datetime]  #: returns the current instant; aware, UTC
    wake: Callable[[], None]  #: signals that the outbox may have an entry; returns at once
    pages: Pages
    renderer: MailRenderer
    live_preview: LivePreview
    sample_issues: SampleIssueCache
    keys: Keys
    heavy_work: HeavyWork = field(default_factory=HeavyWork)

    @cached_property
    def form_clock(self) -> FormTimestamps:
        """The signer of form timestamps, the same in every process at this store."""
        return FormTimestamps(self._secret("forms"))

    def claim(self, token: str, *purposes: Purpose) -> LinkClaim | None:
        """Return what the token of a link says, if it is genuine, not expired and for one of these purposes."""
        claim = self.keys.verify(from_link(token), self.clock())
        return claim if claim and claim.purpose in purposes else None

    def _secret(self, name: str) -> bytes:
        return installation_secret(self.store, name, self.clock())


@dataclass(frozen=True, kw_only=True)
class RequestContext:
    """One request: the site, the client's language and network, and the current instant."""

    site: Site
    request: Request
    now: datetime

    @property
    def language(self) -> str:
        """The language of the response: the one that the URL asks for, else the browser's."""
        wanted = self.request.query_params.get("lang", "")
        return self.site.pages.languages.choose(wanted, self.request.headers.get("accept-language", ""))

    @property
    def network(self) -> str:
        """The network of the client, for rate limits."""
        return network_of(self.request.client.host if self.request.client else "")

    def show(self, page: Page, *, language: str = "", linkable: bool = True) -> Response:
        """Return the response that shows a page; pass `linkable=False` for a URL that only accepts POST."""
        return self.site.pages.response(page, self._frame(language or self.language, linkable))

    def gone(self) -> Response:
        """Return the page for a wrong, used or expired link; it is the same for all three."""
        heading = self.translate("This link does not work or has expired")
        text = self.translate(
            "It may have been used already, or it may have expired. "
            "You can always request a new one under “Your subscription”."
        )
        return self.fail(404, heading, text)

    def fail(self, status: int, heading: str, text: str) -> Response:
        """Return an error page."""
        response = self.show(ErrorPage(heading=heading, text=text), linkable=False)
        response.status_code = status
        return response

    def link(self, path: str, **query: str) -> str:
        """Return the URL of another page, in the language that the reader chose."""
        return address_of(path, self._frame(self.language, linkable=False), **query)

    def translate(self, message: str) -> str:
        """Return a message in the reader's language."""
        return self.site.pages.text(self.language, message)

    def _frame(self, language: str, linkable: bool) -> Frame:
        wanted = self.request.query_params.get("lang", "")
        languages = self.site.pages.languages
        sender = self.site.settings.sender
        return Frame(
            language=language,
            root=self.request.scope["root_path"],
            path=route_path(self.request.scope),
            brand=sender.name,
            postal=sender.postal,
            languages=languages.names,
            wanted=wanted if wanted in languages.codes else "",
            linkable=linkable and self.request.method in ("GET", "HEAD"),
        )


@dataclass(frozen=True, kw_only=True)
class ErrorPage(Page):
    """error.html"""

    template: ClassVar[str] = "error.html"
    heading: str
    text: str


def network_of(host: str) -> str:
    """Return the network of an address, /24 or /64; the text itself when it is not an address.

    >>> network_of("192.0.2.77"), network_of("2001:db8::1:2")
    ('192.0.2.0/24', '2001:db8::/64')
    """
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    length = 24 if address.version == 4 else 64
    return str(ipaddress.ip_network((address, length), strict=False))


async def _context(request: Request) -> RequestContext:  # async, because FastAPI sends others through a thread
    site: Site = request.app.state.site
    return RequestContext(site=site, request=request, now=site.clock())


async def _form(request: Request) -> Values:
    """Return the fields of a form in either encoding, a file as its text; an unreadable form has no fields."""
    values: dict[str, list[str]] = {}
    try:
        form = await request.form(max_fields=MAX_FIELDS, max_files=2)
    except (MultiPartException, HTTPException, UnicodeDecodeError):
        return values
    for name, value in form.multi_items():
        values.setdefault(name, []).append(await _text(value))
    await form.close()
    return values


async def _text(value: str | UploadFile) -> str:
    if isinstance(value, str):
        return value
    return (await value.read()).decode("utf-8", "replace")


ContextDep = Annotated[RequestContext, Depends(_context)]
FormDep = Annotated[Any, Depends(_form)]
