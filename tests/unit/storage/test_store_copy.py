from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, select

from digest.deliveries import Attempt, Outcome
from digest.errors import UsageError
from digest.settings import StoreSettings
from digest.storage import Store, open_store, store_copy
from digest.storage.database import schema, secrets
from digest.storage.delivery import ledger, plans, runs
from digest.storage.papers import listings, papers, statistics
from digest.storage.subscribers import consent, subscribers, suppressions, votes
from digest.storage.subscribers.votes import VoteRecord
from tests.unit.storage.samples import FULL_PAPER, NOW, listing, paper, plan, sighting, subscribed


def filled(store: Store) -> None:
    """Put something into most tables, with gaps in the numbers."""
    with store.ingesting(1) as tx:
        added = papers.add(tx, [FULL_PAPER, paper("b"), paper("c")])
        papers.identify(tx, {"a": 1, "b": 2})
        listings.add(tx, listing("one"), [(1, sighting(votes=2)), (2, sighting())])
        papers.merge(tx, added[0], 2)
        statistics.add(tx, NOW, 2, b"\0\xff")
        secrets.keyring(tx, NOW)
        runs.finish(tx, runs.begin(tx, "run", NOW), NOW, {"sent": 1, "why": "Übung"})
    people = subscribed(store, *(f"r{number}" for number in range(7)))
    with store.transaction() as tx:
        rows = plans.enter(tx, [plan(person) for person in people], NOW).planned
        ledger.claim(tx, "me", NOW, lease=timedelta(minutes=5), limit=1)
        ledger.mark(tx, "me", [Attempt(delivery=min(rows.values()), outcome=Outcome.SENT, at=NOW)])
        votes.cast(tx, VoteRecord(subscriber=people[0].number, paper=1, value=-1, at=NOW))
        suppressions.suppress(tx, "x@example.com", "operator", "", NOW)
        consent.erase(tx, people[-1].number, NOW)


def content(store: Store) -> dict[str, list[dict[str, Any]]]:
    with store.reading() as tx:
        return {
            table.name: [
                dict(row)
                for row in tx.connection.execute(select(table).order_by(*table.primary_key.columns)).mappings()
            ]
            for table in schema.metadata.sorted_tables
        }


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with ExitStack() as held:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path / 'target.db'}"
        else:
            server = request.getfixturevalue("postgresql_server")
            url = held.enter_context(server.database())
        opened = open_store(StoreSettings(url=url), tmp_path)
        held.callback(opened.close)
        yield opened


def test_every_row_is_copied_unchanged(store: Store, target: Store) -> None:
    filled(store)
    before = content(store)
    moved = store_copy.move(store, target)
    assert content(target) == before == content(store)
    assert moved == {name: len(rows) for name, rows in before.items() if name != "schema_version"}
    assert sum(map(bool, moved.values())) >= 12


def test_the_counters_of_the_target_continue_where_the_source_stopped(store: Store, target: Store) -> None:
    filled(store)
    store_copy.move(store, target)
    [here], [there] = subscribed(store, "next"), subscribed(target, "next")
    with store.transaction() as tx, target.transaction() as tx_there:
        row = plans.enter(tx, [plan(here)], NOW).planned[here.number]
        row_there = plans.enter(tx_there, [plan(there)], NOW).planned[there.number]
    assert (there.number, row_there) == (here.number, row)


def test_many_batches_are_copied(store: Store, target: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_copy, "BATCH", 2)
    filled(store)
    store_copy.move(store, target)
    assert content(target) == content(store)


def test_a_target_with_any_row_is_refused_and_left_unchanged(store: Store, target: Store) -> None:
    filled(store)
    with target.transaction() as tx:
        runs.set_flag(tx, "hold", "yes")
    before = content(target)
    with pytest.raises(UsageError, match="not empty: it has rows in flags"):
        store_copy.move(store, target)
    assert content(target) == before


def test_a_backup_of_sqlite_is_a_store_with_all_that_was_there(sqlite_store: Store, tmp_path: Path) -> None:
    filled(sqlite_store)
    copy = tmp_path / "copy.db"
    with sqlite_store.transaction() as tx:  # somebody writes meanwhile
        runs.set_flag(tx, "hold", "not committed yet")
        store_copy.backup(sqlite_store, copy)
    before = content(sqlite_store)
    restored = open_store(StoreSettings(url=f"sqlite:///{copy}"), tmp_path)
    assert content(restored) | {"flags": []} == before | {"flags": []}
    assert content(restored)["flags"] == []
    restored.close()
    with pytest.raises(UsageError, match="never overwrites"):
        store_copy.backup(sqlite_store, copy)


def test_a_backup_by_pg_dump_is_restored_by_psql(postgresql_url: str, postgresql_server: Any, tmp_path: Path) -> None:
    if not (shutil.which("pg_dump") and shutil.which("psql")):
        pytest.skip("no PostgreSQL client programs: pg_dump and psql are missing")
    with ExitStack() as held:
        store = open_store(StoreSettings(url=postgresql_url), tmp_path)
        held.callback(store.close)
        filled(store)
        with pytest.raises(UsageError, match="pg_dump"):
            store_copy.backup(store, tmp_path / "copy.db")
        empty = held.enter_context(postgresql_server.empty_database())
        address, other = (make_url(url).set(drivername="postgresql") for url in (postgresql_url, empty))
        dump = tmp_path / "digest.sql"
        _call("pg_dump", "--no-owner", "--file", str(dump), address.render_as_string(hide_password=False))
        _call("psql", "--quiet", "--file", str(dump), other.render_as_string(hide_password=False))
        restored = open_store(StoreSettings(url=empty), tmp_path)
        held.callback(restored.close)
        assert content(restored) == content(store)


def _call(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_subscribers_of_a_moved_store_are_due_as_before(store: Store, target: Store) -> None:
    filled(store)
    store_copy.move(store, target)
    later = NOW + timedelta(days=2)
    with store.reading() as here, target.reading() as there:
        assert subscribers.due(there, later) == subscribers.due(here, later) != []
