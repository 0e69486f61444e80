r'''BibTeX, as reference managers and publishers export it.

>>> from datetime import UTC, datetime
>>> entries = rb"""@article{sample, title={{Gates}: A {S}ample}, author={Byron, Ada and Emmy Noether},
... abstract={It is short.}, year=2025, doi={10.1000/X}, eprint={2501.00001}, archivePrefix={arXiv}}"""
>>> listing = read(RawListing(data=entries, origin="a.bib", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.authors, s.arxiv_id, s.doi, s.line) for s in listing.sightings]
[('Gates: A Sample', ('Ada Byron', 'Emmy Noether'), '2501.00001', '10.1000/x', 1)]
'''

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from digest.cleaning import bibtex
from digest.identity.identifiers import ArxivId, arxiv_id, arxiv_id_in, arxiv_id_of_doi, doi, doi_in, without_escapes
from digest.papers import Listing, Problem, PublishedKind, Sighting
from digest.sources.arxiv_feed import arxiv_links
from digest.sources.author_names import forename_first, is_name
from digest.sources.boilerplate import without_licence
from digest.sources.loose_values import day_of, web_link
from digest.sources.raw_listing import MOST_PROBLEMS, Format, RawListing, collapsed

_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MOST_ENTRIES = 200_000


def _recognise(raw_listing: RawListing) -> bool:
    return not raw_listing.opening.startswith(("<", "{", "[")) and bibtex.is_bibtex(raw_listing.head)


def read(raw_listing: RawListing) -> Listing:
    """Return the entries that have a title; entries without one and damaged ones are reported with their lines."""
    if raw_listing.data.count(b"@") > MOST_ENTRIES:
        raise raw_listing.refusal(f"BibTeX with more than {MOST_ENTRIES:,} entries; split it")
    sightings: list[Sighting] = []
    problems: list[Problem] = []
    for entry in bibtex.entries(raw_listing.text.replace("\r\n", "\n").replace("\r", "\n")):
        title = _text(entry.fields, "title", "booktitle" if entry.kind in ("book", "proceedings") else "title")
        if title:
            sightings.append(_sighting(entry.fields, title, len(sightings) + 1, entry.line))
        reason = _reason(entry, bool(title))
        if reason and len(problems) < MOST_PROBLEMS:
            problems.append(Problem(line=entry.line, reason=reason))
    if not sightings and not problems:
        problems.append(Problem(line=None, reason="BibTeX without an entry"))
    return raw_listing.listing(FORMAT.name, sightings, problems)


def _reason(entry: bibtex.Entry, has_title: bool) -> str:
    if not has_title:
        return "an entry without a title; left out"
    return "an entry that is not well-formed BibTeX; what could be read is kept" if entry.is_damaged else ""


def _sighting(fields: Mapping[str, str], title: str, place: int, line: int) -> Sighting:
    arxiv = _arxiv(fields)
    published = _day(fields)
    return Sighting(
        title=title,
        abstract=without_licence(_text(fields, "abstract")),
        authors=authors_in(fields.get("author", "")),
        arxiv_id=arxiv.id if arxiv else None,
        arxiv_version=arxiv.version if arxiv else None,
        doi=doi(_text(fields, "doi")) or doi_in(fields.get("url", "")),
        categories=tuple(_text(fields, "primaryclass").split()),
        published=published,
        published_kind=PublishedKind.PUBLISHED if published else None,
        links=arxiv_links(arxiv) if arxiv else _links(fields),
        keywords=tuple(part for part in map(str.strip, re.split(r"[,;]", _text(fields, "keywords"))) if part),
        comment=_text(fields, "note"),
        journal_ref=_text(fields, "journal", "journaltitle", "booktitle"),
        position=place,
        line=line,
    )


def _links(fields: Mapping[str, str]) -> dict[str, str]:
    link = web_link(without_escapes(_text(fields, "url")))
    return {"html": link} if link else {}


def _arxiv(fields: Mapping[str, str]) -> ArxivId | None:
    exact = arxiv_id(_text(fields, "eprint")) or arxiv_id_of_doi(_text(fields, "doi"))
    texts = (_text(fields, name) for name in ("url", "eprint", "journal", "note", "howpublished"))
    return exact or next((found for found in map(arxiv_id_in, texts) if found), None)


def _day(fields: Mapping[str, str]) -> date | None:
    """Return the day that an entry gives in full; a month alone is no day."""
    if day := day_of(_text(fields, "date")):
        return day
    month = _text(fields, "month").lower()
    number = next((place for place, name in enumerate(_MONTHS, start=1) if month.startswith(name)), 0) or month
    return day_of(f"{_text(fields, 'year')}-{number}-{_text(fields, 'day')}")


def authors_in(text: str) -> tuple[str, ...]:
    """Return the names of an author field; what braces hold together is one name, its commas and "and" included.

    >>> authors_in("King, Jr., Martin and {Barnes and Noble} and others")
    ('Martin King Jr.', 'Barnes and Noble')
    """
    names = [collapsed(_name(part)) for part in _outside_braces(text)]
    return tuple(dict.fromkeys(name for name in names if is_name(name)))


def _name(part: str) -> str:
    bare = part.strip()
    is_literal = bare.startswith("{") and bare.endswith("}") and not bare.startswith("{\\") and bare.count("{") == 1
    return bare[1:-1] if is_literal else forename_first(bibtex.without_groups(bare))


def _outside_braces(text: str) -> list[str]:
    """Return the parts between "and" outside braces."""
    parts, start = [], 0
    for found in _AND.finditer(text):
        before = text[start : found.start()]
        if before.count("{") <= before.count("}"):
            parts.append(before)
            start = found.end()
    return [*parts, text[start:]]


def _text(fields: Mapping[str, str], *names: str) -> str:
    """Return the first text under one of the names without the braces that only protect its capitals."""
    for name in names:
        if value := fields.get(name, "").strip():
            return collapsed(bibtex.without_groups(value))
    return ""


FORMAT = Format(name="bibtex", recognise=_recognise, read=read)
