'''DataCite: answers of its API for DOIs.

>>> from datetime import UTC, datetime
>>> answer = b"""{"data": [{"id": "10.1000/x", "type": "dois", "attributes": {"doi": "10.1000/X",
... "titles": [{"title": "A sample"}],
... "creators": [{"name": "Byron, Ada", "givenName": "Ada", "familyName": "Byron"}],
... "descriptions": [{"description": "It is short.", "descriptionType": "Abstract"}],
... "dates": [{"date": "2026-03-05", "dateType": "Issued"}]}}]}"""
>>> listing = read(RawListing(data=answer, origin="api", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.abstract, s.authors, s.doi, str(s.published)) for s in listing.sightings]
[('A sample', 'It is short.', ('Ada Byron',), '10.1000/x', '2026-03-05')]
'''

from __future__ import annotations

import re

from digest.papers import Listing
from digest.sources.json_service import JsonService, Record, Work
from digest.sources.loose_values import mapping_in, mappings_in, people_in, text_in, written_day
from digest.sources.raw_listing import Format, RawListing

_DATES = ("Issued", "Submitted", "Available", "Created")
_SAME_WORK = frozenset({"IsVersionOf", "IsIdenticalTo", "IsVariantFormOf", "IsPublishedIn", "IsPreviousVersionOf"})


def _work(record: Record) -> Work:
    given = mapping_in(record, "attributes")
    described = mappings_in(given, "descriptions")
    abstracts = [item for item in described if text_in(item, "descriptionType") == "Abstract"] or described
    dates = {text_in(item, "dateType"): text_in(item, "date") for item in mappings_in(given, "dates")}
    days = (written_day(dates[name]) for name in _DATES if name in dates)
    related = [item for item in mappings_in(given, "relatedIdentifiers") if text_in(item, "relationType") in _SAME_WORK]
    licences = mappings_in(given, "rightsList")
    return Work(
        title=next((text_in(item, "title") for item in mappings_in(given, "titles") if not item.get("titleType")), ""),
        abstract=next((text_in(item, "description") for item in abstracts), ""),
        authors=people_in(given, "creators"),
        doi=text_in(given, "doi"),
        identifiers=[text_in(item, "relatedIdentifier") for item in related],
        published=next((day for day in days if day), None),
        links={"html": text_in(given, "url")},
        keywords=[text_in(item, "subject") for item in mappings_in(given, "subjects")],
        journal_ref=text_in(mapping_in(given, "container"), "title"),
        licence=text_in(licences[0], "rightsIdentifier", "rights") if licences else "",
    )


_SERVICE = JsonService(
    name="datacite",
    mark=re.compile(r'"type"\s*:\s*"dois"|"(?:relatedIdentifiers|rightsList|descriptionType)"\s*:'),
    is_record=lambda record: isinstance(record.get("attributes"), dict) and "titles" in record["attributes"],
    work=_work,
)


def read(raw_listing: RawListing) -> Listing:
    """Return the records that have a title; others are reported."""
    return _SERVICE.read(raw_listing)


FORMAT = Format(name=_SERVICE.name, recognise=_SERVICE.recognises, read=read)
