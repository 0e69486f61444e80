"""The search index: the words of every paper. Every function that writes papers updates it.

SQLite uses an FTS5 table, PostgreSQL a tsvector column. Both store the words that `digest.search_terms` returns and
never split a text themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from sqlalchemy import Connection, text

from digest.search_terms import Searchable, Term

TABLE = "paper_search"  #: not in the metadata: each database has its own kind of table
BATCH = 500
MAX_RANKED = 1000  #: matches that are sorted by relevance
MAX_WORD = 100  #: characters of a word; a tsvector takes 2,046 bytes, and nobody types as many
MAX_WORDS = 20_000  #: of one paper, the title first; a tsvector takes a megabyte
_GAP = 50  #: places between title, abstract and names, so that no phrase reaches across
_LAST_PLACE = 16383  #: the highest position in a tsvector
_PUT = {
    True: text("INSERT INTO paper_search (number, words) VALUES (:number, CAST(:words AS tsvector))"),
    False: text(
        "INSERT INTO paper_search (rowid, title, abstract, names, plain) "
        "VALUES (:number, :title, :abstract, :names, :plain)"
    ),
}
_DROP = {
    True: text("DELETE FROM paper_search WHERE number = :number"),
    False: text("DELETE FROM paper_search WHERE rowid = :number"),
}
#: The best first, then the newest; a title word counts as much as eight words of the abstract.
_BEST = {
    True: text(
        "SELECT number FROM paper_search WHERE words @@ CAST(:query AS tsquery) AND number >= :oldest "
        "ORDER BY ts_rank('{0.02, 0.5, 0.125, 1}', words, CAST(:query AS tsquery)) DESC, number DESC "
        "LIMIT :limit OFFSET :offset"
    ),
    False: text(
        "SELECT rowid FROM paper_search WHERE paper_search MATCH :query AND rowid >= :oldest "
        "ORDER BY bm25(paper_search, 8, 1, 4, 0.1), rowid DESC LIMIT :limit OFFSET :offset"
    ),
}
_NEWEST = {
    True: text(
        "SELECT number FROM paper_search WHERE words @@ CAST(:query AS tsquery) "
        "ORDER BY number DESC LIMIT :limit OFFSET :offset"
    ),
    False: text(
        "SELECT rowid FROM paper_search WHERE paper_search MATCH :query ORDER BY rowid DESC LIMIT :limit OFFSET :offset"
    ),
}
_COUNT = {
    True: text("SELECT count(*) FROM paper_search WHERE words @@ CAST(:query AS tsquery)"),
    False: text("SELECT count(*) FROM paper_search WHERE paper_search MATCH :query"),
}


def put(connection: Connection, papers: Iterable[tuple[int, Searchable]]) -> None:
    """Index papers (number, words): only these words find them."""
    on_postgresql, remaining = _is_postgresql(connection), iter(papers)
    row = _vector_row if on_postgresql else _text_row
    while batch := list(islice(remaining, BATCH)):
        drop(connection, [number for number, _ in batch])
        connection.execute(_PUT[on_postgresql], [row(number, _bounded(words)) for number, words in batch])


def drop(connection: Connection, numbers: Sequence[int]) -> None:
    """Remove papers from the index."""
    if numbers:
        connection.execute(_DROP[_is_postgresql(connection)], [{"number": number} for number in numbers])


def find(connection: Connection, terms: Sequence[Term], *, offset: int, limit: int) -> list[int]:
    """Return the numbers of the papers with all the terms: the newest thousand by relevance, then the rest by date.

    Ranking every paper that has a word such as "learning" would take a second.
    """
    if not _are_indexed(terms):
        return []
    on_postgresql, query = _is_postgresql(connection), {"query": _query(connection, terms)}
    if offset >= MAX_RANKED:
        return list(connection.execute(_NEWEST[on_postgresql], query | {"offset": offset, "limit": limit}).scalars())
    last = connection.execute(_NEWEST[on_postgresql], query | {"offset": MAX_RANKED - 1, "limit": 1}).scalar()
    wanted = {"oldest": last or 0, "offset": offset, "limit": min(limit, MAX_RANKED - offset)}
    return list(connection.execute(_BEST[on_postgresql], query | wanted).scalars())


def count(connection: Connection, terms: Sequence[Term]) -> int:
    """Return how many papers have all the terms."""
    if not _are_indexed(terms):
        return 0
    wanted = {"query": _query(connection, terms)}
    found: int = connection.execute(_COUNT[_is_postgresql(connection)], wanted).scalar_one()
    return found


def _bounded(words: Searchable) -> Searchable:
    """Return the words that the index holds: PostgreSQL's limits apply on both databases, which find the same."""
    remaining = MAX_WORDS

    def bounded(listed: Sequence[str]) -> tuple[str, ...]:
        nonlocal remaining
        kept = tuple(islice(filter(_is_indexed, listed), remaining))
        remaining -= len(kept)
        return kept

    return Searchable(
        title=bounded(words.title),
        abstract=bounded(words.abstract),
        names=bounded(words.names),
        plain=bounded(words.plain),
    )


def _is_indexed(word: str) -> bool:
    return len(word) <= MAX_WORD


def _are_indexed(terms: Sequence[Term]) -> bool:
    return all(_is_indexed(word) for term in terms for word in (*term.stems, *term.words))


def _is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def _text_row(number: int, words: Searchable) -> dict[str, object]:
    return {
        "number": number,
        "title": " ".join(words.title),
        "abstract": " ".join(words.abstract),
        "names": " ".join(words.names),
        "plain": " ".join(words.plain),
    }


def _vector_row(number: int, words: Searchable) -> dict[str, object]:
    places: dict[str, list[str]] = {}
    start = 1
    for weight, listed in (("A", words.title), ("B", words.abstract), ("C", words.names)):
        for place, word in enumerate(listed, start):
            places.setdefault(word, []).append(f"{min(place, _LAST_PLACE)}{weight}")
        start += len(listed) + _GAP
    for word in words.plain:
        places.setdefault(word, []).append(f"{_LAST_PLACE}D")
    return {"number": number, "words": " ".join(f"'{word}':{','.join(at)}" for word, at in places.items())}


def _query(connection: Connection, terms: Sequence[Term]) -> str:
    """Return the query in the database's syntax; words have only letters and digits, so nothing needs escaping."""
    on_postgresql = _is_postgresql(connection)
    clauses = map(_tsquery if on_postgresql else _fts5, terms)
    return (" & " if on_postgresql else " AND ").join(f"({clause})" for clause in clauses)


def _fts5(term: Term) -> str:
    stems, words = " ".join(term.stems), " ".join(term.words)
    ways = [f'{{title abstract}} : "{stems}"', f'names : "{words}"']
    if term.is_open:
        ways.append(f'{{title abstract names plain}} : "{words}" *')
    return " OR ".join(ways)


def _tsquery(term: Term) -> str:
    stems = " <-> ".join(f"'{word}':AB" for word in term.stems)
    ways = [f"({stems})", "(" + " <-> ".join(f"'{word}':C" for word in term.words) + ")"]
    if term.is_open:
        ways.append(f"'{term.words[0]}':*")
    return " | ".join(ways)
