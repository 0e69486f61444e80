"""The archive: all papers, newest first, or those whose title and abstract have every word of a query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, and_, func, or_, select

from digest.papers import Paper
from digest.storage import schema
from digest.storage.paper_rows import paper_of, storable
from digest.storage.store import Tx

MAX_WORDS = 12

_p = schema.papers.c


@dataclass(frozen=True, kw_only=True)
class Found:
    """One page of results."""

    papers: tuple[Paper, ...]
    total: int  #: results on all pages


def search(tx: Tx, query: str, *, offset: int = 0, limit: int = 20) -> Found:
    """Gives one page of the papers that have every word of the query, in any order; all papers for an empty query.

    Papers with a word in the title come first, then the newest.
    """
    words = storable(query).split()[:MAX_WORDS]
    present = and_(_p.redirect.is_(None), *(or_(_has(_p.title, word), _has(_p.abstract, word)) for word in words))
    in_title = and_(*(_has(_p.title, word) for word in words)) if words else _p.redirect.is_(None)
    total: int = tx.connection.execute(select(func.count()).select_from(schema.papers).where(present)).scalar_one()
    page = select(schema.papers).where(present).order_by(in_title.desc(), _p.number.desc()).offset(offset).limit(limit)
    rows = tx.connection.execute(page).mappings()
    return Found(papers=tuple(paper_of(row) for row in rows), total=total)


def _has(column: Column[Any], word: str) -> ColumnElement[bool]:
    return func.lower(column).contains(word.lower(), autoescape=True)
