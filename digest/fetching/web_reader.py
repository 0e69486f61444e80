"""Listings at addresses: one polite, bounded, conditional GET after the other."""

from __future__ import annotations

import logging
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType

import httpx

from digest import __version__
from digest.errors import FetchError
from digest.fetching import services
from digest.fetching.fetched import Fetched
from digest.fetching.guarded_transport import Deadline, GuardedTransport, PrivateAddress, unambiguous_url
from digest.settings import FetchingSettings

logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs addresses, in which there may be keys

MOST_REDIRECTS = 5
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MEGABYTE = 1_000_000
_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/rdf+xml;q=0.9, application/json;q=0.9, "
    "application/xml;q=0.8, text/html;q=0.7, text/plain;q=0.7, */*;q=0.5"
)


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a server said the last time: it need not send again what has not changed since."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, kw_only=True)
class _Again:
    """A server that asks to be asked again later."""

    reason: str
    pause: float | None = None  #: seconds, when it says so


@dataclass
class WebReader:
    """Gets listings over HTTP. Use it as a context; the clock and the pause are the caller's, for tests."""

    settings: FetchingSettings
    now: Callable[[], datetime]  #: for Retry-After with a date
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic  #: seconds that pass, for the time budgets
    _deadline: Deadline = field(default_factory=Deadline)
    _run_ends: float = float("inf")
    _source_ends: float = float("inf")
    _last: dict[str, float] = field(default_factory=dict)  #: when each host was asked last

    def __enter__(self) -> WebReader:
        transport = GuardedTransport(self._deadline, allow_private=self.settings.allow_private)
        agent = f"paper-digest/{__version__}" + (f" ({self.settings.contact})" if self.settings.contact else "")
        headers = {"User-Agent": agent, "Accept": _ACCEPT, "Accept-Encoding": "gzip"}
        timeout = httpx.Timeout(self.settings.step_seconds)
        self._run_ends = self.monotonic() + self.settings.run_seconds
        self._client = httpx.Client(transport=transport, headers=headers, timeout=timeout, trust_env=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def begin_source(self) -> None:
        """Start the time budget of a source: what is read from now on is read for it."""
        self._source_ends = self.monotonic() + self.settings.source_seconds

    def read(self, url: str, known: Known | None = None) -> Fetched | None:
        """Return what is at an address; None when it has not changed since what is known.

        A server that is busy is asked again, when it wants to be and as often as the settings and the time budgets
        allow. Raise FetchError with the reason otherwise.
        """
        parsed = _parsed(url)
        attempt = 0
        while isinstance(answer := self._attempt(parsed, known or Known()), _Again):
            pause = answer.pause if answer.pause is not None else 2.0**attempt
            if attempt == self.settings.retries or pause > self.settings.longest_pause_seconds:
                asked = f"; it asks to be left alone for {pause:.0f} s" if answer.pause is not None else ""
                raise FetchError(f"{shown(parsed)}: {answer.reason}{asked}")
            self._pause(pause, parsed, answer.reason)
            attempt += 1
        return answer

    def _attempt(self, url: httpx.URL, known: Known) -> Fetched | _Again | None:
        self._wait_for(url)
        self._deadline.start(min(self.settings.total_seconds, self._remaining(url)))
        try:
            return self._followed(url, known)
        except PrivateAddress as error:
            raise FetchError(f"{shown(url)}: {error}") from error
        except httpx.TimeoutException as error:
            self._remaining(url)
            return _Again(reason=f"no complete answer within {self.settings.total_seconds:g} s ({error})")
        except httpx.HTTPError as error:
            return _Again(reason=str(error) or type(error).__name__)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise FetchError(f"{shown(url)}: {error}") from error

    def _remaining(self, url: httpx.URL, needed: float = 0.0) -> float:
        """Return the seconds that the budgets leave. Raise FetchError when they are not more than needed."""
        now = self.monotonic()
        if self._run_ends - now <= needed:
            budget = f"the time budget of the run ({self.settings.run_seconds:g} s)"
        elif self._source_ends - now <= needed:
            budget = f"the time budget of the source ({self.settings.source_seconds:g} s)"
        else:
            return min(self._run_ends, self._source_ends) - now
        raise FetchError(f"{shown(url)}: {budget} is used up; the next run tries again")

    def _pause(self, seconds: float, url: httpx.URL, reason: str = "") -> None:
        try:
            self._remaining(url, needed=seconds)
        except FetchError as error:
            raise FetchError(f"{error} ({reason})" if reason else str(error)) from error
        self.sleep(seconds)

    def _wait_for(self, url: httpx.URL) -> None:
        """Leave the pause between two requests to a host that the settings and its own rules ask for."""
        host = url.host
        before = self._last.get(host)
        pause = services.pause_of(host, self.settings)
        left = 0.0 if before is None else before + pause - time.monotonic()
        if left > 0:
            self._pause(left, url)
        self._last[host] = time.monotonic()

    def _followed(self, url: httpx.URL, known: Known) -> Fetched | _Again | None:
        address, headers = services.introduced(url, self.settings)
        request = self._client.build_request("GET", address, headers=_conditions(known) | headers)
        for _ in range(MOST_REDIRECTS + 1):
            response = self._client.send(request, stream=True)
            try:
                if response.status_code not in _REDIRECTS or response.next_request is None:
                    return self._answer(url, response)
                request = response.next_request
                if request.url.host != url.host:
                    for name in headers:
                        request.headers.pop(name, None)
                _parsed(str(request.url))
                if request.url.userinfo and request.url.host != url.host:
                    raise FetchError(f"{shown(url)}: a redirect with a user name to another host")
            finally:
                response.close()
        raise FetchError(
            f"{shown(url)}: more than {MOST_REDIRECTS} redirects, the last to {shown(request.url).partition('?')[0]}"
        )

    def _answer(self, url: httpx.URL, response: httpx.Response) -> Fetched | _Again | None:
        status = response.status_code
        if status == 304:
            return None
        if status in _BUSY:
            return _Again(reason=_status(response), pause=_retry_after(response, self.now()))
        if not response.is_success:
            raise FetchError(f"{shown(url)}: {_status(response)}")
        last_modified = response.headers.get("Last-Modified", "")
        return Fetched(
            origin=shown(url),
            data=b"".join(self._bounded(url, response)),
            modified=_date(last_modified),
            etag=response.headers.get("ETag", ""),
            last_modified=last_modified,
        )

    def _bounded(self, url: httpx.URL, response: httpx.Response) -> Iterator[bytes]:
        """Return the body piece by piece, unpacked, and stops as soon as it is too large."""
        limit = self.settings.megabytes * _MEGABYTE
        packed = response.headers.get("Content-Encoding", "").strip().lower()
        if packed not in ("", "identity", "gzip", "x-gzip"):
            raise FetchError(f"{shown(url)}: encoded as {packed!r}, which was not asked for")
        total = 0
        for piece in _unpacked(response.iter_raw(), limit) if "gzip" in packed else response.iter_raw():
            total += len(piece)
            if total > limit:
                raise FetchError(f"{shown(url)}: more than {self.settings.megabytes} MB (fetching.megabytes)")
            yield piece


def shown(url: httpx.URL) -> str:
    """Return an address as reports may show it: without user name and password."""
    return str(url.copy_with(username=None, password=None)) if url.userinfo else str(url)


def _parsed(url: str) -> httpx.URL:
    try:
        parsed = unambiguous_url(url)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise FetchError(f"{url}: not an address: {error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise FetchError(f"{url}: not an address that begins with https:// or http://")
    return parsed


def _conditions(known: Known) -> dict[str, str]:
    conditions = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in conditions.items() if value}


def _status(response: httpx.Response) -> str:
    return f"the server answered {response.status_code} {response.reason_phrase}".strip()


def _retry_after(response: httpx.Response, now: datetime) -> float | None:
    """Return the seconds that a server asks to wait (RFC 9110, 10.2.3); None when it does not say."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    date = _date(value)
    return max((date - now).total_seconds(), 0.0) if date else None


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)


def _unpacked(pieces: Iterator[bytes], limit: int) -> Iterator[bytes]:
    """Unpack gzip in pieces of at most a megabyte, so that a bomb is noticed before it goes off."""
    unpacker = zlib.decompressobj(wbits=31)
    total = 0
    try:
        for piece in pieces:
            while piece and total <= limit:
                unpacked = unpacker.decompress(piece, _MEGABYTE)
                total += len(unpacked)
                yield unpacked
                piece = unpacker.unconsumed_tail
        yield unpacker.flush()
        if not unpacker.eof and total <= limit:
            raise httpx.DecodingError("the gzip data ends early")
    except zlib.error as error:
        raise httpx.DecodingError(f"broken gzip: {error}") from error
