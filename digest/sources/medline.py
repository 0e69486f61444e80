'''PubMed's .nbib files: records in MEDLINE format.

>>> from datetime import UTC, datetime
>>> record = b"""PMID- 40000001
... DP  - 2026 Mar 10
... TI  - A sample of gates that
...       open slowly.
... LID - 10.1000/X [doi]
... AB  - It is short.
... FAU - Byron, Ada
... AU  - Byron A
... JT  - Journal of Samples
... """
>>> listing = read(RawListing(data=record, origin="a.nbib", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.authors, s.doi, str(s.published)) for s in listing.sightings]
[('A sample of gates that open slowly.', ('Ada Byron',), '10.1000/x', '2026-03-10')]
'''

from __future__ import annotations

import re

from digest.identity.identifiers import arxiv_id_in, doi_in
from digest.papers import Listing, PublishedKind, Sighting
from digest.sources.arxiv_feed import arxiv_links
from digest.sources.author_names import people
from digest.sources.boilerplate import without_licence
from digest.sources.loose_values import first, written_day
from digest.sources.markup import readable
from digest.sources.raw_listing import Format, RawListing
from digest.sources.tagged_text import TaggedRecord, TaggedText

_TAG = re.compile(r"^([A-Z]{2,4}) {0,2}- ?(.*)$")
_START = re.compile(r"^PMID ?- ?\d+", re.MULTILINE)


def _recognise(raw_listing: RawListing) -> bool:
    return bool(_START.search(raw_listing.head)) and not raw_listing.opening.startswith(("<", "{", "["))


def _sighting(record: TaggedRecord, place: int) -> Sighting:
    identifiers = [text for tag in ("LID", "AID") for text in record.texts(tag) if "[doi]" in text]
    mentions = [text for tag in ("AID", "LID", "PST", "CIN", "SO") for text in record.texts(tag)]
    arxiv = first(arxiv_id_in, mentions)
    days = (written_day(text) for tag in ("DEP", "DP", "EDAT", "DA") for text in record.texts(tag))
    published = next((day for day in days if day), None)
    number = record.text("PMID")
    return Sighting(
        title=readable(record.text("TI", "BTI", "TT")),
        abstract=without_licence(readable(record.text("AB", "OAB"))),
        authors=people([*record.texts("FAU", "AU"), *record.texts("CN")]),
        arxiv_id=arxiv.id if arxiv else None,
        doi=first(doi_in, identifiers),
        published=published,
        published_kind=PublishedKind.PUBLISHED if published else None,
        links=arxiv_links(arxiv) if arxiv else {"html": f"https://pubmed.ncbi.nlm.nih.gov/{number}/"},
        keywords=tuple(dict.fromkeys(text.lstrip("*") for text in record.texts("OT", "MH"))),
        journal_ref=record.text("JT", "TA"),
        position=place,
        line=record.line,
    )


_MEDLINE = TaggedText(
    name="medline",
    tag=_TAG,
    first=frozenset({"PMID"}),
    last=frozenset(),
    sighting=_sighting,
)


def read(raw_listing: RawListing) -> Listing:
    """Return the records that have a title; the others are reported with their lines."""
    return _MEDLINE.read(raw_listing)


FORMAT = Format(name=_MEDLINE.name, recognise=_recognise, read=read)
