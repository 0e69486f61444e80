"""Papers in the store: numbered in commit order, looked up by key or number, read with their popularity."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, bindparam, delete, exists, func, select, update

from digest.errors import StoreError
from digest.papers import Paper
from digest.search_terms import Searchable, of_paper
from digest.storage.database import schema, search_index
from digest.storage.database.bulk import chunks, copy_rows, insert_or_ignore
from digest.storage.database.guarded_rows import read_rows
from digest.storage.database.transactions import Tx
from digest.storage.papers.paper_rows import paper_of, read_papers, row_of, stored_key
from digest.storage.papers.popularity import popularity_of

_p, _i = schema.papers.c, schema.identities.c
_HIGHEST = select(func.max(_p.number))
_FIRST_SINCE = select(func.min(_p.number)).where(_p.first_seen >= bindparam("since"))


def by_keys(tx: Tx, keys: Iterable[str]) -> dict[str, Paper]:
    """Return the paper of each known identity key; a key of a merged paper returns the surviving paper."""
    found: dict[str, Paper] = {}
    wanted = {key: stored_key(key) for key in keys}
    for chunk in chunks(dict.fromkeys(wanted.values())):
        query = select(_i.key.label("identity"), schema.papers).join_from(schema.identities, schema.papers)
        rows = tx.connection.execute(query.where(_i.key.in_(chunk))).mappings()
        found |= dict(read_rows(rows, _with_identity, table="papers", key="key"))
    return {key: found[stored] for key, stored in wanted.items() if stored in found}


def by_numbers(tx: Tx, numbers: Iterable[int]) -> dict[int, Paper]:
    """Return the paper of each number, with popularity; the number of a merged paper returns the surviving paper."""
    wanted = list(dict.fromkeys(numbers))
    targets = _resolved(tx, wanted)
    papers: dict[int, Paper] = {}
    for chunk in chunks(set(targets.values())):
        papers |= {p.number: p for p in _read(tx, select(schema.papers).where(_p.number.in_(chunk)))}
    papers = {p.number: p for p in with_popularity(tx, list(papers.values()))}
    return {number: papers[targets[number]] for number in wanted if targets.get(number) in papers}


def beyond(tx: Tx, number: int, *, upto: int | None = None, seen_since: datetime | None = None) -> list[Paper]:
    """Return the papers after `number`, in order, with popularity: up to `upto`, first seen at `seen_since` or later.

    Papers that were merged into others are left out.
    """
    query = select(schema.papers).where(_p.number > number, _p.redirect.is_(None)).order_by(_p.number)
    if upto is not None:
        query = query.where(_p.number <= upto)
    if seen_since is not None:
        query = query.where(_p.first_seen >= seen_since)
    return with_popularity(tx, _read(tx, query))


def high_water(tx: Tx) -> int:
    """Return the highest paper number assigned so far; 0 without papers."""
    highest: int | None = tx.connection.execute(_HIGHEST).scalar()
    return highest or 0


def cursor_before(tx: Tx, seen_since: datetime) -> int:
    """Return the cursor after which come all papers first seen since then."""
    number: int | None = tx.connection.execute(_FIRST_SINCE, {"since": seen_since}).scalar()
    return high_water(tx) if number is None else number - 1


def stream(tx: Tx, *, newest: int | None = None, size: int = 1000) -> Iterator[Paper]:
    """Return all papers, or the `newest`, from the highest number down, without popularity, in constant memory."""
    query = select(schema.papers).where(_p.redirect.is_(None)).order_by(_p.number.desc()).limit(newest)
    with closing(tx.connection.execute(query, execution_options={"yield_per": size})) as result:
        yield from read_papers(result.mappings())


def add(tx: Tx, papers: Sequence[Paper]) -> list[Paper]:
    """Store new papers, and return them with their numbers, in the same order.

    Only the ingest transaction may do so: a higher number must never become visible before a lower one.
    """
    if not tx.ingests:
        raise StoreError("papers are numbered only in the ingest transaction")
    start = high_water(tx) + 1
    numbered = [replace(paper, number=number) for number, paper in enumerate(papers, start)]
    copy_rows(tx, schema.papers, [row_of(paper) for paper in numbered])
    search_index.put(tx.connection, search_entries(numbered))
    return numbered


def change(tx: Tx, papers: Sequence[Paper]) -> None:
    """Overwrite stored papers with these, by number."""
    if not papers:
        return
    rows = [{f"new_{name}": value for name, value in row_of(paper).items()} for paper in papers]
    values: dict[str, Any] = {name.removeprefix("new_"): bindparam(name) for name in rows[0] if name != "new_number"}
    statement = update(schema.papers).where(_p.number == bindparam("new_number")).values(values)
    tx.connection.execute(statement, rows)
    search_index.put(tx.connection, search_entries(papers))


def identify(tx: Tx, keys: Mapping[str, int]) -> None:
    """Record which paper each identity key names; a key that names a paper already keeps it."""
    rows = [{"key": stored_key(key), "paper": number} for key, number in keys.items()]
    if rows:
        tx.connection.execute(insert_or_ignore(tx, schema.identities), rows)


def merge(tx: Tx, kept: Paper, merged: int) -> None:
    """Merge two papers: `kept`, with the merged content, takes over the keys, sightings and votes of `merged`.

    The row of `merged` stays as a redirect, so that its number is never reused. `kept` has the lower number.
    """
    if not 0 < kept.number < merged:
        raise StoreError(f"paper {merged} cannot be merged into {kept.number}: the lower number stays")
    change(tx, [kept])
    _reassign(tx, kept.number, merged)
    redirecting = update(schema.papers).where((_p.number == merged) | (_p.redirect == merged))
    tx.connection.execute(redirecting.values(redirect=kept.number))
    search_index.drop(tx.connection, [merged])


def search_entries(papers: Iterable[Paper]) -> Iterator[tuple[int, Searchable]]:
    """Return the entries of papers in the search index."""
    return ((paper.number, of_paper(paper)) for paper in papers)


def with_popularity(tx: Tx, papers: Sequence[Paper]) -> list[Paper]:
    """Return the papers with the popularity that their sightings show."""
    found = popularity_of(tx, [paper.number for paper in papers])
    return [replace(paper, popularity=found[paper.number]) if paper.number in found else paper for paper in papers]


def _reassign(tx: Tx, kept: int, merged: int) -> None:
    tx.connection.execute(update(schema.identities).where(_i.paper == merged).values(paper=kept))
    for table, other in ((schema.sightings, "listing"), (schema.votes, "subscriber"), (schema.embeddings, "model")):
        twin = table.alias()
        already = exists().where(twin.c.paper == kept, twin.c[other] == table.c[other])
        tx.connection.execute(update(table).where(table.c.paper == merged, ~already).values(paper=kept))
        tx.connection.execute(delete(table).where(table.c.paper == merged))


def _resolved(tx: Tx, numbers: Collection[int]) -> dict[int, int]:
    """Return the surviving number for each stored number; `merge` keeps every redirect one step long."""
    targets: dict[int, int] = {}
    for chunk in chunks(numbers):
        query = select(_p.number, func.coalesce(_p.redirect, _p.number).label("kept")).where(_p.number.in_(chunk))
        targets |= {row.number: row.kept for row in tx.connection.execute(query)}
    return targets


def _read(tx: Tx, query: Select[Any]) -> list[Paper]:
    return list(read_papers(tx.connection.execute(query).mappings()))


def _with_identity(row: RowMapping) -> tuple[str, Paper]:
    return row["identity"], paper_of(row)
