'''Semantic Scholar: search, recommendations and the lines of its data sets.

>>> from datetime import UTC, datetime
>>> answer = b"""{"total": 1, "data": [{"paperId": "a", "externalIds": {"ArXiv": "2501.00001", "DOI": "10.1000/X"},
... "title": "A sample",
... "abstract": "It is short.", "publicationDate": "2026-03-05", "tldr": {"text": "Short."},
... "authors": [{"authorId": "1", "name": "Ada Byron"}]}]}"""
>>> listing = read(RawListing(data=answer, origin="api", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.arxiv_id, s.doi, s.tldr, s.authors) for s in listing.sightings]
[('A sample', '2501.00001', '10.1000/x', 'Short.', ('Ada Byron',))]
'''

from __future__ import annotations

import re

from digest.papers import Listing
from digest.sources.json_service import JsonService, Record, Work
from digest.sources.loose_values import day_in, mapping_in, people_in, text_in, texts_in
from digest.sources.raw_listing import Format, RawListing


def _work(record: Record) -> Work:
    identifiers = mapping_in(record, "externalIds") or mapping_in(record, "externalids")
    return Work(
        title=text_in(record, "title"),
        abstract=text_in(record, "abstract"),
        authors=people_in(record, "authors"),
        doi=text_in(identifiers, "DOI"),
        identifiers=[text_in(identifiers, "ArXiv")],
        published=day_in(record, "publicationDate", "publicationdate"),
        links={"html": text_in(record, "url"), "pdf": text_in(mapping_in(record, "openAccessPdf"), "url")},
        keywords=texts_in(record, "fieldsOfStudy"),
        tldr=text_in(mapping_in(record, "tldr"), "text"),
        journal_ref=text_in(mapping_in(record, "journal"), "name") or text_in(record, "venue"),
    )


_SERVICE = JsonService(
    name="semantic-scholar",
    mark=re.compile(r'"(?:paperId|corpusid|externalIds|externalids|recommendedPapers)"\s*:'),
    is_record=lambda record: bool({"paperId", "corpusid", "externalIds"} & record.keys()) and "authorId" not in record,
    work=_work,
)


def read(raw_listing: RawListing) -> Listing:
    """Return the records that have a title; others are reported."""
    return _SERVICE.read(raw_listing)


FORMAT = Format(name=_SERVICE.name, recognise=_SERVICE.recognises, read=read)
