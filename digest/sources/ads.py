'''NASA ADS: answers of its search.

>>> from datetime import UTC, datetime
>>> answer = b"""{"response": {"numFound": 1, "docs": [{"bibcode": "2026Gates..1....1B", "title": ["A sample"],
... "abstract": "It is short.", "author": ["Byron, Ada", "Noether, E."], "doi": ["10.1000/X"],
... "identifier": ["arXiv:2501.00001"], "pubdate": "2026-03-00", "arxiv_class": ["astro-ph.GA"]}]}}"""
>>> listing = read(RawListing(data=answer, origin="api", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.authors, s.arxiv_id, s.categories, s.doi) for s in listing.sightings]
[('A sample', ('Ada Byron', 'E. Noether'), '2501.00001', ('astro-ph.GA',), '10.1000/x')]
'''

from __future__ import annotations

import re

from digest.papers import Listing
from digest.sources.json_service import JsonService, Record, Work
from digest.sources.loose_values import day_in, text_in, texts_in
from digest.sources.raw_listing import Format, RawListing


def _work(record: Record) -> Work:
    bibcode = text_in(record, "bibcode")
    return Work(
        title=text_in(record, "title"),
        abstract=text_in(record, "abstract"),
        authors=texts_in(record, "author"),
        doi=text_in(record, "doi"),
        identifiers=texts_in(record, "identifier", "alternate_bibcode"),
        categories=texts_in(record, "arxiv_class"),
        published=day_in(record, "pubdate", "date", "entry_date"),
        links={"html": f"https://ui.adsabs.harvard.edu/abs/{bibcode}/abstract" if bibcode else ""},
        keywords=texts_in(record, "keyword"),
        comment=text_in(record, "comment"),
        journal_ref=text_in(record, "pub"),
    )


_SERVICE = JsonService(
    name="ads",
    mark=re.compile(r'"bibcode"\s*:'),
    is_record=lambda record: isinstance(record.get("bibcode"), str),
    work=_work,
)


def read(raw_listing: RawListing) -> Listing:
    """Return the records that have a title; others are reported."""
    return _SERVICE.read(raw_listing)


FORMAT = Format(name=_SERVICE.name, recognise=_SERVICE.recognises, read=read)
