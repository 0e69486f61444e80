"""Several processes at one store: no gap in the papers' numbers, nobody planned twice, no row claimed twice."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing.managers import SyncManager
from pathlib import Path
from typing import Any

import pytest

from digest.settings import StoreSettings
from digest.storage import Store, open_store
from digest.storage.database import secrets
from digest.storage.delivery import deliveries, ledger, plans
from digest.storage.papers import papers
from digest.storage.subscribers import subscribers
from tests.unit.storage.samples import NOW, TODAY, paper, plan, subscribed

PROCESSES = 4
WAIT = 60.0


class Processes:
    """Several processes that begin together."""

    def __init__(self, pool: ProcessPoolExecutor, manager: SyncManager) -> None:
        self._pool, self._manager = pool, manager

    def do(self, work: Callable[..., Any], store_url: str) -> list[Any]:
        """Return what `work` gives in each of them."""
        start = self._manager.Barrier(PROCESSES)
        started = [self._pool.submit(_in_process, work, store_url, start, n) for n in range(PROCESSES)]
        return [future.result(timeout=WAIT) for future in started]


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager, ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        yield Processes(pool, manager)


def _in_process(work: Callable[..., Any], store_url: str, start: Any, process: int) -> Any:
    store = open_store(StoreSettings(url=store_url), Path())
    try:
        start.wait(WAIT)
        return work(store, process)
    finally:
        store.close()


def plan_everyone(store: Store, process: int) -> tuple[list[int], list[int]]:
    """Read all who are due, and plans them from what was read; every second process is a day ahead."""
    now = NOW + timedelta(days=process % 2)
    with store.reading() as tx:
        due = subscribers.due(tx, now)
    with store.transaction() as tx:
        entered = plans.enter(tx, [plan(person, now.date()) for person in reversed(due)], now)
    return list(entered.planned), list(entered.passed_over)


def claim_everything(store: Store, process: int) -> list[int]:
    claimed: list[int] = []
    while True:
        with store.transaction() as tx:
            batch = ledger.claim(tx, f"sender {process}", NOW, lease=timedelta(minutes=5), limit=7)
        if not batch:
            return claimed
        claimed += [row.id for row in batch]


def ingest_and_watch(store: Store, process: int) -> list[int]:
    """Add papers in several commits; gives for each how many came in below a high-water mark already seen."""
    late = []
    for commit in range(5):
        with store.reading() as tx:
            mark = papers.high_water(tx)
            seen = len(papers.beyond(tx, 0, upto=mark))
        with store.ingesting(WAIT) as tx:
            papers.add(tx, [paper(f"{process}/{commit}/{n}") for n in range(10)])
        with store.reading() as tx:
            late.append(len(papers.beyond(tx, 0, upto=mark)) - seen)
    return late


def test_planners_that_read_the_same_subscribers_plan_each_of_them_once(
    store: Store, store_url: str, processes: Processes
) -> None:
    names = [f"reader{n}" for n in range(60)]
    people = subscribed(store, *names)
    found = processes.do(plan_everyone, store_url)
    planned = Counter(number for done, _ in found for number in done)
    assert planned == Counter(person.number for person in people)
    with store.reading() as tx:
        rows = list(deliveries.made_since(tx, NOW))
    assert Counter(row.subscriber for row in rows) == planned


def test_senders_share_the_ledger_and_no_row_is_claimed_twice(
    store: Store, store_url: str, processes: Processes
) -> None:
    people = subscribed(store, *(f"reader{n}" for n in range(120)))
    with store.transaction() as tx:
        entered = plans.enter(tx, [plan(person, TODAY) for person in people], NOW)
    claimed = Counter(row for rows in processes.do(claim_everything, store_url) for row in rows)
    assert claimed == Counter(entered.planned.values())


def test_no_paper_appears_below_a_high_water_mark_that_was_seen(
    store: Store, store_url: str, processes: Processes
) -> None:
    assert processes.do(ingest_and_watch, store_url) == [[0] * 5] * PROCESSES
    with store.reading() as tx:
        assert [found.number for found in papers.beyond(tx, 0)] == list(range(1, PROCESSES * 50 + 1))


def rotate_once(store: Store, process: int) -> int:
    with store.transaction() as tx:
        return secrets.rotate(tx, NOW + timedelta(seconds=process)).number


def test_operators_who_rotate_at_once_all_have_a_new_key_and_no_number_is_left_out(
    store: Store, store_url: str, processes: Processes
) -> None:
    added = processes.do(rotate_once, store_url)
    with store.reading() as tx:
        assert {key.number for key in secrets.signing_keys(tx)} == set(added) == set(range(1, max(added) + 1))


def test_processes_that_open_an_empty_store_at_once_all_succeed(tmp_path: Path, processes: Processes) -> None:
    assert processes.do(_high_water, f"sqlite:///{tmp_path / 'new.db'}") == [0] * PROCESSES


def _high_water(store: Store, process: int) -> int:
    with store.reading() as tx:
        return papers.high_water(tx)
