"""Threads of one process that write to SQLite."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, text

from digest.errors import StoreBusy, StoreError
from digest.storage import Store
from digest.storage.delivery import runs

THREADS = 16
PATIENCE = 60.0


def commits_of(store: Store) -> list[None]:
    """A list that grows by one with each commit."""
    counted: list[None] = []
    event.listen(store.engine, "commit", lambda _connection: counted.append(None))
    return counted


def waiting(store: Store) -> int:
    assert store._write_queue
    return store._write_queue.waiting


def queued(store: Store, *works: Callable[[], object]) -> list[object]:
    """Let the works begin, in this order, while somebody is writing; return what each gave or raised."""
    begun = threading.Event()
    hold = threading.Event()

    def first() -> None:
        with store.transaction():
            begun.set()
            assert hold.wait(PATIENCE)

    def outcome(work: Callable[[], object]) -> object:
        try:
            return work()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(works) + 1) as pool:
        holder = pool.submit(outcome, first)
        assert begun.wait(PATIENCE)
        started = []
        for place, work in enumerate(works, 1):
            started.append(pool.submit(outcome, work))
            while waiting(store) < place:
                assert not started[-1].done()
        hold.set()
        holder.result(PATIENCE)
        return [future.result(PATIENCE) for future in started]


def writer(store: Store, name: str) -> Callable[[], None]:
    def write() -> None:
        with store.transaction() as tx:
            runs.set_flag(tx, name, "yes")

    return write


def flags(store: Store, *names: str) -> list[str]:
    with store.reading() as tx:
        return [runs.flag(tx, name) for name in names]


def test_waiting_transactions_are_committed_together(sqlite_store: Store) -> None:
    counted = commits_of(sqlite_store)
    names = [f"flag {n}" for n in range(THREADS)]
    queued(sqlite_store, *(writer(sqlite_store, name) for name in names))
    assert len(counted) == 1
    assert flags(sqlite_store, *names) == ["yes"] * THREADS


def test_a_failed_transaction_does_not_undo_the_others(sqlite_store: Store) -> None:
    def failing() -> None:
        with sqlite_store.transaction() as tx:
            runs.set_flag(tx, "failed", "yes")
            raise KeyError("mine alone")

    before, after = writer(sqlite_store, "before"), writer(sqlite_store, "after")
    told = queued(sqlite_store, before, failing, after)
    assert [type(outcome) for outcome in told] == [type(None), KeyError, type(None)]
    assert flags(sqlite_store, "before", "failed", "after") == ["yes", "", "yes"]


def test_when_a_shared_commit_fails_every_thread_gets_the_error_and_the_next_can_write(sqlite_store: Store) -> None:
    def breaking() -> None:
        with sqlite_store.transaction() as tx:
            runs.set_flag(tx, "broken", "yes")
            tx.connection.execute(text("PRAGMA defer_foreign_keys = ON"))
            tx.connection.execute(
                text("INSERT INTO consents (subscriber, at, state, cause) VALUES (9, '2026-01-01', 'active', '')")
            )

    told = queued(sqlite_store, writer(sqlite_store, "innocent"), breaking)
    assert [type(outcome) for outcome in told] == [StoreError, StoreError]
    assert "FOREIGN KEY" in str(told[0])
    writer(sqlite_store, "next")()
    assert flags(sqlite_store, "innocent", "broken", "next") == ["", "", "yes"]


def test_a_writer_that_cannot_share_writes_alone_and_sees_earlier_writes(sqlite_store: Store) -> None:
    seen: list[str] = []

    def ingesting() -> None:
        with sqlite_store.ingesting(PATIENCE):
            seen.extend(flags(sqlite_store, "before", "after"))

    queued(sqlite_store, writer(sqlite_store, "before"), ingesting, writer(sqlite_store, "after"))
    assert seen == ["yes", ""]
    assert flags(sqlite_store, "before", "after") == ["yes", "yes"]


def test_a_thread_that_times_out_leaves_the_queue_and_blocks_nobody(sqlite_store: Store) -> None:
    def impatient() -> None:
        with sqlite_store.exclusive_writes(0.01):
            raise AssertionError("two at a time")

    with sqlite_store.transaction() as tx, ThreadPoolExecutor(1) as pool:
        with pytest.raises(StoreBusy, match="another process is writing"):
            pool.submit(impatient).result(PATIENCE)
        runs.set_flag(tx, "held", "yes")
    writer(sqlite_store, "next")()
    assert flags(sqlite_store, "held", "next") == ["yes", "yes"]


def test_many_threads_lose_no_write(sqlite_store: Store) -> None:
    def count_up(_: int) -> None:
        for _ in range(20):
            with sqlite_store.transaction() as tx:
                runs.set_flag(tx, "count", str(int(runs.flag(tx, "count") or 0) + 1))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(count_up, range(THREADS)))
    assert flags(sqlite_store, "count") == [str(20 * THREADS)]
