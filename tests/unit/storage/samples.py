"""Sample values for the tests of the store."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from digest.papers import Paper, PublishedKind, Sighting
from digest.storage.listings import ListingRecord

NOW = datetime(2026, 3, 12, 6, 0, tzinfo=UTC)


def paper(key: str = "arxiv:2603.00001", **changes: Any) -> Paper:
    """A paper with little more than a title."""
    values: dict[str, Any] = {"title": f"On {key}", "abstract": "We study it.", "first_seen": NOW, "number": 0}
    values = {"title_raw": values["title"], "abstract_raw": values["abstract"], **values, **changes}
    return Paper(key=key, **values)


FULL_PAPER = paper(
    title="Naïve Optimisers \U0001f642 are “Enough”",
    title_raw="Na\\\"ive Optimisers $\\to$ \x0bare ``Enough''\u2028",
    authors=("Åsa Öberg", "李 明"),
    affiliations={"Åsa Öberg": "Example University"},
    arxiv_id="2603.00001",
    arxiv_version=2,
    doi="10.1000/example.1",
    categories=("cs.LG", "stat.ML"),
    published=date(2026, 3, 11),
    published_kind=PublishedKind.ANNOUNCED,
    links={"abs": "https://example.org/abs/2603.00001"},
    keywords=("optimisation",),
    tldr="Small steps do.",
    comment="12 pages",
    journal_ref="J. Ex. 1 (2026)",
    licence="CC BY 4.0",
    sources=("pages", "feed"),
)


def listing(name: str = "a", **changes: Any) -> ListingRecord:
    """A listing of the source "pages"."""
    values: dict[str, Any] = {"source": "pages", "origin": f"{name}.txt", "format": "page_text", "read_at": NOW}
    return ListingRecord(sha256=f"{name:0>64}", **values | changes)


def sighting(**changes: Any) -> Sighting:
    return Sighting(title="On it", **changes)
