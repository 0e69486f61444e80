"""Convert papers to rows and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping

from digest.papers import Paper, PublishedKind

_DETAIL_LISTS = ("authors", "categories", "keywords", "sources")
_DETAIL_MAPPINGS = ("affiliations", "links")
_DETAIL_TEXTS = ("tldr", "comment", "journal_ref", "licence")
_TEXTS = ("key", "title", "abstract", "title_raw", "abstract_raw")


def row_of(paper: Paper) -> dict[str, Any]:
    """Return the paper's columns; popularity is not stored but counted from the sightings."""
    return {name: storable(getattr(paper, name)) for name in _TEXTS} | {
        "number": paper.number,
        "first_seen": paper.first_seen,
        "arxiv_id": paper.arxiv_id,
        "doi": paper.doi,
        "published": paper.published,
        "published_kind": paper.published_kind.value if paper.published_kind else None,
        "details": _details(paper),
    }


def paper_of(row: RowMapping) -> Paper:
    """Return the paper of a row, without its popularity."""
    details = row["details"]
    kind = row["published_kind"]
    return Paper(
        number=row["number"],
        **{name: row[name] for name in _TEXTS},
        first_seen=row["first_seen"],
        arxiv_id=row["arxiv_id"],
        arxiv_version=details.get("arxiv_version"),
        doi=row["doi"],
        published=row["published"],
        published_kind=PublishedKind(kind) if kind else None,
        **_detailed(details),
    )


def _detailed(details: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {name: tuple(details.get(name, ())) for name in _DETAIL_LISTS}
    found |= {name: details.get(name, {}) for name in _DETAIL_MAPPINGS}
    return found | {name: details.get(name, "") for name in _DETAIL_TEXTS}


def storable(text: str) -> str:
    """Return the text with replacement characters for what no database accepts (NUL, lone surrogates)."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def _details(paper: Paper) -> Mapping[str, Any]:
    found: dict[str, Any] = {name: [storable(t) for t in getattr(paper, name)] for name in _DETAIL_LISTS}
    found |= {name: {storable(k): storable(v) for k, v in getattr(paper, name).items()} for name in _DETAIL_MAPPINGS}
    found |= {name: storable(getattr(paper, name)) for name in _DETAIL_TEXTS}
    found["arxiv_version"] = paper.arxiv_version
    return {name: value for name, value in found.items() if value}
