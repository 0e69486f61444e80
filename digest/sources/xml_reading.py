"""XML that is no feed: its records one by one, as far as the document goes, and nothing that could do harm."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from digest.papers import Listing, Problem, Sighting
from digest.sources.json_service import Work
from digest.sources.markup import readable
from digest.sources.raw_listing import RawListing, collapsed
from digest.sources.tagged_text import shortened

_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
# Elements that only mark a word, which the reader of markup does not know.
_UNKNOWN_TAG = re.compile(r"</?(?:\w+:)?(?:fixed-case|url|email|uri)\b[^<>]*>")
_PIECE = 65_536
_Parser = Any  # XMLPullParser is generic to the type checker alone


@dataclass(frozen=True, kw_only=True)
class Records:
    """The records of a document."""

    elements: list[ET.Element]
    problems: list[Problem]


def records(raw_listing: RawListing, name: str) -> Records:
    """Return all complete elements of that local name, in any namespace. Raise ListingError for what is no XML at all.

    A document that breaks off or turns ill-formed gives the records before that place.
    """
    if _ENTITY.search(raw_listing.data):
        raise raw_listing.refusal("XML that declares entities of its own, which no listing needs")
    parser: _Parser = ET.XMLPullParser(events=("end",))
    found: list[ET.Element] = []
    try:
        for start in range(0, len(raw_listing.data), _PIECE):
            parser.feed(raw_listing.data[start : start + _PIECE])
            found += _ended(parser, name)
        parser.close()
        found += _ended(parser, name)
    except (ET.ParseError, LookupError, ValueError) as error:
        found += _ended_before(parser, name)
        if not found:
            raise raw_listing.refusal(f"not well-formed XML: {error}") from error
        line = error.position[0] if isinstance(error, ET.ParseError) else None
        reason = f"not well-formed: {error}; {len(found)} records could be read"
        return Records(elements=found, problems=[Problem(line=line, reason=reason)])
    return Records(elements=found, problems=[])


def _ended(parser: _Parser, name: str) -> Iterator[ET.Element]:
    for _, element in parser.read_events():
        if isinstance(element, ET.Element) and local(element) == name:
            yield element


def _ended_before(parser: _Parser, name: str) -> list[ET.Element]:
    try:
        return list(_ended(parser, name))
    except ET.ParseError:
        return []


def works(raw_listing: RawListing, name: str, tag: str, work_of: Callable[[ET.Element], Work | None]) -> Listing:
    """Return the listing of the works in all elements of that local name; one without a title is reported."""
    found = records(raw_listing, tag)
    problems = list(found.problems)
    sightings: list[Sighting] = []
    for place, element in enumerate(found.elements, start=1):
        work = work_of(element)
        sighting = work.sighting(place) if work else None
        if sighting and sighting.title:
            sightings.append(sighting)
        else:
            problems.append(Problem(line=None, reason=f"record {place} has no title; left out"))
    return raw_listing.listing(name, sightings, shortened(problems))


def elements(element: ET.Element, name: str) -> list[ET.Element]:
    """Return all elements of that local name below an element."""
    return [below for below in element.iter() if local(below) == name]


def element_named(element: ET.Element, name: str) -> ET.Element | None:
    """Return the first of those elements; None without one."""
    return next((below for below in element.iter() if local(below) == name), None)


def child(element: ET.Element, name: str) -> ET.Element | None:
    """Return the first direct child of that local name; None without one."""
    return next((below for below in element if local(below) == name), None)


def marked(element: ET.Element | None) -> str:
    """Return the text in an element as a reader sees it, its own markup undone; empty without an element."""
    if element is None:
        return ""
    if not len(element):
        return collapsed(element.text or "")
    inner = "".join([escape(element.text or ""), *(ET.tostring(below, encoding="unicode") for below in element)])
    return readable(_UNKNOWN_TAG.sub("", inner))


def local(element: ET.Element) -> str:
    """Return the name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def texts(element: ET.Element, name: str) -> list[str]:
    """Return the texts of all elements of that local name below an element, on one line each, without empty ones."""
    found = (collapsed("".join(child.itertext())) for child in element.iter() if local(child) == name)
    return [text for text in found if text]


def text(element: ET.Element, name: str) -> str:
    """Return the first of those texts; empty without one."""
    return next(iter(texts(element, name)), "")
