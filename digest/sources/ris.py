'''RIS, read by rispy.

>>> from datetime import UTC, datetime
>>> record = b"""TY  - JOUR
... TI  - A sample
... AU  - Byron, Ada
... AB  - It is short.
... DO  - 10.1000/X
... ER  - """
>>> listing = read(RawListing(data=record, origin="a.ris", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.authors, s.doi, s.abstract) for s in listing.sightings]
[('A sample', ('Ada Byron',), '10.1000/x', 'It is short.')]
'''

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import rispy

from digest.identity.identifiers import arxiv_id_in, arxiv_id_of_doi, doi
from digest.papers import Listing, Problem, PublishedKind, Sighting
from digest.sources.arxiv_feed import arxiv_links
from digest.sources.author_names import forename_first
from digest.sources.loose_values import day_in, text_in, texts_in, web_link
from digest.sources.raw_listing import Format, RawListing, collapsed

_START = re.compile(r"^\ufeff?\s*TY  ?- \S+", re.MULTILINE)
_END = re.compile(r"^\s*ER  ?-", re.MULTILINE)


def _recognise(raw_listing: RawListing) -> bool:
    return bool(_START.match(raw_listing.head.lstrip()))


def read(raw_listing: RawListing) -> Listing:
    """Return the records that have a title; a record that breaks off is reported."""
    text = raw_listing.text.replace("\r\n", "\n")
    # Whatever a damaged file makes the library raise is a verdict on the file.
    try:
        entries = rispy.loads(text)
    except Exception as error:
        raise raw_listing.refusal(
            f"not RIS that can be read: {type(error).__name__}: {collapsed(str(error))}"
        ) from error
    sightings = [_sighting(entry, place) for place, entry in enumerate(entries, start=1)]
    problems = [
        Problem(line=None, reason=f"record {sighting.position} has no title; left out")
        for sighting in sightings
        if not sighting.title
    ]
    open_records = len(_START.findall(text)) - len(_END.findall(text))
    if open_records > 0:
        problems.append(Problem(line=None, reason=f"{open_records} records without an end (ER); left out"))
    return raw_listing.listing(FORMAT.name, [sighting for sighting in sightings if sighting.title], problems)


def _sighting(entry: Mapping[str, Any], place: int) -> Sighting:
    link = web_link(text_in(entry, "urls", "url"))
    arxiv = arxiv_id_of_doi(text_in(entry, "doi")) or arxiv_id_in(link)
    published = day_in(entry, "date", "year", "publication_year")
    people = texts_in(entry, "authors", "first_authors")
    return Sighting(
        title=text_in(entry, "title", "primary_title"),
        abstract=text_in(entry, "abstract", "notes_abstract"),
        authors=tuple(dict.fromkeys(map(forename_first, people))),
        arxiv_id=arxiv.id if arxiv else None,
        arxiv_version=arxiv.version if arxiv else None,
        doi=doi(text_in(entry, "doi")),
        published=published,
        published_kind=PublishedKind.PUBLISHED if published else None,
        links=arxiv_links(arxiv) if arxiv else ({"html": link} if link else {}),
        keywords=texts_in(entry, "keywords"),
        journal_ref=text_in(entry, "journal_name", "secondary_title", "alternate_title3"),
        position=place,
    )


FORMAT = Format(name="ris", recognise=_recognise, read=read)
