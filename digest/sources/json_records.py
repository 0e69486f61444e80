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
from typing import Any

from digest.identity.identifiers import ArxivId, arxiv_id, arxiv_id_in, arxiv_id_of_doi, doi
from digest.papers import Listing, Problem, PublishedKind, Sighting
from digest.sources.arxiv_feed import arxiv_links
from digest.sources.author_names import forename_first, names_in
from digest.sources.json_reading import json_values
from digest.sources.loose_values import count_in, day_in, text_in, texts_in, web_link
from digest.sources.markup import has_markup, plain
from digest.sources.raw_listing import Format, RawListing, collapsed

_TITLE = re.compile(r'"(?:title|Title|paper_title)"\s*:')
_LISTS = ("papers", "items", "results", "data", "entries", "collection", "articles", "records", "works", "message")
_ABSTRACTS = ("abstract", "summary", "description", "abstract_text", "abstractText", "Abstract")
_IDS = ("arxiv_id", "arxivId", "arxiv", "id", "paper_id", "eprint", "entry_id", "url", "abs", "abs_url", "link", "pdf")
_MOST_PROBLEMS = 100


def _recognise(raw_listing: RawListing) -> bool:
    return raw_listing.opening.startswith(("[", "{")) and bool(_TITLE.search(raw_listing.head))


def read(raw_listing: RawListing) -> Listing:
    """Return the records that have a title; others are reported by their place."""
    values, problems = json_values(raw_listing.text)
    records = list(_records(values, depth=0))
    sightings: list[Sighting] = []
    for place, record in enumerate(records, start=1):
        sighting = _sighting(record, place)
        if sighting.title:
            sightings.append(sighting)
        elif len(problems) < _MOST_PROBLEMS:
            problems.append(Problem(line=None, reason=f"record {place} has no title; left out"))
    if not sightings and (records or problems):
        raise raw_listing.refusal("JSON without a record that has a title")
    return raw_listing.listing(FORMAT.name, sightings, problems)


def _records(values: list[Any], depth: int) -> Iterator[Mapping[str, Any]]:
    """Return the records in a list, or in the well-known list of an object that wraps one."""
    for value in values:
        if not isinstance(value, Mapping):
            continue
        inner = next((value[name] for name in _LISTS if isinstance(value.get(name), list | Mapping)), None)
        if inner is None or text_in(value, "title") or depth > 2:
            yield value
        else:
            yield from _records(inner if isinstance(inner, list) else [inner], depth + 1)


def _sighting(record: Mapping[str, Any], place: int) -> Sighting:
    arxiv = _arxiv(record)
    published = day_in(record, "published", "published_date", "publishedAt", "date", "submitted", "created", "updated")
    return Sighting(
        title=_plain(text_in(record, "title", "Title", "paper_title")),
        abstract=_plain(text_in(record, *_ABSTRACTS)),
        authors=_authors(record),
        arxiv_id=arxiv.id if arxiv else None,
        arxiv_version=arxiv.version if arxiv else None,
        doi=doi(text_in(record, "doi", "DOI")),
        categories=_categories(record),
        published=published,
        published_kind=PublishedKind.PUBLISHED if published else None,
        links=_links(record, arxiv),
        votes=count_in(record, "upvotes", "votes", "likes"),
        comments=count_in(record, "numComments", "num_comments"),
        keywords=texts_in(record, "keywords", "ai_keywords"),
        tldr=text_in(record, "tldr", "TLDR", "ai_summary"),
        comment=text_in(record, "comment", "comments"),
        journal_ref=text_in(record, "journal_ref", "journal-ref", "journal_reference", "container-title", "venue"),
        licence=text_in(record, "license", "licence"),
        position=place,
    )


def _arxiv(record: Mapping[str, Any]) -> ArxivId | None:
    texts = [text_in(record, name) for name in _IDS]
    exact = next((found for found in map(arxiv_id, texts[:6]) if found), None)
    linked = next((found for found in map(arxiv_id_in, texts) if found), None)
    return exact or linked or arxiv_id_of_doi(text_in(record, "doi", "DOI"))


def _authors(record: Mapping[str, Any]) -> tuple[str, ...]:
    for name in ("authors", "author", "creators"):
        value = record.get(name)
        if isinstance(value, str) and value.strip():
            return tuple(dict.fromkeys(names_in(value)))
        if isinstance(value, list) and value:
            return tuple(dict.fromkeys(name for name in map(_name, value) if name))
    return ()


def _name(person: Any) -> str:
    if isinstance(person, str):
        return forename_first(person)
    if not isinstance(person, Mapping):
        return ""
    family = text_in(person, "family", "last", "lastName", "last_name")
    given = text_in(person, "given", "first", "firstName", "first_name")
    return (
        collapsed(f"{given} {family}") if family else text_in(person, "name", "fullname", "full_name", "display_name")
    )


def _categories(record: Mapping[str, Any]) -> tuple[str, ...]:
    listed = texts_in(record, "categories", "subjects", "subject", "tags")
    written = text_in(record, "categories", "category", "primary_category") if not listed else ""
    first = text_in(record, "primary_category")
    return tuple(
        dict.fromkeys(part for part in (first, *listed, *re.split(r"[;,]\s*|\s+(?=[a-z-]+\.)", written)) if part)
    )


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


def _plain(text: str) -> str:
    return collapsed(plain(text) if has_markup(text) else text)


FORMAT = Format(name="json-records", recognise=_recognise, read=read)
