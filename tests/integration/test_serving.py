"""`digest serve` as processes: several at one store beside cron, one killed, and nobody missed or served twice."""

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
from digest.storage import Store
from digest.storage.delivery import deliveries, ledger
from digest.storage.subscribers import subscribers
from tests.smtp_server import ScriptedServer
from tests.unit.runs.samples import TUNING, ingested
from tests.unit.storage.samples import admission, subscription

PATIENCE = 120.0
READERS = 2000
CONFIG = """
[store]
url = "{url}"
[smtp]
host = "127.0.0.1"
port = {port}
tls = "none"
connections = 2
[web]
port = {web}
url = "https://digest.example.org"
"""


def audience(store: Store, count: int) -> set[str]:
    """Take in readers who are due, with one paper for them; return their addresses."""
    now = datetime.now(UTC)
    ingested(store, [TUNING], now)
    with store.transaction() as tx:
        asked = [subscription(f"r{number}") for number in range(count)]
        added = subscribers.add_many(tx, asked, admission(), now - timedelta(days=8))
    return {person.address for person in added}


def configured(folder: Path, url: str, server: ScriptedServer, web: int = 0) -> Path:
    config = folder / "digest.toml"
    config.write_text(CONFIG.format(url=url, port=server.port, web=web))
    return config


@contextmanager
def digest(*arguments: str, config: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "digest", arguments[0], "--config", str(config), *arguments[1:]]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"timed out waiting for {what}"
        time.sleep(0.05)


def states(store: Store) -> Counter[DeliveryState]:
    with store.reading() as tx:
        return Counter({state: count for state, count in ledger.counts(tx).items() if count})


def led(process: subprocess.Popen[str]) -> None:
    """Wait until the process says that it leads."""
    assert process.stderr is not None
    for line in process.stderr:
        if "leading" in line:
            return
    pytest.fail("it ended without leading")


def test_two_programs_and_cron_at_once_one_killed_and_each_reader_gets_one_issue(
    store: Store, store_url: str, tmp_path: Path
) -> None:
    everybody = audience(store, READERS)
    with ScriptedServer() as server:
        config = configured(tmp_path, store_url, server)
        with digest("serve", "--no-web", config=config) as first:
            led(first)
            with digest("serve", "--no-web", config=config) as second, digest("run", "--json", config=config) as cron:
                wait_until(lambda: len(server.taken) > READERS // 10, "the first mails")
                first.kill()
                killed = time.monotonic()
                led(second)
                print(f"the lead moved in {time.monotonic() - killed:.1f} s")
                cron.communicate(timeout=PATIENCE)
                wait_until(lambda: states(store).keys() <= {DeliveryState.SENT, DeliveryState.UNKNOWN}, "the end")
                second.send_signal(signal.SIGTERM)
                assert second.wait(PATIENCE) == 0
        arrived = Counter(server.recipients())
    found = states(store)
    with store.reading() as tx:
        doubtful = deliveries.in_states(tx, [DeliveryState.UNKNOWN])
        people = subscribers.by_numbers(tx, [row.subscriber for row in doubtful])
    in_doubt = {people[row.subscriber].address for row in doubtful}
    assert set(arrived.values()) == {1}, "somebody got it twice"
    assert everybody - arrived.keys() <= in_doubt, "somebody was missed"
    assert sum(found.values()) == READERS
    assert len(in_doubt) <= 2, "more in doubt than connections"


def test_a_program_that_is_told_to_end_finishes_what_is_under_way(sqlite_store: Store, tmp_path: Path) -> None:
    everybody = audience(sqlite_store, 300)
    with ScriptedServer() as server:
        config = configured(tmp_path, f"sqlite:///{sqlite_store.file}", server)
        with digest("serve", "--no-web", config=config) as program:
            wait_until(lambda: len(server.taken) > 5, "the first mails")
            program.send_signal(signal.SIGTERM)
            assert program.wait(PATIENCE) == 0
        arrived = Counter(server.recipients())
        found = states(sqlite_store)
        assert found.keys() <= {DeliveryState.SENT, DeliveryState.PLANNED}
        assert found[DeliveryState.SENT] == len(arrived) == sum(arrived.values())
        with digest("deliver", config=config) as rest:
            assert rest.wait(PATIENCE) == 0
        assert Counter(server.recipients()) == dict.fromkeys(everybody, 1)


def test_the_pages_are_served_beside_the_scheduler(sqlite_store: Store, tmp_path: Path) -> None:
    with ScriptedServer() as server:
        config = configured(tmp_path, f"sqlite:///{sqlite_store.file}", server)
        with digest("serve", config=config) as program:
            assert program.stdout is not None
            address = program.stdout.readline().strip().rpartition(" ")[2]
            assert httpx.get(f"{address}subscribe", timeout=30).status_code == 200
            led(program)
            program.send_signal(signal.SIGTERM)
            assert program.wait(PATIENCE) == 0


def test_an_address_that_is_taken_is_a_faulty_configuration(sqlite_store: Store, tmp_path: Path) -> None:
    with ScriptedServer() as server, socket.create_server(("127.0.0.1", 0)) as taken:
        config = configured(tmp_path, f"sqlite:///{sqlite_store.file}", server, taken.getsockname()[1])
        with digest("serve", "--no-scheduler", config=config) as program:
            _, said = program.communicate(timeout=PATIENCE)
    assert program.returncode == 78
    assert "web.port" in said
