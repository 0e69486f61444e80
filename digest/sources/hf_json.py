'''Hugging Face daily papers as JSON: the API's answer and archives of it, of every era.

>>> from datetime import UTC, datetime
>>> answer = b"""[{"paper": {"id": "2501.00001", "title": "A sample\\\\n  paper", "summary": "It is short.",
... "authors": [{"name": "Ada Byron"}], "publishedAt": "2025-01-01T00:00:00.000Z", "upvotes": 7,
... "submittedOnDailyAt": "2025-01-02T00:00:00.000Z", "githubRepo": "https://code.example/a"},
... "title": "A sample paper", "numComments": 2}]"""
>>> listing = read(RawListing(data=answer, origin="api", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.arxiv_id, s.authors, s.votes, s.comments) for s in listing.sightings], listing.page_date
([('A sample paper', '2501.00001', ('Ada Byron',), 7, 2)], datetime.date(2025, 1, 2))
'''

from __future__ import annotations

import ast
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from digest.identity.identifiers import ArxivId, arxiv_id
from digest.papers import Listing, Problem, PublishedKind, Sighting
from digest.sources.arxiv_feed import arxiv_links
from digest.sources.json_reading import json_values, records_in
from digest.sources.loose_values import count_in, day_in, mapping_in, text_in, texts_in, web_link
from digest.sources.raw_listing import Format, RawListing, collapsed

_MARKUP = re.compile(r"[\\$^{}]")
_LONGEST_QUOTED = 1_000_000


def _recognise(raw_listing: RawListing) -> bool:
    opening = raw_listing.opening
    if not opening.startswith(("[", "{")):
        return False
    head = raw_listing.head
    return '"dailyPapers"' in head or bool(re.search(r"""["']paper["']\s*:\s*\{""", head[:4_000]))


def read(raw_listing: RawListing) -> Listing:
    """Return the papers of an answer of the daily papers API; items that are damaged are reported by their place."""
    values, problems = json_values(raw_listing.text)
    if len(values) == 1 and isinstance(values[0], dict) and "dailyPapers" in values[0]:
        return listing_of(raw_listing, FORMAT.name, values[0], problems)
    wrapped = len(values) == 1 and isinstance(values[0], dict) and "paper" not in values[0]
    items = _wrapped(values) if wrapped else values
    return listing_of(raw_listing, FORMAT.name, {"dailyPapers": items}, problems)


def _wrapped(values: list[Any]) -> list[Any]:
    """Return the items that an archive wrapped into an object of its own; the values when there are none."""
    return list(records_in(values, lambda record: isinstance(record.get("paper"), Mapping))) or values


def listing_of(raw_listing: RawListing, name: str, page: Mapping[str, Any], problems: list[Problem]) -> Listing:
    """Return the listing that the page's data describe: `dailyPapers` and, where it is there, `dateString`."""
    items = page.get("dailyPapers")
    if not isinstance(items, list):
        raise raw_listing.refusal("JSON without a list of daily papers")
    sightings: list[Sighting] = []
    for place, item in enumerate(items, start=1):
        sighting = _sighting(_unquoted(item), place)
        if sighting:
            sightings.append(sighting)
        else:
            problems.append(Problem(line=None, reason=f"item {place} is not a paper with a title; left out"))
    if items and not sightings:
        raise raw_listing.refusal(f"JSON with {len(items)} items, none of which is a paper")
    return raw_listing.listing(
        name, sightings, problems, day_in(page, "dateString") or _page_day(map(_unquoted, items))
    )


def _unquoted(item: Any) -> Mapping[str, Any]:
    """Return an item as a mapping; some archives hold items as the text that Python prints for them."""
    if isinstance(item, str) and item.startswith("{") and len(item) <= _LONGEST_QUOTED:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # an invalid escape inside a text is a warning, and of no interest
                item = ast.literal_eval(item)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return {}
    return item if isinstance(item, Mapping) else {}


def _sighting(item: Mapping[str, Any], place: int) -> Sighting | None:
    paper = mapping_in(item, "paper") or item
    title = _richer(text_in(paper, "title"), text_in(item, "title"))
    if not title:
        return None
    arxiv = arxiv_id(text_in(paper, "id"))
    published = day_in(paper, "publishedAt") or day_in(item, "publishedAt")
    return Sighting(
        title=title,
        abstract=_richer(text_in(paper, "summary"), text_in(item, "summary")),
        authors=_authors(paper),
        arxiv_id=arxiv.id if arxiv else None,
        published=published,
        published_kind=PublishedKind.SUBMITTED if published else None,
        links=_links(paper, arxiv),
        votes=count_in(paper, "upvotes"),
        comments=count_in(item, "numComments"),
        keywords=texts_in(paper, "ai_keywords"),
        tldr=text_in(paper, "ai_summary"),
        position=place,
    )


def _richer(one: str, other: str) -> str:
    """Return the form that kept its LaTeX: now the one field has it, now the other."""
    if not one or not other:
        return one or other
    return other if len(_MARKUP.findall(other)) > len(_MARKUP.findall(one)) else one


def _authors(paper: Mapping[str, Any]) -> tuple[str, ...]:
    people = paper.get("authors")
    names = (person.get("name") for person in people if isinstance(person, Mapping)) if isinstance(people, list) else ()
    return tuple(dict.fromkeys(collapsed(name) for name in names if isinstance(name, str) and name.strip()))


def _links(paper: Mapping[str, Any], arxiv: ArxivId | None) -> dict[str, str]:
    links = arxiv_links(arxiv) | {"hf": f"https://huggingface.co/papers/{arxiv.id}"} if arxiv else {}
    links |= {"code": web_link(text_in(paper, "githubRepo")), "project": web_link(text_in(paper, "projectPage"))}
    return {kind: link for kind, link in links.items() if link}


def _page_day(items: Iterable[Mapping[str, Any]]) -> date | None:
    """Return the day on which most of the items were put on the page."""
    days = Counter(day for item in items if (day := day_in(mapping_in(item, "paper"), "submittedOnDailyAt")))
    return days.most_common(1)[0][0] if days else None


FORMAT = Format(name="hf-json", recognise=_recognise, read=read)
