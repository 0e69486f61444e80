"""How fast issues leave: `python -m tests.benchmarks.delivery [--count N] [--rounds N]`.

The yardstick is Postfix's `smtp-source`, which sends one message over and over: same octets, same number of sessions, a
recipient of its own for each (-N: without it Postfix looks up one address and then knows the rest), `smtp-sink` at the
other end. Measured is the whole path of `digest deliver`, from the planned row to the mark: claim,
compose, intent, send, mark, durably on SQLite. Rounds alternate, so that a busy machine slows both.

Two ways of composing: "joined" puts pieces made before around one slot (what the sending itself costs), "issues" is
what subscribers get, with its cards, chips and signed links.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from digest.messages import Message
from digest.runs.delivery.deliver import Compose, deliver
from digest.runs.delivery.paper_cache import PaperCache
from digest.settings import StoreSettings
from digest.storage import Store, open_store
from digest.storage.delivery import ledger
from digest.storage.delivery.ledger import ClaimedDelivery
from digest.storage.papers import papers
from tests import mail_server, postfix
from tests.benchmarks.delivery_world import NOW, fill, make, settings

SESSIONS = 4


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What one delivery cost."""

    seconds: float
    cpu: float  #: seconds of this process
    peak: int  #: KiB
    count: int

    @property
    def rate(self) -> float:
        return self.count / self.seconds

    @property
    def microseconds(self) -> float:
        return self.cpu / self.count * 1e6


def joined(sample: bytes) -> Compose:
    """Return a composer that joins pieces made before around the address."""
    head, _, rest = sample.partition(b"To: ")
    rest = rest.partition(b"\r\n")[2]

    def compose(row: ClaimedDelivery, _papers: PaperCache) -> Message:
        address = row.address
        parts = head + b"To: " + address.encode() + b"\r\n", rest
        return Message(sender=f"digest+{row.id:048}@example.org", recipient=address, parts=parts, is_wire_ready=True)

    return compose


def measured(url: str, port: int, composing: str) -> None:
    """Deliver everything in a process of its own, and prints what it cost."""
    store = open_store(StoreSettings(url=url), Path())
    wanted = settings(url, port, SESSIONS)
    compose = make(wanted) if composing == "issues" else joined(sample_of(store, url))
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    report = deliver(store, compose, wanted, NOW)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak": after.ru_maxrss, "count": report.sent}))


def sample_of(store: Store, url: str) -> bytes:
    """Return one issue as it goes over the wire."""
    with store.transaction() as tx:
        (row,) = ledger.claim(tx, "sample", NOW, lease=timedelta(minutes=1), limit=1)
        ledger.release(tx, "sample")
        shown = PaperCache(lambda numbers: papers.by_numbers(tx, numbers), waiting=tuple)
        return make(settings(url, 1, 1))(row, shown).data


@dataclass(frozen=True, kw_only=True)
class World:
    """A store with planned issues, and one message as a file for smtp-source."""

    url: str
    count: int
    message: Path

    def path(self, port: int, composing: str) -> Figures:
        """Deliver everything once, in a process of its own."""
        self._plan_again()
        command = [sys.executable, "-m", __spec__.name, "--measure", self.url, str(port), composing]
        found = subprocess.run(command, check=True, capture_output=True, text=True)
        figures = Figures(**json.loads(found.stdout))
        assert figures.count == self.count, found.stderr
        return figures

    def source(self, port: int) -> Figures:
        """Send as many with smtp-source."""
        command = ["smtp-source", "-N", "-d", "-s", str(SESSIONS), "-m", str(self.count), "-F", str(self.message)]
        command += ["-f", "a@example.org", "-t", "r@example.com", f"127.0.0.1:{port}"]
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(command, check=True)
        seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Figures(seconds=seconds, cpu=cpu, peak=0, count=self.count)

    def _plan_again(self) -> None:
        with contextlib.closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as connection, connection:
            connection.execute(
                "UPDATE deliveries SET state = 'planned', attempts = 0, next_attempt = created, lease_owner = '',"
                " lease_until = NULL, sent_at = NULL"
            )


