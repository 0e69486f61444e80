'''DOAJ: answers of the article search.

>>> from datetime import UTC, datetime
>>> answer = b"""{"total": 1, "results": [{"id": "a", "created_date": "2026-03-05T10:00:00Z",
... "bibjson": {"title": "A sample",
... "abstract": "It is short.", "author": [{"name": "Ada Byron", "affiliation": "Town"}],
... "identifier": [{"type": "doi", "id": "10.1000/X"}], "journal": {"title": "Gates"}}}]}"""
>>> listing = read(RawListing(data=answer, origin="api", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.abstract, s.authors, s.doi) for s in listing.sightings]
[('A sample', 'It is short.', ('Ada Byron',), '10.1000/x')]
'''

from __future__ import annotations

import re

from digest.papers import Listing
from digest.sources.json_service import JsonService, Record, Work
from digest.sources.loose_values import mapping_in, mappings_in, people_in, text_in, texts_in, written_day
from digest.sources.raw_listing import Format, RawListing


def _work(record: Record) -> Work:
    article = mapping_in(record, "bibjson")
    identifiers = {text_in(item, "type").lower(): text_in(item, "id") for item in mappings_in(article, "identifier")}
    links = {text_in(item, "type"): text_in(item, "url") for item in mappings_in(article, "link")}
    licences = mappings_in(mapping_in(article, "journal"), "license")
    return Work(
        title=text_in(article, "title"),
        abstract=text_in(article, "abstract"),
        authors=people_in(article, "author"),
        doi=identifiers.get("doi", ""),
        published=written_day("-".join((text_in(article, "year"), text_in(article, "month"), text_in(article, "day")))),
        links={"html": links.get("fulltext", "")},
        keywords=texts_in(article, "keywords"),
        journal_ref=text_in(mapping_in(article, "journal"), "title"),
        licence=text_in(licences[0], "type") if licences else "",
    )


_SERVICE = JsonService(
    name="doaj",
    mark=re.compile(r'"bibjson"\s*:'),
    is_record=lambda record: isinstance(record.get("bibjson"), dict),
    work=_work,
)


def read(raw_listing: RawListing) -> Listing:
    """Return the records that have a title; others are reported."""
    return _SERVICE.read(raw_listing)


FORMAT = Format(name=_SERVICE.name, recognise=_SERVICE.recognises, read=read)
