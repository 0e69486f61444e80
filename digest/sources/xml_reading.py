"""XML that is no feed: its records one by one, as far as the document goes, and nothing that could do harm."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from digest.papers import Problem
from digest.sources.raw_listing import RawListing, collapsed

_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
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
