'''EndNote's tagged exports (.enw), also known as the refer format.

>>> from datetime import UTC, datetime
>>> record = b"""%0 Journal Article
... %T A sample
... %A Byron, Ada
... %X It is short.
... %R 10.1000/X
... %8 March 10, 2026
... """
>>> listing = read(RawListing(data=record, origin="a.enw", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.authors, s.doi, str(s.published)) for s in listing.sightings]
[('A sample', ('Ada Byron',), '10.1000/x', '2026-03-10')]
'''

from __future__ import annotations

import re

from digest.identity.identifiers import arxiv_id_in, arxiv_id_of_doi, doi, doi_in
from digest.papers import Listing, PublishedKind, Sighting
from digest.sources.arxiv_feed import arxiv_links
from digest.sources.author_names import people
from digest.sources.boilerplate import without_licence
from digest.sources.loose_values import web_link, written_day
from digest.sources.markup import readable
from digest.sources.raw_listing import Format, RawListing
from digest.sources.tagged_text import TaggedRecord, TaggedText

_TAG = re.compile(r"^(%[0-9A-Z@!?\[\]$^&#*(~+])(?: (.*)|\s*)$")
_START = re.compile(r"^%0 \S", re.MULTILINE)


def _recognise(raw_listing: RawListing) -> bool:
    return raw_listing.opening.startswith("%0 ") and bool(_START.search(raw_listing.head))


def _sighting(record: TaggedRecord, place: int) -> Sighting:
    link = next((found for text in record.texts("%U") if (found := web_link(text))), "")
    identifier = record.text("%R")
    arxiv = arxiv_id_of_doi(identifier) or arxiv_id_in(link) or arxiv_id_in(record.text("%J", "%B"))
    published = written_day(record.text("%8")) or written_day(f"{record.text('%D')} {record.text('%8')}")
    return Sighting(
        title=readable(record.text("%T")),
        abstract=without_licence(readable(record.text("%X"))),
        authors=people(record.texts("%A")),
        arxiv_id=arxiv.id if arxiv else None,
        doi=doi(identifier) or doi_in(link),
        published=published,
        published_kind=PublishedKind.PUBLISHED if published else None,
        links=arxiv_links(arxiv) if arxiv else ({"html": link} if link else {}),
        keywords=tuple(dict.fromkeys(record.lines("%K"))),
        journal_ref=record.text("%J", "%B"),
        position=place,
        line=record.line,
    )


_ENDNOTE = TaggedText(
    name="endnote",
    tag=_TAG,
    first=frozenset({"%0"}),
    last=frozenset(),
    sighting=_sighting,
)


def read(raw_listing: RawListing) -> Listing:
    """Return the records that have a title; the others are reported with their lines."""
    return _ENDNOTE.read(raw_listing)


FORMAT = Format(name=_ENDNOTE.name, recognise=_recognise, read=read)
