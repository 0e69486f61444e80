"""`digest worker` and `digest serve` outlive a database that goes away and comes back; nobody gets an issue twice."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from digest.deliveries import DeliveryState
from digest.runs.pipeline.jobs import enqueue_due, open_jobs
from digest.settings import StoreSettings
from digest.storage import Store, open_store
from digest.storage.delivery import ledger
from digest.storage.subscribers import subscribers
from tests.database_proxy import DatabaseProxy, proxied
from tests.smtp_server import ScriptedServer
from tests.unit.runs.samples import TUNING, ingested
from tests.unit.storage.samples import admission, subscription

READERS = 20
SHARD = 5
PATIENCE = 120.0
OUTAGE = 3.0
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
[web]
host = "127.0.0.1"
port = {web}
url = "https://digest.example.org"
"""


@pytest.fixture
def store(postgresql_url: str) -> Iterator[Store]:
    """A PostgreSQL store with one paper and readers who are due; reached without the proxy."""
    opened = open_store(StoreSettings(url=postgresql_url), Path())
    ingested(opened, [TUNING], datetime.now(UTC))
    with opened.transaction() as tx:
        asked = [subscription(f"r{number}") for number in range(READERS)]
        subscribers.add_many(tx, asked, admission(), datetime.now(UTC) - timedelta(days=8))
    yield opened
    opened.close()


@pytest.fixture
def proxy(postgresql_url: str) -> Iterator[DatabaseProxy]:
    with proxied(postgresql_url) as made:
        yield made


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as made:
        port: int = made.getsockname()[1]
        return port


@contextmanager
def running(
    command: str, folder: Path, proxy: DatabaseProxy, server: ScriptedServer, web: int = 0
) -> Iterator[subprocess.Popen[bytes]]:
    config = folder / "digest.toml"
    config.write_text(CONFIG.format(url=proxy.url, port=server.port, web=web or free_port()))
    called = [sys.executable, "-m", "digest", "-v", command, "--config", str(config)]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(called, cwd=Path(__file__).parents[2], stderr=log, stdout=log) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"timed out waiting for {what}"
        time.sleep(0.1)


def states(store: Store) -> Counter[DeliveryState]:
    with store.reading() as tx:
        return Counter({state: count for state, count in ledger.counts(tx).items() if count})


def log_of(folder: Path) -> str:
    return (folder / "log").read_text()


def test_a_worker_that_starts_before_its_database_goes_on_when_it_is_there(
    store: Store, proxy: DatabaseProxy, tmp_path: Path
) -> None:
    jobs = open_jobs(store)
    proxy.cut()
    with ScriptedServer() as server, running("worker", tmp_path, proxy, server) as process:
        wait_until(lambda: "cannot be reached, trying again" in log_of(tmp_path), "the outage in the log")
        time.sleep(OUTAGE)
        proxy.restore()
        wait_until(lambda: "can be reached again" in log_of(tmp_path), "the end of the outage in the log")

        def all_sent() -> bool:
            enqueue_due(store, jobs, datetime.now(UTC), SHARD)  # as the scheduler does each minute
            return sum(states(store)[state] for state in (DeliveryState.SENT, DeliveryState.UNKNOWN)) == READERS

        wait_until(all_sent, "all issues")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        arrived = Counter(server.recipients())
    assert max(arrived.values()) == 1
    assert READERS - len(arrived) <= states(store)[DeliveryState.UNKNOWN]


def test_serve_says_so_in_ready_and_goes_on_when_the_database_is_back(
    store: Store, proxy: DatabaseProxy, tmp_path: Path
) -> None:
    web = free_port()

    def ready() -> int:
        try:
            return httpx.get(f"http://127.0.0.1:{web}/ready", timeout=10).status_code
        except httpx.TransportError:
            return 0

    with ScriptedServer() as server, running("serve", tmp_path, proxy, server, web) as process:
        wait_until(lambda: ready() == 200, "the pages")
        wait_until(lambda: len(server.recipients()) == READERS, "all issues")
        proxy.cut()
        wait_until(lambda: ready() == 503, "/ready to say so")
        wait_until(lambda: "cannot be reached, trying again" in log_of(tmp_path), "the outage in the log")
        assert httpx.get(f"http://127.0.0.1:{web}/health").status_code == 200
        with store.transaction() as tx:
            asked = [subscription(f"late{number}") for number in range(READERS)]
            subscribers.add_many(tx, asked, admission(), datetime.now(UTC) - timedelta(days=8))
        time.sleep(OUTAGE)
        proxy.restore()
        wait_until(lambda: ready() == 200, "/ready to recover")
        wait_until(lambda: len(server.recipients()) == 2 * READERS, "the issues of those who came due meanwhile")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        assert max(Counter(server.recipients()).values()) == 1
    assert "can be reached again" in log_of(tmp_path)
