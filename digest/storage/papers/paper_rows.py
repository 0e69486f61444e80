"""Convert papers to rows and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from digest.papers import Paper, PublishedKind
from digest.storage.database.guarded_rows import RowProblem, StoredRow, checked, read_rows, text_of

MAX_KEY = 500  #: characters of an identity key that are stored as they are
MAX_KEY_START = 200  #: characters of a longer one
_DETAIL_LISTS = ("authors", "categories", "keywords", "sources")
_DETAIL_MAPPINGS = ("affiliations", "links")
_DETAIL_TEXTS = ("tldr", "comment", "journal_ref", "licence")
_TEXTS = ("key", "title", "abstract", "title_raw", "abstract_raw")


def row_of(paper: Paper) -> dict[str, Any]:
    """Return the paper's columns; popularity is not stored but counted from the sightings."""
    return {name: storable(getattr(paper, name)) for name in _TEXTS} | {
        "key": stored_key(paper.key),
        "number": paper.number,
        "first_seen": paper.first_seen,
        "arxiv_id": _storable_or_none(paper.arxiv_id),
        "doi": _storable_or_none(paper.doi),
        "published": paper.published,
        "published_kind": paper.published_kind.value if paper.published_kind else None,
        "details": _details(paper),
    }


def read_papers(rows: Iterable[StoredRow], problems: list[RowProblem] | None = None) -> Iterator[Paper]:
    """Yield the paper of each row that can be read; log the others, and list them."""
    return read_rows(rows, paper_of, table="papers", key="key", problems=problems)


def paper_of(row: StoredRow) -> Paper:
    """Return the paper of a row, without its popularity. Raise one of FAULTS for a row that cannot be read."""
    details = checked(row)["details"]
    kind = row["published_kind"]
    return Paper(
        number=row["number"],
        **_texts_of(row),
        first_seen=row["first_seen"],
        arxiv_id=row["arxiv_id"],
        arxiv_version=details.get("arxiv_version"),
        doi=row["doi"],
        published=row["published"],
        published_kind=PublishedKind(kind) if kind else None,
        **_detailed(details),
    )


def _detailed(details: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {name: tuple(map(text_of, details.get(name, ()))) for name in _DETAIL_LISTS}
    found |= {name: _mapping_of(details.get(name, {})) for name in _DETAIL_MAPPINGS}
    return found | {name: text_of(details.get(name, "")) for name in _DETAIL_TEXTS}


def _texts_of(row: StoredRow) -> dict[str, Any]:
    return {name: text_of(row[name]) for name in _TEXTS}


def _mapping_of(values: Any) -> dict[str, str]:
    return {text_of(key): text_of(value) for key, value in values.items()}


def stored_key(key: str) -> str:
    """Return an identity key in the form in which it is stored: a long one by its beginning and its hash.

    An index of PostgreSQL takes keys of 2,704 bytes; the same keys are stored on both databases.
    """
    kept = storable(key)
    if len(kept) <= MAX_KEY:
        return kept
    return f"{kept[:MAX_KEY_START]}…{sha256(kept.encode()).hexdigest()}"


def _storable_or_none(text: str | None) -> str | None:
    return None if text is None else storable(text)


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
