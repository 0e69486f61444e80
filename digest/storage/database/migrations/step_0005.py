"""Step 5: the words of papers, to search for."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from alembic.operations import Operations

from digest.search_terms import Searchable, searchable
from digest.storage.database import search_index
from digest.storage.database.columns import Json

_NAMES = ("key", "arxiv_id", "doi")
_papers = sa.table(
    "papers", *map(sa.column, ("number", "title", "abstract", "redirect", *_NAMES)), sa.column("details", Json)
)


def upgrade(op: Operations) -> None:
    """Leave the search index, and in it the papers that are known."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.execute("CREATE TABLE paper_search (number bigint PRIMARY KEY, words tsvector NOT NULL)")
        op.execute("CREATE INDEX ix_paper_search_words ON paper_search USING gin (words)")
    else:
        op.execute(
            "CREATE VIRTUAL TABLE paper_search USING fts5 "
            "(title, abstract, names, plain, tokenize = 'unicode61 remove_diacritics 0')"
        )
    search_index.put(connection, _known(connection))


def _known(connection: sa.Connection) -> Iterator[tuple[int, Searchable]]:
    rows = connection.execute(sa.select(_papers).where(_papers.c.redirect.is_(None))).mappings().all()
    for row in rows:
        listed = (name for kind in ("authors", "categories") for name in row["details"].get(kind, ()))
        names = (*listed, *(row[name] or "" for name in _NAMES))
        yield row["number"], searchable(row["title"], row["abstract"], names)
