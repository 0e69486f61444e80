'''RIS, as reference managers and libraries export it.

>>> from datetime import UTC, datetime
>>> record = b"""TY  - JOUR
... TI  - A sample
... AU  - Byron, Ada
... AB  - It is short.
... DO  - 10.1000/X
... ER  - """
>>> listing = read(RawListing(data=record, origin="a.ris", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.authors, s.doi, s.abstract) for s in listing.sightings]
[('A sample', ('Ada Byron',), '10.1000/x', 'It is short.')]
'''

from __future__ import annotations

import re

from digest.identity.identifiers import arxiv_id_in, arxiv_id_of_doi, doi, doi_in
from digest.papers import Listing, PublishedKind, Sighting
from digest.sources.arxiv_feed import arxiv_links
from digest.sources.author_names import people
from digest.sources.boilerplate import without_licence
from digest.sources.loose_values import day_of, first, web_link
from digest.sources.markup import readable
from digest.sources.raw_listing import Format, RawListing
from digest.sources.tagged_text import TaggedRecord, TaggedText

_TAG = re.compile(r"^\s{0,4}([A-Z][A-Z0-9])\s{0,4}-(?:\s+(.*)|)$")
_START = re.compile(r"^\s{0,4}TY\s{0,4}-\s*\w+", re.MULTILINE)


def _recognise(raw_listing: RawListing) -> bool:
    return bool(_START.search(raw_listing.head)) and not raw_listing.opening.startswith(("<", "{", "["))


def _sighting(record: TaggedRecord, place: int) -> Sighting:
    links = [link for text in record.texts("UR", "LK", "L2") for part in text.split(";") if (link := web_link(part))]
    identifiers = [*record.texts("DO"), *record.texts("M3"), *record.texts("N1")]
    arxiv = first(arxiv_id_of_doi, identifiers) or first(arxiv_id_in, [*identifiers, *links])
    days = (day_of(text) for tag in ("DA", "PY", "Y1", "Y2") for text in record.texts(tag))
    published = next((day for day in days if day), None)
    return Sighting(
        title=readable(record.text("TI", "T1", "CT", "BT")),
        abstract=without_licence(readable(record.text("AB", "N2"))),
        authors=people([*record.texts("A1"), *record.texts("AU")] or record.texts("A2", "ED")),
        arxiv_id=arxiv.id if arxiv else None,
        arxiv_version=arxiv.version if arxiv else None,
        doi=first(doi, identifiers) or first(doi_in, links),
        published=published,
        published_kind=PublishedKind.PUBLISHED if published else None,
        links=arxiv_links(arxiv) if arxiv else ({"html": links[0]} if links else {}),
        keywords=tuple(dict.fromkeys(record.lines("KW"))),
        journal_ref=record.text("JO", "JF", "T2", "JA", "J2"),
        position=place,
        line=record.line,
    )


_RIS = TaggedText(
    name="ris",
    tag=_TAG,
    first=frozenset({"TY"}),
    last=frozenset({"ER"}),
    sighting=_sighting,
)


def read(raw_listing: RawListing) -> Listing:
    """Return the records that have a title; the others are reported with their lines."""
    return _RIS.read(raw_listing)


FORMAT = Format(name=_RIS.name, recognise=_recognise, read=read)
