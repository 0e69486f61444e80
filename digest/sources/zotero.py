'''Zotero: answers of its API, and the JSON exports of Zotero and Better BibTeX.

>>> from datetime import UTC, datetime
>>> answer = b"""[{"key": "A", "data": {"itemType": "preprint", "title": "A sample", "abstractNote": "It is short.",
... "creators": [{"creatorType": "author", "firstName": "Ada", "lastName": "Byron"}], "date": "March 5, 2026",
... "archiveID": "arXiv:2501.00001"}}, {"key": "B", "data": {"itemType": "attachment", "title": "PDF"}}]"""
>>> listing = read(RawListing(data=answer, origin="api", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.authors, s.arxiv_id, str(s.published)) for s in listing.sightings]
[('A sample', ('Ada Byron',), '2501.00001', '2026-03-05')]
'''

from __future__ import annotations

import re

from digest.papers import Listing
from digest.sources.json_service import JsonService, Record, Work
from digest.sources.loose_values import mappings_in, person_in, text_in, written_day
from digest.sources.raw_listing import Format, RawListing

_NO_WORKS = frozenset({"attachment", "note", "annotation"})


def _work(record: Record) -> Work | None:
    if record.get("itemType") in _NO_WORKS:
        return None
    creators = mappings_in(record, "creators")
    authors = [person for person in creators if text_in(person, "creatorType") == "author"] or creators
    return Work(
        title=text_in(record, "title"),
        abstract=text_in(record, "abstractNote"),
        authors=[name for person in authors if (name := person_in(person))],
        doi=text_in(record, "DOI"),
        identifiers=[text_in(record, name) for name in ("archiveID", "extra", "url", "reportNumber")],
        published=written_day(text_in(record, "date")),
        links={"html": text_in(record, "url")},
        keywords=[text_in(tag, "tag") for tag in mappings_in(record, "tags")],
        journal_ref=text_in(record, "publicationTitle", "proceedingsTitle", "bookTitle"),
        licence=text_in(record, "rights"),
    )


_SERVICE = JsonService(
    name="zotero",
    mark=re.compile(r'"itemType"\s*:'),
    is_record=lambda record: isinstance(record.get("itemType"), str),
    work=_work,
)


def read(raw_listing: RawListing) -> Listing:
    """Return the records that have a title; others are reported."""
    return _SERVICE.read(raw_listing)


FORMAT = Format(name=_SERVICE.name, recognise=_SERVICE.recognises, read=read)
