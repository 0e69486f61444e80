"""feedparser, used safely: bytes only, no sanitising, no URL rewriting, and its errors in plain words."""

from __future__ import annotations

import html
import io
import re
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast
from urllib.parse import urljoin
from xml.parsers import expat

import feedparser

from digest.papers import Problem
from digest.sources.loose_values import day_of, valid_day
from digest.sources.raw_listing import RawListing, collapsed

Entry = dict[str, Any]  #: feedparser's own dictionary type is one

EARLIEST_YEAR = 1900  #: an earlier year in a feed is a date misread
DEEPEST = 200  #: elements inside elements
MOST_LEFT_OPEN = 5_000  #: in a feed that is not well-formed

_ERROR_TITLE = "Feed error for query"
_BARE_AMPERSAND = re.compile(rb"&(?!(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});)")
_NAMED_ENTITY = re.compile(rb"&([A-Za-z][A-Za-z0-9]{1,30});")
_XML_ENTITIES = (b"amp", b"lt", b"gt", b"quot", b"apos")
_MEDIA = re.compile(rb"<media:(description|title|credit|text)\b[^<>]*>[^<]{0,20000}</media:\1\s*>|<media:\w+[^<>]*/>")
_SECONDS = re.compile(r"\d{9,10}(?:\d{3})?")
_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})T00:00(?::00(?:\.0+)?)?(?:[+-]\d{2}:?\d{2}|Z)?")


@dataclass(frozen=True, kw_only=True)
class ParsedFeed:
    """A feed as feedparser reads it."""

    title: str
    entries: list[Entry]
    problems: tuple[Problem, ...]  #: warnings: the entries are usable all the same
    day: date | None  #: the feed's own date
    site: str = ""  #: the address that links without a host are relative to


def parsed(raw_listing: RawListing) -> ParsedFeed:
    """Return the feed in a listing. Raise ListingError when it is none, or one that only reports an error."""
    error = _check(raw_listing)
    data = _repaired(raw_listing.data) if error else raw_listing.data
    result = _parse(raw_listing, data)
    if not result.get("version"):
        raise raw_listing.refusal(f"not a feed{_cause(result)}")
    title = text_of(result.feed, "title")
    if title.startswith(_ERROR_TITLE):
        raise raw_listing.refusal(f"the source reports an error: {title}; {text_of(result.feed, 'subtitle')}")
    problems: tuple[Problem, ...] = ()
    if result.get("bozo") and not _is_harmless(result.get("bozo_exception")):
        problems = (_warning(result, len(result.entries)),)
    elif data != raw_listing.data:
        reason = f"not well-formed: {error}; {len(result.entries)} items could be read"
        problems = (Problem(line=getattr(error, "lineno", None), reason=reason),)
    site = text_of(result.feed, "link") or raw_listing.origin
    day = date_of(result.feed)
    return ParsedFeed(title=title, entries=list(result.entries), problems=problems, day=day, site=site)


def _repaired(data: bytes) -> bytes:
    """Return ill-formed XML with the two commonest faults put right: bare ampersands and the entities of HTML."""
    return _NAMED_ENTITY.sub(_numbered, _BARE_AMPERSAND.sub(b"&amp;", data))


def _numbered(found: re.Match[bytes]) -> bytes:
    if found[1] in _XML_ENTITIES:
        return found[0]
    character = html.unescape(found[0].decode("ascii"))
    return found[0] if character.startswith("&") else "".join(f"&#{ord(c)};" for c in character).encode("ascii")


