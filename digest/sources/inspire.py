'''INSPIRE: answers of the literature search.

>>> from datetime import UTC, datetime
>>> answer = b"""{"hits": {"hits": [{"id": "1", "metadata": {"titles": [{"title": "A sample"}],
... "abstracts": [{"value": "It is short."}],
... "authors": [{"full_name": "Byron, Ada"}], "arxiv_eprints": [{"value": "2501.00001", "categories": ["hep-ph"]}],
... "dois": [{"value": "10.1000/X"}], "preprint_date": "2026-03-05"}}]}}"""
>>> listing = read(RawListing(data=answer, origin="api", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.authors, s.arxiv_id, s.categories, s.doi) for s in listing.sightings]
[('A sample', ('Ada Byron',), '2501.00001', ('hep-ph',), '10.1000/x')]
'''

from __future__ import annotations

import re

from digest.papers import Listing, PublishedKind
from digest.sources.json_service import JsonService, Record, Work
from digest.sources.loose_values import day_in, mapping_in, mappings_in, people_in, text_in, texts_in
from digest.sources.raw_listing import Format, RawListing


def _work(record: Record) -> Work:
    given = mapping_in(record, "metadata")
    eprint = next(iter(mappings_in(given, "arxiv_eprints")), {})
    places = next(iter(mappings_in(given, "publication_info")), {})
    authors = people_in(given, "authors") or [text_in(item, "value") for item in mappings_in(given, "collaborations")]
    return Work(
        title=next((text_in(item, "title") for item in mappings_in(given, "titles")), ""),
        abstract=next((text_in(item, "value") for item in mappings_in(given, "abstracts")), ""),
        authors=authors,
        doi=next((text_in(item, "value") for item in mappings_in(given, "dois")), ""),
        identifiers=[text_in(eprint, "value")],
        categories=texts_in(eprint, "categories"),
        published=day_in(given, "preprint_date", "earliest_date"),
        published_kind=PublishedKind.SUBMITTED if eprint else PublishedKind.PUBLISHED,
        links={"html": f"https://inspirehep.net/literature/{text_in(record, 'id')}"},
        keywords=[text_in(item, "value") for item in mappings_in(given, "keywords")],
        comment=next((text_in(item, "value") for item in mappings_in(given, "public_notes")), ""),
        journal_ref=text_in(places, "journal_title"),
    )


_SERVICE = JsonService(
    name="inspire",
    mark=re.compile(r'"(?:arxiv_eprints|earliest_date|control_number|publication_info)"\s*:'),
    is_record=lambda record: isinstance(record.get("metadata"), dict) and "titles" in record["metadata"],
    work=_work,
)


def read(raw_listing: RawListing) -> Listing:
    """Return the records that have a title; others are reported."""
    return _SERVICE.read(raw_listing)


FORMAT = Format(name=_SERVICE.name, recognise=_SERVICE.recognises, read=read)
