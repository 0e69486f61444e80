'''Crossref: answers of the works API.

>>> from datetime import UTC, datetime
>>> answer = b"""{"message": {"items": [{"DOI": "10.1000/X", "title": ["A sample"], "subtitle": ["Of gates"],
... "abstract": "<jats:title>Abstract</jats:title><jats:p>It is short.</jats:p>",
... "author": [{"given": "Ada", "family": "Byron", "suffix": "Jr."}], "published": {"date-parts": [[2026, 3, 5]]},
... "relation": {"has-preprint": [{"id-type": "arxiv", "id": "2501.00001"}]}}]}}"""
>>> listing = read(RawListing(data=answer, origin="api", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.authors, s.doi, s.arxiv_id, str(s.published)) for s in listing.sightings]
[('A sample: Of gates', ('Ada Byron Jr.',), '10.1000/x', '2501.00001', '2026-03-05')]
'''

from __future__ import annotations

import re

from digest.papers import Listing
from digest.sources.json_service import JsonService, Record, Work
from digest.sources.loose_values import day_of_parts, mapping_in, mappings_in, people_in, text_in, texts_in
from digest.sources.raw_listing import Format, RawListing

_DATES = ("published", "published-online", "published-print", "issued", "posted", "created")
_SAME_WORK = ("has-preprint", "is-preprint-of", "is-version-of", "has-version", "is-same-as", "is-identical-to")


def _work(record: Record) -> Work | None:
    if text_in(record, "type") in ("journal", "journal-issue", "component", "grant", "peer-review"):
        return None
    title, subtitle = text_in(record, "title"), text_in(record, "subtitle")
    days = (day_of_parts(record.get(name)) for name in _DATES)
    licences = mappings_in(record, "license")
    return Work(
        title=f"{title}: {subtitle}" if title and subtitle and subtitle.lower() not in title.lower() else title,
        abstract=text_in(record, "abstract"),
        authors=people_in(record, "author") or people_in(record, "editor"),
        doi=text_in(record, "DOI"),
        identifiers=_preprints(mapping_in(record, "relation")),
        published=next((day for day in days if day), None),
        links={"html": text_in(mapping_in(mapping_in(record, "resource"), "primary"), "URL") or text_in(record, "URL")},
        keywords=texts_in(record, "subject"),
        journal_ref=text_in(record, "container-title"),
        licence=text_in(licences[0], "URL") if licences else "",
    )


def _preprints(relation: Record) -> list[str]:
    """Return the identifiers of other versions of the work; arXiv's are among them."""
    related = (item for name in _SAME_WORK for item in mappings_in(relation, name))
    return [
        text
        for item in related
        if (text := text_in(item, "id")) and text_in(item, "id-type") in ("arxiv", "doi", "uri")
    ]


_SERVICE = JsonService(
    name="crossref",
    mark=re.compile(r'"message-type"\s*:|"message"\s*:\s*\{|"(?:is-referenced-by-count|reference-count|indexed)"\s*:'),
    is_record=lambda record: isinstance(record.get("DOI"), str),
    work=_work,
)


def read(raw_listing: RawListing) -> Listing:
    """Return the records that have a title; others are reported."""
    return _SERVICE.read(raw_listing)


FORMAT = Format(name=_SERVICE.name, recognise=_SERVICE.recognises, read=read)
