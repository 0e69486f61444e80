"""Move and back up a whole store: every row of every table, and the counters that keep numbers from being reused."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Table, func, select, text

from digest.errors import StoreError, UsageError
from digest.storage.database import schema, search_index
from digest.storage.database.bulk import copy_rows
from digest.storage.database.transactions import Store, Tx
from digest.storage.papers import papers

BATCH = 5000
_NOT_MOVED = frozenset({"schema_version"})


def move(source: Store, target: Store) -> Mapping[str, int]:
    """Copy everything from one store to an empty other; return the number of rows per table. All or nothing is copied.

    No process may write to the source meanwhile; on SQLite none can. Raise UsageError when the target has any row.
    """
    with source.transaction() as reading, target.transaction() as writing:
        _refuse_rows(writing)
        moved = {table.name: _copy(table, reading, writing) for table in _tables()}
        for table in _tables():
            _copy_counter(table, reading, writing)
        search_index.put(writing.connection, papers.search_entries(papers.stream(reading)))
        _compare(moved, writing)
    return moved


def backup(store: Store, file: Path) -> None:
    """Write a copy of a SQLite store into a new file while the store stays in use.

    Raise UsageError when the file exists, and on PostgreSQL, where pg_dump makes backups.
    """
    if store.file is None:
        raise UsageError("back up a store on PostgreSQL with pg_dump; see docs/how-to/operations.md")
    if file.exists():
        raise UsageError(f"{file} exists already; a backup never overwrites a file")
    with closing(sqlite3.connect(store.file)) as source, closing(sqlite3.connect(file)) as copy:
        source.backup(copy, pages=1000)


def _tables() -> Iterator[Table]:
    """Return the tables in an order that satisfies their foreign keys."""
    return (table for table in schema.metadata.sorted_tables if table.name not in _NOT_MOVED)


def _refuse_rows(tx: Tx) -> None:
    for table in _tables():
        if tx.connection.execute(select(table).limit(1)).first() is not None:
            raise UsageError(f"the target is not empty: it has rows in {table.name}; nothing was moved")


def _copy(table: Table, source: Tx, target: Tx) -> int:
    query = select(table).order_by(*table.primary_key.columns)
    rows = source.connection.execute(query, execution_options={"yield_per": BATCH}).mappings()
    count = 0
    while batch := [dict(row) for row in islice(rows, BATCH)]:
        copy_rows(target, table, batch)
        count += len(batch)
    return count


def _copy_counter(table: Table, source: Tx, target: Tx) -> None:
    """Let the target continue from the last number assigned, even if its row was deleted."""
    key = table.autoincrement_column
    if key is None:
        return
    last = max(_last_assigned(table, key, source), _highest(key, target))
    if last and target.on_postgresql:
        counting = text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)")
        target.connection.execute(counting, {"table": table.name, "column": key.name, "last": last})
    elif last and table.dialect_options["sqlite"]["autoincrement"]:
        row = {"table": table.name, "last": last}
        target.connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :table"), row)
        target.connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :last)"), row)


def _last_assigned(table: Table, key: Column[Any], tx: Tx) -> int:
    if tx.on_postgresql:
        sequence = "SELECT last_value FROM pg_sequences WHERE format('%I.%I', schemaname, sequencename)::regclass = "
        query = text(sequence + "pg_get_serial_sequence(:table, :column)::regclass")
        return tx.connection.execute(query, {"table": table.name, "column": key.name}).scalar() or 0
    if not table.dialect_options["sqlite"]["autoincrement"]:
        return 0
    query = text("SELECT seq FROM sqlite_sequence WHERE name = :table")
    return tx.connection.execute(query, {"table": table.name}).scalar() or 0


def _highest(key: Column[Any], tx: Tx) -> int:
    return tx.connection.execute(select(func.max(key))).scalar() or 0


def _compare(moved: Mapping[str, int], target: Tx) -> None:
    counted = {table.name: target.connection.execute(select(func.count()).select_from(table)) for table in _tables()}
    wrong = [name for name, result in counted.items() if result.scalar_one() != moved[name]]
    if wrong:
        raise StoreError(f"not every row was copied to {', '.join(wrong)}; nothing was moved")
