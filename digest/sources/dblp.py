'''DBLP: answers of its publication search.

>>> from datetime import UTC, datetime
>>> answer = b"""{"result": {"hits": {"@total": "1", "hit": [{"@id": "1", "info": {"authors": {"author":
... [{"@pid": "1/1", "text": "Ada Byron 0001"}]}, "title": "A sample.", "venue": "Gates", "year": "2026",
... "doi": "10.1000/X", "ee": "https://doi.org/10.1000/X", "key": "conf/gates/Byron26"}}]}}}"""
>>> listing = read(RawListing(data=answer, origin="api", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.authors, s.doi, s.journal_ref) for s in listing.sightings]
[('A sample.', ('Ada Byron',), '10.1000/x', 'Gates')]
'''

from __future__ import annotations

import re

from digest.papers import Listing
from digest.sources.json_service import JsonService, Record, Work
from digest.sources.loose_values import mapping_in, people_in, text_in
from digest.sources.raw_listing import Format, RawListing

_NUMBER = re.compile(r"\s\d{4}$")  # DBLP numbers people who have one name


def _work(record: Record) -> Work:
    names = people_in(mapping_in(record, "authors"), "author") or [text_in(mapping_in(record, "authors"), "author")]
    return Work(
        title=text_in(record, "title"),
        authors=[_NUMBER.sub("", name) for name in names if name],
        doi=text_in(record, "doi"),
        identifiers=[text_in(record, "ee"), _preprint(text_in(record, "volume"))],
        links={"html": text_in(record, "ee", "url")},
        journal_ref=text_in(record, "venue"),
        licence=text_in(record, "access"),
    )


def _preprint(volume: str) -> str:
    """Return arXiv's id from the volume of the "journal" CoRR: "abs/2501.00001"."""
    return f"arXiv:{volume.removeprefix('abs/')}" if volume.startswith("abs/") else ""


_SERVICE = JsonService(
    name="dblp",
    mark=re.compile(r'"hits"\s*:\s*\{[\s\S]{0,400}"(?:@total|hit|@sent)"'),
    is_record=lambda record: isinstance(record.get("title"), str) and ("key" in record or "venue" in record),
    work=_work,
)


def read(raw_listing: RawListing) -> Listing:
    """Return the records that have a title; others are reported."""
    return _SERVICE.read(raw_listing)


FORMAT = Format(name=_SERVICE.name, recognise=_SERVICE.recognises, read=read)
