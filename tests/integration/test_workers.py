"""Workers as processes at one PostgreSQL store: they share the work, and one finishes what a killed one began."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from digest.deliveries import DeliveryState
from digest.errors import ConfigurationError
from digest.periodic_tasks import TaskContext, periodic_tasks
from digest.runs.delivery.deliver import Compose, hold, release
from digest.runs.pipeline.jobs import DELIVER, PLAN, enqueue_due
from digest.settings import SchedulerSettings, Settings, StoreSettings
from digest.storage import Store, open_store
from digest.storage.delivery import deliveries, ledger, plans, runs
from digest.storage.delivery.jobs import APPLIED, Jobs, open_jobs, outstanding
from digest.storage.store_copy import move
from digest.storage.subscribers import subscribers
from tests.smtp_server import Do, ScriptedServer, Step
from tests.unit.runs.samples import TUNING, ingested
from tests.unit.storage.samples import admission, plan, subscribed, subscription

READERS = 40
SHARD = 5
PATIENCE = 60.0
CONFIG = """
[store]
url = "{url}"
[smtp]
host = "127.0.0.1"
port = {port}
tls = "none"
connections = 2
[worker]
poll_seconds = 0.3
heartbeat_seconds = 0.5
stalled_seconds = 2
upkeep_seconds = 1
"""


@pytest.fixture
def store(postgresql_url: str) -> Iterator[Store]:
    """A PostgreSQL store with one paper and forty readers who want it and are due."""
    opened = open_store(StoreSettings(url=postgresql_url), Path())
    ingested(opened, [TUNING], datetime.now(UTC))
    with opened.transaction() as tx:
        asked = [subscription(f"r{number}") for number in range(READERS)]
        subscribers.add_many(tx, asked, admission(), datetime.now(UTC) - timedelta(days=8))
    yield opened
    opened.close()


@pytest.fixture
def jobs(store: Store) -> Jobs:
    return open_jobs(store)


@contextmanager
def worker(config: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "digest", "worker", "--config", str(config)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as process:
        try:
            yield process
        finally:
            process.kill()


def configured(folder: Path, url: str, server: ScriptedServer) -> Path:
    config = folder / "digest.toml"
    config.write_text(CONFIG.format(url=url, port=server.port))
    return config


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"timed out waiting for {what}"
        time.sleep(0.1)


def jobs_left(store: Store) -> int:
    with store.reading() as tx:
        return outstanding(tx, PLAN) + outstanding(tx, DELIVER)


def workers_ready(store: Store) -> int:
    with store.reading() as tx:
        ready: int = tx.connection.execute(text("SELECT count(*) FROM procrastinate_workers")).scalar_one()
    return ready


def states(store: Store) -> Counter[DeliveryState]:
    with store.reading() as tx:
        return Counter({state: count for state, count in ledger.counts(tx).items() if count})


def test_two_workers_serve_every_due_reader_once(store: Store, jobs: Jobs, postgresql_url: str, tmp_path: Path) -> None:
    with ScriptedServer() as server, ExitStack() as running:
        config = configured(tmp_path, postgresql_url, server)
        processes = [running.enter_context(worker(config)) for _ in range(2)]
        wait_until(lambda: workers_ready(store) == 2, "the workers to start")
        enqueue_due(store, jobs, datetime.now(UTC), SHARD)
        wait_until(lambda: not jobs_left(store), "all jobs to be done")
        for process in processes:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(PATIENCE) for process in processes] == [0, 0]
        assert Counter(server.recipients()) == {f"r{number}@example.com": 1 for number in range(READERS)}
    assert states(store) == {DeliveryState.SENT: READERS}


def test_another_worker_finishes_what_a_killed_one_began(
    store: Store, jobs: Jobs, postgresql_url: str, tmp_path: Path
) -> None:
    victims: list[int] = []

    def kill_at_tenth(step: Step) -> Do | None:
        if step.name == "dot" and len(server.taken) == 10 and victims:
            os.kill(victims.pop(), signal.SIGKILL)
        return None

    enqueue_due(store, jobs, datetime.now(UTC), SHARD)
    with ScriptedServer(kill_at_tenth) as server:
        config = configured(tmp_path, postgresql_url, server)
        with worker(config) as first:
            victims.append(first.pid)
            assert first.wait(PATIENCE) == -signal.SIGKILL
        assert jobs_left(store) > 0
        with worker(config):
            wait_until(lambda: not jobs_left(store), "the jobs of the killed worker to be done")
        arrived = Counter(server.recipients())
    assert max(arrived.values()) == 1
    found = states(store)
    assert found.keys() <= {DeliveryState.SENT, DeliveryState.UNKNOWN}
    assert sum(found.values()) == READERS
    assert found[DeliveryState.UNKNOWN] <= 4  # connections of the killed worker: two jobs of two each
    with store.reading() as tx:
        doubtful = deliveries.in_states(tx, [DeliveryState.UNKNOWN])
    assert READERS - len(arrived) <= len(doubtful)


def test_workers_send_nothing_while_mail_is_held_and_all_once_it_is_released(
    store: Store, jobs: Jobs, postgresql_url: str, tmp_path: Path
) -> None:
    hold(store, "the links are wrong")
    with ScriptedServer() as server, worker(configured(tmp_path, postgresql_url, server)):
        enqueue_due(store, jobs, datetime.now(UTC), SHARD)
        wait_until(lambda: not jobs_left(store), "the jobs to be done without sending")
        assert states(store) == {DeliveryState.PLANNED: READERS}
        assert server.connections == 0
        release(store)
        enqueue_due(store, jobs, datetime.now(UTC), SHARD)
        wait_until(lambda: not jobs_left(store), "what was held to be delivered")
        assert Counter(server.recipients()) == {f"r{number}@example.com": 1 for number in range(READERS)}


def test_what_was_planned_before_a_move_is_enqueued_by_the_first_tick_after_it(
    sqlite_store: Store, postgresql_url: str
) -> None:
    """Jobs are not moved; they are made anew from the ledger."""
    now = datetime.now(UTC)
    ingested(sqlite_store, [TUNING], now)
    [ada] = subscribed(sqlite_store, "ada")
    with sqlite_store.transaction() as tx:
        plans.enter(tx, [plan(ada, now.date())], now)
    with closing(open_store(StoreSettings(url=postgresql_url), Path())) as target:
        move(sqlite_store, target)
        assert enqueue_due(target, open_jobs(target), now) == 0
        assert states(target) == {DeliveryState.PLANNED: 1}
        with target.reading() as tx:
            assert outstanding(tx, DELIVER) == 1


def test_where_workers_do_the_work_a_tick_only_enqueues_it(store: Store, tmp_path: Path) -> None:
    context = TaskContext(
        store=store,
        settings=Settings(scheduler=SchedulerSettings(workers=True)),
        composer=never_composed,
        folder=tmp_path,
        profile_files=dict,
        stop=threading.Event(),
    )
    by_name = {task.name: task for task in periodic_tasks(context)}
    assert "post" not in by_name
    by_name["tick"].work(datetime.now(UTC))
    with store.reading() as tx:
        assert outstanding(tx, PLAN) == 1
    assert states(store) == {}


def never_composed(_now: datetime) -> Compose:
    raise AssertionError("a tick composes nothing")


def test_nobody_is_enqueued_again_while_their_job_is_outstanding(store: Store, jobs: Jobs) -> None:
    now = datetime.now(UTC)
    assert enqueue_due(store, jobs, now, SHARD) == READERS // SHARD
    assert enqueue_due(store, jobs, now + timedelta(minutes=1), SHARD) == 0
    with store.transaction() as tx:
        tx.connection.execute(text("DELETE FROM procrastinate_jobs"))
    assert enqueue_due(store, jobs, now + timedelta(minutes=2), SHARD) == READERS // SHARD


def test_a_job_is_enqueued_only_when_its_transaction_commits(store: Store, jobs: Jobs) -> None:
    def interrupted() -> None:
        with store.transaction() as tx:
            jobs.defer(tx, DELIVER, {})
            assert outstanding(tx, DELIVER) == 1
            raise KeyError

    with pytest.raises(KeyError):
        interrupted()
    assert jobs_left(store) == 0


def test_a_job_of_which_only_one_may_wait_is_refused_without_harm_to_the_transaction(store: Store, jobs: Jobs) -> None:
    with store.transaction() as tx:
        assert jobs.defer(tx, DELIVER, {}, only_one="deliver")
        assert not jobs.defer(tx, DELIVER, {}, only_one="deliver")
        runs.set_flag(tx, "hold", "yes")
    with store.reading() as tx:
        assert (outstanding(tx, DELIVER), runs.flag(tx, "hold")) == (1, "yes")


def test_opening_the_queue_again_changes_nothing(store: Store, jobs: Jobs) -> None:
    with store.reading() as tx:
        before = runs.flag(tx, APPLIED)
    open_jobs(store)
    with store.reading() as tx:
        assert runs.flag(tx, APPLIED) == before != ""


def test_a_store_on_sqlite_has_no_jobs(sqlite_store: Store) -> None:
    with pytest.raises(ConfigurationError, match="PostgreSQL"):
        open_jobs(sqlite_store)
