"""Search over all papers: every term must occur; the most relevant come first."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from digest.papers import Paper
from digest.search_terms import read_query
from digest.storage.database import schema, search_index
from digest.storage.database.transactions import Tx
from digest.storage.papers import papers

_p = schema.papers.c
_PRESENT = _p.redirect.is_(None)


@dataclass(frozen=True, kw_only=True)
class SearchResults:
    """One page of results."""

    papers: tuple[Paper, ...] = ()
    total: int = 0  #: results on all pages


def search(tx: Tx, query: str, *, offset: int = 0, limit: int = 20) -> SearchResults:
    """Return one page of the papers that have every word and every quoted phrase; all papers for an empty query.

    Words match any inflection in title and abstract, and exactly in author names, categories and identifiers; the last
    word may be the beginning of one. A query without a letter or digit finds nothing.
    """
    if not query.strip():
        return _all_papers(tx, offset, limit)
    terms = read_query(query)
    if not terms:
        return SearchResults()
    known = papers.by_numbers(tx, numbers := search_index.find(tx.connection, terms, offset=offset, limit=limit))
    found = tuple(known[number] for number in numbers)
    return SearchResults(papers=found, total=search_index.count(tx.connection, terms))


def _all_papers(tx: Tx, offset: int, limit: int) -> SearchResults:
    total: int = tx.connection.execute(select(func.count()).select_from(schema.papers).where(_PRESENT)).scalar_one()
    page = select(_p.number).where(_PRESENT).order_by(_p.number.desc()).offset(offset).limit(limit)
    numbers = list(tx.connection.execute(page).scalars())
    known = papers.by_numbers(tx, numbers)
    return SearchResults(papers=tuple(known[number] for number in numbers), total=total)
