'''JSON and JSON lines with at least titles: exports of scripts, preprint servers' and registries' APIs.

>>> from datetime import UTC, datetime
>>> lines = b"""{"id": "2501.00001", "title": "A sample", "summary": "It is short.", "authors": ["Ada Byron"]}
... {"doi": "10.1000/X", "title": "Another", "abstract": "Short, too.", "authors": "Byron, A.; Noether, E."}"""
>>> listing = read(RawListing(data=lines, origin="a.jsonl", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.arxiv_id, s.doi, s.authors) for s in listing.sightings]
[('A sample', '2501.00001', None, ('Ada Byron',)), ('Another', None, '10.1000/x', ('A. Byron', 'E. Noether'))]
'''

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from digest.identity.identifiers import ArxivId, arxiv_id, arxiv_id_in, arxiv_id_of_doi, doi, doi_in
from digest.papers import Listing, Problem, PublishedKind, Sighting
from digest.sources.arxiv_feed import arxiv_links
from digest.sources.author_names import names_in, people
from digest.sources.boilerplate import without_licence
from digest.sources.json_reading import DEEPEST_WRAPPER, json_values
from digest.sources.loose_values import (
    count_in,
    day_in,
    day_of_parts,
    mapping_in,
    people_in,
    text_in,
    texts_in,
    web_link,
    written_day,
)
from digest.sources.markup import readable
from digest.sources.raw_listing import MOST_PROBLEMS, Format, RawListing

_TITLE = re.compile(r'"(?:title|Title|paper_title|display_name)"\s*:')
_TITLES = ("title", "Title", "paper_title", "display_name")
_LISTS = ("papers", "items", "results", "data", "entries", "collection", "articles", "records", "works", "message")
_ABSTRACTS = ("abstract", "summary", "description", "abstract_text", "abstractText", "Abstract", "abstractNote")
_IDS = ("arxiv_id", "arxivId", "arxiv", "id", "paper_id", "eprint", "entry_id", "url", "abs", "abs_url", "link", "pdf")
_OTHER_IDS = ("externalIds", "externalids", "external_ids", "ids", "identifiers")
_DATES = (
    *("published", "published_date", "publishedAt", "publicationDate", "publication_date", "publicationdate"),
    *("pubdate", "datePublished", "date_published", "date", "submitted", "created", "updated"),
)
_DATE_PARTS = ("published", "published-online", "published-print", "issued", "posted")
_CATEGORY = re.compile(r"[a-z][a-z-]+(?:\.[A-Za-z-]{2,12})?")


def _recognise(raw_listing: RawListing) -> bool:
    return raw_listing.opening.startswith(("[", "{")) and bool(_TITLE.search(raw_listing.head))


def read(raw_listing: RawListing) -> Listing:
    """Return the records that have a title; others are reported by their place."""
    values, problems = json_values(raw_listing.text)
    sightings: list[Sighting] = []
    records = list(_records(values))
    for place, record in enumerate(records, start=1):
        sighting = sighting_of(record, place)
        if sighting.title:
            sightings.append(sighting)
        elif len(problems) < MOST_PROBLEMS:
            problems.append(Problem(line=None, reason=f"record {place} has no title; left out"))
    if not sightings and (records or problems):
        raise raw_listing.refusal("JSON without a record that has a title")
    return raw_listing.listing(FORMAT.name, sightings, problems)


