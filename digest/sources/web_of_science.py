'''Web of Science exports as plain text.

>>> from datetime import UTC, datetime
>>> record = b"""FN Clarivate Analytics Web of Science
... VR 1.0
... PT J
... AU Byron, A
...    Noether, E
... AF Byron, Ada
...    Noether, Emmy
... TI A sample of gates that
...    open slowly
... AB It is short.
... PD MAR 10
... PY 2026
... DI 10.1000/X
... ER
...
... EF"""
>>> listing = read(RawListing(data=record, origin="savedrecs.txt", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.authors, s.doi, str(s.published)) for s in listing.sightings]
[('A sample of gates that open slowly', ('Ada Byron', 'Emmy Noether'), '10.1000/x', '2026-03-10')]
'''

from __future__ import annotations

import re

from digest.identity.identifiers import arxiv_id_in, arxiv_id_of_doi, doi
from digest.papers import Listing, PublishedKind, Sighting
from digest.sources.arxiv_feed import arxiv_links
from digest.sources.author_names import people
from digest.sources.boilerplate import without_licence
from digest.sources.loose_values import written_day
from digest.sources.markup import readable
from digest.sources.raw_listing import Format, RawListing
from digest.sources.tagged_text import TaggedRecord, TaggedText

_TAG = re.compile(r"^([A-Z][A-Z0-9])(?: (.*)|\s*)$")
_START = re.compile(r"^PT [A-Z]\r?$", re.MULTILINE)
_END = re.compile(r"^ER\s*$|^(?:AU|TI) ", re.MULTILINE)


def _recognise(raw_listing: RawListing) -> bool:
    return bool(_START.search(raw_listing.head)) and bool(_END.search(raw_listing.head))


def _sighting(record: TaggedRecord, place: int) -> Sighting:
    identifier = record.text("DI", "D2")
    arxiv = arxiv_id_of_doi(identifier) or arxiv_id_in(record.text("AR", "UT"))
    published = written_day(f"{record.text('PY')} {record.text('PD')}") or written_day(record.text("EA"))
    return Sighting(
        title=readable(record.text("TI")),
        abstract=without_licence(readable(record.text("AB"))),
        authors=people([*(record.lines("AF") or record.lines("AU")), *record.lines("CA")]),
        arxiv_id=arxiv.id if arxiv else None,
        doi=doi(identifier),
        published=published,
        published_kind=PublishedKind.PUBLISHED if published else None,
        links=arxiv_links(arxiv) if arxiv else {},
        keywords=_keywords(record),
        journal_ref=record.text("SO"),
        position=place,
        line=record.line,
    )


def _keywords(record: TaggedRecord) -> tuple[str, ...]:
    words = (word.strip() for tag in ("DE", "ID") for text in record.texts(tag) for word in text.split(";"))
    return tuple(dict.fromkeys(word for word in words if word))


_WEB_OF_SCIENCE = TaggedText(
    name="web-of-science",
    tag=_TAG,
    first=frozenset({"PT"}),
    last=frozenset({"ER"}),
    sighting=_sighting,
)


def read(raw_listing: RawListing) -> Listing:
    """Return the records that have a title; the others are reported with their lines."""
    return _WEB_OF_SCIENCE.read(raw_listing)


FORMAT = Format(name=_WEB_OF_SCIENCE.name, recognise=_recognise, read=read)