@contextlib.contextmanager
def worlds(*counts: int) -> Iterator[list[World]]:
    """Make a store for each count, on the disk that the temporary folder is on."""
    folder = Path(tempfile.mkdtemp(prefix="delivery-"))
    try:
        made = {count: _world(folder / str(count), count) for count in dict.fromkeys(counts)}
        yield [made[count] for count in counts]
    finally:
        shutil.rmtree(folder)


def _world(folder: Path, count: int) -> World:
    folder.mkdir()
    url = f"sqlite:///{folder / 'digest.db'}"
    store = open_store(StoreSettings(url=url), folder)
    fill(store, count)
    (folder / "message").write_bytes(sample_of(store, url).replace(b"\r\n", b"\n"))
    store.close()
    return World(url=url, count=count, message=folder / "message")


@contextlib.contextmanager
def sink() -> Iterator[int]:
    """Run smtp-sink and gives its port."""
    port = mail_server.free_port()
    as_user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen(["smtp-sink", *as_user, f"127.0.0.1:{port}", "1000"])
    try:
        assert mail_server.wait_until_open(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(10)


@contextlib.contextmanager
def queue() -> Iterator[int]:
    """Run a real Postfix that takes all, queues it on disk and then discards it; return its port."""
    with postfix.serving(transport="discard", login=False) as server:
        yield server.port


def compare(world: World, server: Callable[[], contextlib.AbstractContextManager[int]], rounds: int) -> None:
    """Print the ratios of the path to smtp-source, round by round in turn."""
    ratios: dict[str, list[float]] = {"joined": [], "issues": []}
    cpu: dict[str, list[float]] = {"joined": [], "issues": [], "smtp-source": []}
    with server() as port:
        for _ in range(rounds):
            yardstick = world.source(port)
            cpu["smtp-source"].append(yardstick.microseconds)
            for composing in ratios:
                figures = world.path(port, composing)
                ratios[composing].append(figures.rate / yardstick.rate)
                cpu[composing].append(figures.microseconds)
            print(f"    smtp-source {yardstick.rate:.0f}/s, " + _last(ratios), flush=True)
    for composing, found in ratios.items():
        print(f"  {composing}: {_range(found, '.2f')} of smtp-source, CPU {_range(cpu[composing], '.0f')} µs a message")
    print(f"  smtp-source: CPU {_range(cpu['smtp-source'], '.0f')} µs a message", flush=True)


def _last(ratios: Mapping[str, list[float]]) -> str:
    return ", ".join(f"{name} {found[-1]:.2f}" for name, found in ratios.items())


def _range(values: list[float], form: str) -> str:
    return f"median {statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def grow(sizes: list[World]) -> None:
    """Print how time and memory grow with the number of messages."""
    with sink() as port:
        for world in sizes:
            figures = world.path(port, "joined")
            per_message = figures.seconds / world.count * 1e6
            print(f"  {world.count:>7}: {per_message:.0f} µs a message, peak {figures.peak / 1024:.0f} MiB", flush=True)


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--queue-count", type=int, default=5000)
    parser.add_argument("--growth", type=int, nargs="*", default=[1000, 10_000, 100_000])
    parser.add_argument("--measure", nargs=3)
    wanted = parser.parse_args()
    if wanted.measure:
        url, port, composing = wanted.measure
        measured(url, int(port), composing)
        return
    with worlds(wanted.count, wanted.queue_count, *wanted.growth) as (first, second, *sizes):
        print(f"smtp-sink, {first.count} messages of {first.message.stat().st_size} octets, {SESSIONS} sessions")
        compare(first, sink, wanted.rounds)
        print(f"a real Postfix queue, {second.count} messages")
        compare(second, queue, wanted.rounds)
        print("growth")
        grow(sizes)


if __name__ == "__main__":
    main()