def _records(values: list[Any], depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """Return the records in a list, or in the list of an object that wraps one and may have a title itself."""
    for value in values:
        if not isinstance(value, Mapping):
            continue
        if depth > DEEPEST_WRAPPER or not _is_wrapper(value):
            yield value
        else:
            inner = next(value[name] for name in _LISTS if isinstance(value.get(name), list | Mapping))
            yield from _records(inner if isinstance(inner, list) else [inner], depth + 1)


def _is_wrapper(value: Mapping[str, Any]) -> bool:
    if not text_in(value, *_TITLES):
        return any(isinstance(value.get(name), list | Mapping) for name in _LISTS)
    lists = (value[name] for name in _LISTS if isinstance(value.get(name), list))
    return any(isinstance(items[0], Mapping) and text_in(items[0], *_TITLES) for items in lists if items)


def is_complete(value: Mapping[str, Any]) -> bool:
    """Return whether an object is surely a paper's record: it has a title, and an abstract, authors or a DOI."""
    if not text_in(value, *_TITLES) or _is_wrapper(value):
        return False
    return bool(text_in(value, *_ABSTRACTS[:2]) or text_in(value, "doi", "DOI") or _authors(value))


def sighting_of(record: Mapping[str, Any], place: int) -> Sighting:
    """Return what a record of any kind shows."""
    arxiv = _arxiv(record)
    published = _published(record)
    return Sighting(
        title=readable(text_in(record, *_TITLES)),
        abstract=without_licence(readable(text_in(record, *_ABSTRACTS))),
        authors=_authors(record),
        arxiv_id=arxiv.id if arxiv else None,
        arxiv_version=arxiv.version if arxiv else None,
        doi=doi(_doi_text(record)) or doi_in(text_in(record, "url", "link", "URL")),
        categories=_categories(record),
        published=published,
        published_kind=PublishedKind.PUBLISHED if published else None,
        links=_links(record, arxiv),
        votes=count_in(record, "upvotes", "votes", "likes"),
        comments=count_in(record, "numComments", "num_comments"),
        keywords=texts_in(record, "keywords", "ai_keywords"),
        tldr=text_in(record, "tldr", "TLDR", "ai_summary") or text_in(mapping_in(record, "tldr"), "text"),
        comment=text_in(record, "comment", "comments"),
        journal_ref=text_in(record, "journal_ref", "journal-ref", "journal_reference", "container-title", "venue"),
        licence=text_in(record, "license", "licence"),
        position=place,
    )


def _doi_text(record: Mapping[str, Any]) -> str:
    others = (text_in(mapping_in(record, name), "DOI", "doi") for name in _OTHER_IDS)
    return text_in(record, "doi", "DOI") or next(filter(None, others), "")


def _arxiv(record: Mapping[str, Any]) -> ArxivId | None:
    others = [text_in(mapping_in(record, name), "ArXiv", "arxiv", "arXiv") for name in _OTHER_IDS]
    texts = [text_in(record, name) for name in _IDS]
    exact = next((found for found in map(arxiv_id, [*others, *texts[:6]]) if found), None)
    linked = next((found for found in map(arxiv_id_in, [*others, *texts]) if found), None)
    return exact or linked or arxiv_id_of_doi(_doi_text(record))


def _published(record: Mapping[str, Any]) -> date | None:
    parts = (day_of_parts(record.get(name)) for name in _DATE_PARTS)
    written = (written_day(text_in(record, name)) for name in _DATES)
    return day_in(record, *_DATES) or next(filter(None, parts), None) or next(filter(None, written), None)


def _authors(record: Mapping[str, Any]) -> tuple[str, ...]:
    for name in ("authors", "author", "creators", "authorships"):
        value = record.get(name)
        if isinstance(value, str) and value.strip():
            return names_in(value)
        if found := people_in(record, name):
            return people(found)
    return ()


def _categories(record: Mapping[str, Any]) -> tuple[str, ...]:
    listed = texts_in(record, "categories", "subjects", "subject", "tags")
    written = text_in(record, "categories", "category", "primary_category") if not listed else ""
    first = text_in(record, "primary_category")
    return tuple(dict.fromkeys(part for part in (first, *listed, *_split(written)) if part))


def _split(written: str) -> list[str]:
    """Return the categories in one text; blanks separate arXiv's, which have none inside."""
    words = written.split()
    return words if all(map(_CATEGORY.fullmatch, words)) else re.split(r"[;,]\s*", written)


def _links(record: Mapping[str, Any], arxiv: ArxivId | None) -> dict[str, str]:
    links = dict(arxiv_links(arxiv)) if arxiv else {}
    given = {
        "html": ("url", "URL", "link", "html_url", "abs", "abs_url"),
        "pdf": ("pdf", "pdf_url", "url_pdf"),
        "code": ("code", "code_url", "githubRepo", "github", "repository"),
        "project": ("project", "project_page", "projectPage", "homepage"),
    }
    for kind, names in given.items():
        link = next((found for name in names if (found := web_link(text_in(record, name)))), "")
        if link and kind not in links and not (kind == "html" and arxiv):
            links[kind] = link
    return links


FORMAT = Format(name="json-records", recognise=_recognise, read=read)
