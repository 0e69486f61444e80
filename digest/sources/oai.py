'''OAI-PMH: answers with Dublin Core, and with arXiv's own metadata.

>>> from datetime import UTC, datetime
>>> answer = b"""<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords><record><header>
... <identifier>oai:arXiv.org:2501.00001</identifier></header><metadata>
... <dc xmlns="http://www.openarchives.org/OAI/2.0/oai_dc/"><title>A sample</title><creator>Byron, Ada</creator>
... <description>It is short.</description><description>Comment: 2 pages</description><date>2025-01-01</date>
... <identifier>doi:10.1000/X</identifier></dc></metadata></record></ListRecords></OAI-PMH>"""
>>> listing = read(RawListing(data=answer, origin="oai", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.authors, s.arxiv_id, s.doi, s.abstract, s.comment) for s in listing.sightings]
[('A sample', ('Ada Byron',), '2501.00001', '10.1000/x', 'It is short.', '2 pages')]
'''

from __future__ import annotations

import re
from datetime import date
from xml.etree.ElementTree import Element

from digest.identity.identifiers import arxiv_id_in, doi, doi_in
from digest.papers import Listing, Problem, PublishedKind, Sighting
from digest.sources.arxiv_feed import arxiv_links
from digest.sources.author_names import names_in, people
from digest.sources.boilerplate import best_abstract
from digest.sources.loose_values import day_of, web_link
from digest.sources.markup import readable
from digest.sources.raw_listing import Format, RawListing, collapsed
from digest.sources.xml_reading import local, records, text, texts

_ROOT = re.compile(r"<(?:\w+:)?oai-pmh\b|^(?:<\?xml[^>]*>\s*)?<record>\s*<header|openarchives\.org/oai/2\.0/oai_dc")
_ERROR = re.compile(r"<(?:\w+:)?error code=[\"'](\w+)[\"'][^>]*>([^<]*)<")
_COMMENT = "Comment:"
_IS_DOI = re.compile(r"doi:|10\.\d{4,9}/|https?://(?:dx\.|www\.)?doi\.org/", re.IGNORECASE)


def _recognise(raw_listing: RawListing) -> bool:
    return raw_listing.opening.startswith("<") and bool(_ROOT.search(raw_listing.opening))


def read(raw_listing: RawListing) -> Listing:
    """Return the records that hold a paper; deleted ones are left out, an answer "no records match" has none."""
    error = _ERROR.search(raw_listing.head)
    if error and error[1] != "noRecordsMatch":
        raise raw_listing.refusal(f"the source reports an error: {error[1]}: {collapsed(error[2])}")
    found = records(raw_listing, "record")
    problems = list(found.problems)
    sightings: list[Sighting] = []
    for place, record in enumerate(found.elements, start=1):
        if any(local(part) == "header" and part.get("status") == "deleted" for part in record):
            continue
        sighting = _sighting(record, len(sightings) + 1)
        if sighting.title:
            sightings.append(sighting)
        else:
            problems.append(Problem(line=None, reason=f"record {place} has no title; left out"))
    return raw_listing.listing(FORMAT.name, sightings, problems)


def _sighting(record: Element, place: int) -> Sighting:
    identifiers = [*texts(record, "id"), *texts(record, "identifier")]
    marked = [
        f"arXiv:{identifier}" if re.match(r"[\w.-]+/?\d+", identifier) else identifier for identifier in identifiers
    ]
    arxiv = next((found for found in map(arxiv_id_in, [*identifiers, *marked]) if found), None)
    descriptions = texts(record, "description")
    comments = [part.removeprefix(_COMMENT).strip() for part in descriptions if part.startswith(_COMMENT)]
    abstracts = [readable(part) for part in descriptions if not part.startswith(_COMMENT)]
    published = _first_day(record)
    return Sighting(
        title=readable(text(record, "title")),
        abstract=readable(text(record, "abstract")) or best_abstract(abstracts),
        authors=_authors(record),
        arxiv_id=arxiv.id if arxiv else None,
        doi=_doi(record, identifiers),
        categories=tuple(text(record, "categories").split()),
        published=published,
        published_kind=PublishedKind.SUBMITTED if published else None,
        links=arxiv_links(arxiv) if arxiv else _links(identifiers),
        comment=text(record, "comments") or next(iter(comments), ""),
        journal_ref=text(record, "journal-ref"),
        licence=text(record, "license") or text(record, "rights"),
        position=place,
    )


def _authors(record: Element) -> tuple[str, ...]:
    persons = [person for person in record.iter() if local(person) == "author"]
    names = [collapsed(f"{text(person, 'forenames')} {text(person, 'keyname')}") for person in persons]
    names = [name for name in names if name] or texts(record, "creator")
    return people(names) or names_in(text(record, "authors"))


def _doi(record: Element, identifiers: list[str]) -> str | None:
    given = [
        *texts(record, "doi"),
        *(part for part in identifiers if _IS_DOI.match(part)),
    ]
    return next((found for part in given if (found := doi(part) or doi_in(part))), None)


def _first_day(record: Element) -> date | None:
    days = [day for name in ("created", "date") for part in texts(record, name) if (day := day_of(part))]
    return min(days, default=None)


def _links(identifiers: list[str]) -> dict[str, str]:
    link = next((found for part in identifiers if (found := web_link(part))), "")
    return {"html": link} if link else {}


FORMAT = Format(name="oai-pmh", recognise=_recognise, read=read)
