"""feedparser, used the safe way: bytes only, no sanitising, no URL rewriting; its verdicts made plain."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from datetime import date
from typing import Any, cast
from xml.parsers import expat

import feedparser

from digest.papers import Problem
from digest.sources.raw_listing import RawListing, collapsed

Entry = dict[str, Any]  #: feedparser's own dictionary type is one

DEEPEST = 200  #: elements inside elements
MOST_LEFT_OPEN = 5_000  #: in a feed that is not well-formed

_ERROR_TITLE = "Feed error for query"


@dataclass(frozen=True, kw_only=True)
class ParsedFeed:
    """What feedparser made of a feed."""

    title: str
    entries: list[Entry]
    problems: tuple[Problem, ...]  #: warnings: the entries are usable all the same
    day: date | None  #: the feed's own date


def parsed(raw_listing: RawListing) -> ParsedFeed:
    """Return the feed in `material`. Raise ListingError when it is none, or one that only reports an error."""
    result = _parse(raw_listing)
    if not result.get("version"):
        raise raw_listing.refusal(f"not a feed{_cause(result)}")
    title = text_of(result.feed, "title")
    if title.startswith(_ERROR_TITLE):
        raise raw_listing.refusal(f"the source reports an error: {title}; {text_of(result.feed, 'subtitle')}")
    problems: tuple[Problem, ...] = ()
    if result.get("bozo") and not _is_harmless(result.get("bozo_exception")):
        problems = (_warning(result, len(result.entries)),)
    return ParsedFeed(title=title, entries=list(result.entries), problems=problems, day=date_of(result.feed))


def _parse(raw_listing: RawListing) -> Any:
    _refuse_nesting(raw_listing)
    # A file object, never a string: feedparser takes a string for a URL or a path. feedparser and the parsers under
    # it raise whatever a hostile document makes them raise, so everything they raise is a verdict on the document.
    try:
        return feedparser.parse(io.BytesIO(raw_listing.data), sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:
        raise raw_listing.refusal(f"not a feed that can be read: {type(error).__name__}: {error}") from error


def _refuse_nesting(raw_listing: RawListing) -> None:
    """Refuse what feedparser would spend minutes on: elements inside elements, thousands deep, or never closed."""
    depth = _Depth()
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = depth.start, depth.end
    try:
        parser.Parse(raw_listing.data, True)
        is_well_formed = True
    except (expat.ExpatError, ValueError, LookupError):  # LookupError: an encoding that nobody knows
        is_well_formed = False  # feedparser has a second, more tolerant parser for these
    data = raw_listing.data
    closings = data.count(b"</")
    openings = data.count(b"<") - closings - data.count(b"<!") - data.count(b"<?") - data.count(b"/>")
    left_open = 0 if is_well_formed else openings - closings
    if depth.deepest > DEEPEST or left_open > MOST_LEFT_OPEN:
        raise raw_listing.refusal("not a feed that can be read: its elements are nested too deeply or never closed")


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
    """Return the day, in UTC, on which an entry says it was published, else last changed; None without one."""
    for name in ("published_parsed", "updated_parsed"):
        # The dictionary's own look-up: feedparser's would give one date for the other, with a warning.
        moment = dict.get(entry, name)
        if isinstance(moment, time.struct_time) and (day := _valid_day(moment)):
            return day
    return None


def _valid_day(moment: time.struct_time) -> date | None:
    try:
        return date(moment.tm_year, moment.tm_mon, moment.tm_mday)
    except ValueError:
        return None


def text_of(entry: Entry, name: str) -> str:
    """Return an entry's text of that name on one line; empty when there is none or it is not a text."""
    value = entry.get(name)
    return collapsed(value) if isinstance(value, str) else ""


def link_of(entry: Entry) -> str:
    """Return the address that an entry links to; empty without one that is http or https."""
    link = text_of(entry, "link") or text_of(entry, "id")
    return link if link.startswith(("https://", "http://")) and " " not in link else ""
