'''Europe PMC: answers of its search, full or short.

>>> from datetime import UTC, datetime
>>> answer = b"""{"hitCount": 1, "resultList": {"result": [{"id": "40000001", "source": "MED", "pmid": "40000001",
... "doi": "10.1000/X",
... "title": "A sample.", "authorString": "Byron A, Noether E.", "abstractText": "<h4>Aim</h4>It is short.",
... "firstPublicationDate": "2026-03-05"}]}}"""
>>> listing = read(RawListing(data=answer, origin="api", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.authors, s.doi, s.abstract) for s in listing.sightings]
[('A sample.', ('Byron A', 'Noether E'), '10.1000/x', 'Aim It is short.')]
'''

from __future__ import annotations

import re

from digest.papers import Listing
from digest.sources.json_service import JsonService, Record, Work
from digest.sources.loose_values import day_in, mapping_in, mappings_in, person_in, text_in, texts_in
from digest.sources.raw_listing import Format, RawListing


def _work(record: Record) -> Work:
    journal = mapping_in(mapping_in(record, "journalInfo"), "journal")
    number = text_in(record, "pmid")
    page = f"https://europepmc.org/article/{text_in(record, 'source')}/{text_in(record, 'id')}"
    return Work(
        title=text_in(record, "title"),
        abstract=text_in(record, "abstractText"),
        authors=_authors(record),
        doi=text_in(record, "doi"),
        published=day_in(record, "firstPublicationDate", "electronicPublicationDate"),
        links={"html": f"https://pubmed.ncbi.nlm.nih.gov/{number}/" if number else page, "pdf": _pdf(record)},
        keywords=texts_in(mapping_in(record, "keywordList"), "keyword"),
        journal_ref=text_in(journal, "title") or text_in(record, "journalTitle"),
        licence=text_in(record, "license"),
    )


def _authors(record: Record) -> list[str]:
    listed = mappings_in(mapping_in(record, "authorList"), "author")
    names = [person_in(person) or text_in(person, "collectiveName") for person in listed]
    return [name for name in names if name] or text_in(record, "authorString").rstrip(".").split(", ")


def _pdf(record: Record) -> str:
    links = mappings_in(mapping_in(record, "fullTextUrlList"), "fullTextUrl")
    return next((text_in(link, "url") for link in links if link.get("documentStyle") == "pdf"), "")


_SERVICE = JsonService(
    name="europe-pmc",
    mark=re.compile(r'"resultList"\s*:'),
    is_record=lambda record: "source" in record and "id" in record and ("title" in record or "authorString" in record),
    work=_work,
)


def read(raw_listing: RawListing) -> Listing:
    """Return the records that have a title; others are reported."""
    return _SERVICE.read(raw_listing)


FORMAT = Format(name=_SERVICE.name, recognise=_SERVICE.recognises, read=read)
