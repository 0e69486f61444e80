'''Solr answers in XML, as PLOS gives them.

>>> from datetime import UTC, datetime
>>> answer = b"""<response><result numFound="1"><doc><str name="id">10.1371/journal.pone.0000001</str>
... <str name="journal">PLoS ONE</str><date name="publication_date">2007-12-21T00:00:00Z</date>
... <arr name="author_display"><str>Ada Byron</str></arr><arr name="abstract"><str>It is short.</str></arr>
... <str name="title_display">A sample</str></doc></result></response>"""
>>> listing = read(RawListing(data=answer, origin="plos", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.authors, s.doi, s.abstract) for s in listing.sightings]
[('A sample', ('Ada Byron',), '10.1371/journal.pone.0000001', 'It is short.')]
'''

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from digest.identity.identifiers import doi
from digest.papers import Listing, PublishedKind, Sighting
from digest.sources.loose_values import day_of
from digest.sources.markup import readable
from digest.sources.raw_listing import Format, RawListing, collapsed
from digest.sources.xml_reading import records

_ROOT = re.compile(r"<response>\s*(?:<lst|<result)\b")
_TITLES = ("title_display", "title", "alternate_title")


def _recognise(raw_listing: RawListing) -> bool:
    return bool(_ROOT.search(raw_listing.opening))


def read(raw_listing: RawListing) -> Listing:
    """Return the documents that have a title; those for sections of a paper, which have none, are left out."""
    found = records(raw_listing, "doc")
    fields = map(_fields, found.elements)
    papers = [document for document in fields if any(document.get(name) for name in _TITLES)]
    sightings = [_sighting(document, place) for place, document in enumerate(papers, start=1)]
    return raw_listing.listing(FORMAT.name, sightings, found.problems)


def _fields(document: Element) -> dict[str, list[str]]:
    return {
        field.get("name", ""): [collapsed("".join(part.itertext())) for part in (list(field) or [field])]
        for field in document
    }


def _sighting(document: dict[str, list[str]], place: int) -> Sighting:
    identifier = doi(_first(document, "doi", "id"))
    published = day_of(_first(document, "publication_date", "published", "date"))
    return Sighting(
        title=readable(_first(document, *_TITLES)),
        abstract=readable(_first(document, "abstract", "abstract_primary_display")),
        authors=tuple(
            dict.fromkeys(name for name in document.get("author_display", document.get("author", [])) if name)
        ),
        doi=identifier,
        categories=tuple(dict.fromkeys(document.get("subject", []))),
        published=published,
        published_kind=PublishedKind.PUBLISHED if published else None,
        links={"html": f"https://doi.org/{identifier}"} if identifier else {},
        journal_ref=_first(document, "journal"),
        position=place,
    )


def _first(document: dict[str, list[str]], *names: str) -> str:
    return next((value for name in names for value in document.get(name, ()) if value), "")


FORMAT = Format(name="solr-xml", recognise=_recognise, read=read)
