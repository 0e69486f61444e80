'''JSON Feed, versions 1 and 1.1: read as any other feed.

>>> from datetime import UTC, datetime
>>> answer = b"""{"version": "https://jsonfeed.org/version/1.1", "title": "Gates", "items": [{"id": "1",
... "url": "https://gates.example/1", "title": "A sample", "content_html": "<p>It has an <b>abstract</b>.</p>",
... "date_published": "2026-03-05T10:00:00Z", "authors": [{"name": "Ada Byron"}]}]}"""
>>> listing = read(RawListing(data=answer, origin="feed", now=datetime(2026, 4, 1, tzinfo=UTC)))
>>> [(s.title, s.abstract, s.authors, str(s.published)) for s in listing.sightings]
[('A sample', 'It has an abstract.', ('Ada Byron',), '2026-03-05')]
'''

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from digest.papers import Listing, Problem, PublishedKind, Sighting
from digest.sources.feed import sighting_of
from digest.sources.json_reading import json_values
from digest.sources.loose_values import day_in, mappings_in, people_in, text_in, texts_in
from digest.sources.raw_listing import Format, RawListing
from digest.sources.tagged_text import shortened


def _recognise(raw_listing: RawListing) -> bool:
    return raw_listing.opening.startswith("{") and "jsonfeed.org/version" in raw_listing.head[:4_000]


def read(raw_listing: RawListing) -> Listing:
    """Return the items that have a title; others are reported by their place."""
    values, problems = json_values(raw_listing.text)
    feed = values[0] if values and isinstance(values[0], Mapping) else None
    if feed is None:
        raise raw_listing.refusal("JSON that is no feed")
    sightings: list[Sighting] = []
    for place, item in enumerate(mappings_in(feed, "items"), start=1):
        sighting = _sighting(item, place, text_in(feed, "home_page_url"))
        if sighting.title:
            sightings.append(sighting)
        else:
            problems.append(Problem(line=None, reason=f"item {place} has no title; left out"))
    return raw_listing.listing(FORMAT.name, sightings, shortened(problems))


def _sighting(item: Mapping[str, Any], place: int, site: str) -> Sighting:
    entry = {
        "title": text_in(item, "title"),
        "link": text_in(item, "url", "external_url"),
        "id": text_in(item, "id"),
        "summary": text_in(item, "summary"),
        "content": [{"value": text_in(item, "content_html", "content_text")}],
        "authors": [{"name": name} for name in people_in(item, "authors", "author")],
        "tags": [{"term": tag} for tag in texts_in(item, "tags")],
    }
    published = day_in(item, "date_published", "date_modified")
    kind = PublishedKind.PUBLISHED if published else None
    return replace(sighting_of(entry, place, site), published=published, published_kind=kind)


FORMAT = Format(name="json-feed", recognise=_recognise, read=read)