def _parse(raw_listing: RawListing, data: bytes) -> Any:
    if b"<media:" in data:
        data = _MEDIA.sub(b"", data)  # captions of pictures, which feedparser takes for the text of the item
    # A file object, never a string: feedparser takes a string for a URL or a path. feedparser and the parsers under
    # it raise whatever a hostile document makes them raise, so everything they raise is a verdict on the document.
    try:
        return feedparser.parse(io.BytesIO(data), sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:
        raise raw_listing.refusal(f"not a feed that can be read: {type(error).__name__}: {error}") from error


def _check(raw_listing: RawListing) -> Exception | None:
    """Return the first fault of an ill-formed document; None for a well-formed one.

    Raise ListingError for a document that feedparser would spend minutes on: elements nested thousands deep, or never
    closed.
    """
    depth = _Depth()
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = depth.start, depth.end
    try:
        parser.Parse(raw_listing.data, True)
        fault: Exception | None = None
    except (expat.ExpatError, ValueError, LookupError) as error:  # LookupError: an encoding that nobody knows
        fault = error  # feedparser has a second, more tolerant parser for these
    data = raw_listing.data
    closings = data.count(b"</")
    openings = data.count(b"<") - closings - data.count(b"<!") - data.count(b"<?") - data.count(b"/>")
    left_open = 0 if fault is None else openings - closings
    if depth.deepest > DEEPEST or left_open > MOST_LEFT_OPEN:
        raise raw_listing.refusal("not a feed that can be read: its elements are nested too deeply or never closed")
    return fault if isinstance(fault, expat.ExpatError) else None


class _Depth:
    """Counts how deep elements are nested."""

    def __init__(self) -> None:
        self.now = self.deepest = 0

    def start(self, name: str, attributes: object) -> None:
        del name, attributes
        self.now += 1
        self.deepest = max(self.deepest, self.now)

    def end(self, name: str) -> None:
        del name
        self.now -= 1


def _is_harmless(cause: object) -> bool:
    return isinstance(cause, feedparser.CharacterEncodingOverride | feedparser.NonXMLContentType)


def _warning(result: Any, count: int) -> Problem:
    cause = result.get("bozo_exception")
    get_line = getattr(cause, "getLineNumber", None)
    line = cast("int | None", get_line()) if get_line else None
    return Problem(line=line, reason=f"not well-formed{_cause(result)}; {count} items could be read")


def _cause(result: Any) -> str:
    cause = result.get("bozo_exception")
    get_message = getattr(cause, "getMessage", None)
    text = collapsed(str(get_message() if get_message else cause or ""))
    return f": {text}" if text else ""


def date_of(entry: Entry) -> date | None:
    """Return the day, in UTC, on which an entry says it was published, else last changed; None without one.

    Midnight of any time zone is the day as it is written. Seconds since 1970 are a date, too.
    """
    for name in ("published", "updated"):
        # The dictionary's own look-up: feedparser's would give one date for the other, with a warning.
        written, moment = dict.get(entry, name), dict.get(entry, f"{name}_parsed")
        day = _written_day(written.strip()) if isinstance(written, str) else None
        day = day or (_valid_day(moment) if isinstance(moment, time.struct_time) else None)
        if day:
            return day
    return None


def _written_day(text: str) -> date | None:
    """Return the day of a date that feedparser gets wrong or moves to another day."""
    if _SECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text[:-3] if len(text) > 11 else text), UTC).date()
    if found := _MIDNIGHT.fullmatch(text):
        return day_of(found[1])
    if " 00:00" in text:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
        return moment.date() if moment.hour == moment.minute == 0 else None
    return None


def _valid_day(moment: time.struct_time) -> date | None:
    return valid_day(moment.tm_year, moment.tm_mon, moment.tm_mday) if moment.tm_year >= EARLIEST_YEAR else None


def text_of(entry: Entry, name: str) -> str:
    """Return an entry's text of that name on one line; empty when there is none or it is not a text."""
    value = entry.get(name)
    return collapsed(value) if isinstance(value, str) else ""


def link_of(entry: Entry, site: str = "") -> str:
    """Return the address that an entry links to, in full; empty without one that is http or https."""
    link = text_of(entry, "link") or text_of(entry, "id")
    if link.startswith("/") and site.startswith(("https://", "http://")):
        link = urljoin(site, link)
    return link if link.startswith(("https://", "http://")) and " " not in link else ""
