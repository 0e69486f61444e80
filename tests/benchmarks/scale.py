"""What it costs to serve many subscribers: `python -m tests.benchmarks.scale` prints seconds and peak memory by size.

Each line is one process of its own on a new store: so many subscribers with 8 keywords each, 600 papers. The stages:

match   profiles are streamed in shards and scored, nothing is written
plan    the whole of planning: read, score, enter in the ledger, move cursors on (match included)
render  ledger rows are claimed and their messages composed to wire bytes, for at most --mails of them
send    rows are claimed, composed, handed to smtp-sink and marked, for at most --mails of them

Of each stage the seconds by the clock and the seconds of processor time of this program are printed: on a machine that
others use as well, only the second can be compared. A database server's and the sink's work is not in them.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from digest.profiles import Keyword, Profile
from digest.ranking import Background
from digest.ranking.matching import match
from digest.runs.deliver import deliver
from digest.runs.judging import gather, indexed
from digest.runs.plan import due_shards, plan_shard
from digest.settings import Settings, StoreSettings
from digest.storage import Store, ledger, open_store, papers, statistics, subscribers
from digest.storage.subscribers import Admission
from digest.subscribers import Owner, State, Subscription
from tests import postgresql
from tests.benchmarks.delivery_world import make, settings
from tests.benchmarks.language import Audience, Language

NOW = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)
SIZES = (1_000, 10_000, 100_000)
PAPERS, KEYWORDS, DISTINCT, TOPICS = 600, 8, 200_000, 200


def main() -> None:
    asked = _arguments().parse_args()
    if asked.child:
        print(json.dumps(measured(asked)))
        return
    with ExitStack() as held:
        addresses = {name: held.enter_context(_ADDRESSES[name]()) for name in asked.databases}
        for name, address in addresses.items():
            print_table(name, [_in_process(asked, size, address(size)) for size in asked.sizes], asked.workers)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--databases", nargs="+", default=list(_ADDRESSES), choices=list(_ADDRESSES))
    parser.add_argument("--mails", type=int, default=100_000, help="most mails to render and to send")
    parser.add_argument("--workers", type=int, default=1, help="processes that plan together")
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    parser.add_argument("--part", default="", help=argparse.SUPPRESS)
    return parser


# --- the world -------------------------------------------------------------------------------------------------------


def fill(store: Store, count: int) -> None:
    """Stores the papers and so many subscribers, all due."""
    language = Language(topics=TOPICS)
    background = Background.empty().with_papers(language.papers(2_000, first=PAPERS + 1))
    with store.ingesting(60) as tx:
        papers.add(tx, [replace(paper, first_seen=NOW - timedelta(hours=3)) for paper in language.papers(PAPERS)])
        statistics.add(tx, NOW, background.papers, background.dump())
    admission = Admission(owner=Owner.WEB, state=State.ACTIVE, cursor=0, cause="benchmark")
    wishes = enumerate(Audience(language, DISTINCT, KEYWORDS).wishes(count))
    while chunk := list(islice(wishes, 5_000)):
        with store.transaction() as tx:
            people = [_subscription(number, terms) for number, terms in chunk]
            subscribers.add_many(tx, people, admission, NOW - timedelta(days=1))


def _subscription(number: int, terms: Sequence[str]) -> Subscription:
    profile = Profile(keywords=tuple(Keyword(term=term) for term in terms))
    return Subscription(address=f"r{number}@example.com", name=f"Reader {number}", profile=profile)


# --- the stages ------------------------------------------------------------------------------------------------------


def measured(asked: argparse.Namespace) -> dict[str, Any]:
    """Gives the seconds of each stage and the peak memory, for the one size and address of this process."""
    size, address = asked.sizes[0], asked.child
    store = open_store(StoreSettings(url=address), Path())
    if asked.part:
        return {"seconds": timed(lambda: plan_part(store, asked.part)), "memory": memory()}
    wanted = settings(address, 25, 4)
    found: dict[str, Any] = {"size": size, "fill": timed(lambda: fill(store, size))}
    found["match"] = timed(lambda: match_all(store))
    found["match_memory"] = memory()
    if asked.workers > 1:
        found["plan"], found["memory"] = plan_together(address, asked.workers)
    else:
        found["plan"] = timed(lambda: plan_part(store, "0/1"))
        found["memory"] = memory()
    with store.reading() as tx:
        found["mails"] = min(ledger.waiting(tx, NOW), asked.mails)
    found["render"] = timed(lambda: render(store, wanted, found["mails"]))
    if sink := shutil.which("smtp-sink", path=f"{os.environ['PATH']}:/usr/sbin"):
        with _sink(sink) as port:
            found["send"] = timed(lambda: send(store, address, port, found["mails"]))
    found["last_memory"] = memory()
    store.close()
    return found


def timed(work: Callable[[], object]) -> list[float]:
    """Gives the seconds by the clock, and those of processor time."""
    start, used = time.monotonic(), time.process_time()
    work()
    return [time.monotonic() - start, time.process_time() - used]


def memory() -> int:
    """Gives the peak memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def match_all(store: Store) -> None:
    """Scores everyone, shard by shard, as planning does."""
    for shard in due_shards(store, NOW):
        with store.reading() as tx:
            material = gather(tx, shard.subscribers, shard.seen, Settings().issue, NOW)
        match(indexed(material.papers), material.readers(shard.subscribers), material.background)


def plan_part(store: Store, part: str) -> None:
    """Plans every shard whose number leaves the remainder that `part` (remainder/divisor) names."""
    remainder, divisor = map(int, part.split("/"))
    for number, shard in enumerate(list(due_shards(store, NOW)) if divisor > 1 else due_shards(store, NOW)):
        if number % divisor == remainder:
            plan_shard(store, Settings(), shard, NOW)


def plan_together(address: str, workers: int) -> tuple[list[float], int]:
    """Gives the seconds that several processes take to plan, all their processor time, and the largest peak memory."""
    command = [sys.executable, "-m", "tests.benchmarks.scale", "--child", address, "--part"]
    started = [
        subprocess.Popen([*command, f"{number}/{workers}"], stdout=subprocess.PIPE, text=True)
        for number in range(workers)
    ]
    found = [json.loads(process.communicate()[0]) for process in started]
    clock, used = zip(*(part["seconds"] for part in found), strict=True)
    return [max(clock), sum(used)], max(part["memory"] for part in found)


def render(store: Store, wanted: Settings, limit: int) -> None:
    """Composes messages, 200 rows at a time as a sender does, and gives the rows back."""
    compose, done, lease = make(wanted), 0, timedelta(hours=1)
    while done < limit:
        with store.transaction() as tx:
            rows = ledger.claim(tx, "benchmark", NOW, lease=lease, limit=min(200, limit - done))
        if not rows:
            break
        with store.reading() as tx:
            known = papers.by_numbers(tx, {pick.paper for row in rows for pick in (*row.issue.picks, *row.issue.also)})
        done += sum(bool(compose(row, known).data) for row in rows)
    with store.transaction() as tx:
        ledger.release(tx, "benchmark")


def send(store: Store, address: str, port: int, limit: int) -> None:
    """Delivers what is planned; of more rows than `limit` those beyond it are set aside first."""
    with store.transaction() as tx:
        ledger.claim(tx, "set aside", NOW, lease=timedelta(days=1), limit=max(ledger.waiting(tx, NOW) - limit, 0))
    wanted = settings(address, port, 4)
    deliver(store, make(wanted), wanted, NOW)


# --- the surroundings ------------------------------------------------------------------------------------------------


@contextmanager
def _sink(program: str) -> Iterator[int]:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    with subprocess.Popen([program, *user, f"127.0.0.1:{port}", "256"]) as sink:
        time.sleep(0.5)
        try:
            yield port
        finally:
            sink.terminate()


@contextmanager
def _sqlite() -> Iterator[Callable[[int], str]]:
    with tempfile.TemporaryDirectory() as folder:
        yield lambda size: f"sqlite:///{folder}/{size}.db"


@contextmanager
def _postgresql() -> Iterator[Callable[[int], str]]:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as held:
        server = held.enter_context(postgresql.serving(Path(folder)))
        yield lambda _size: held.enter_context(server.database())


_ADDRESSES = {"sqlite": _sqlite, "postgresql": _postgresql}


def _in_process(asked: argparse.Namespace, size: int, address: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.scale", "--child", address, "--sizes", str(size)]
    command += ["--mails", str(asked.mails), "--workers", str(asked.workers)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def print_table(name: str, lines: Sequence[Mapping[str, Any]], workers: int) -> None:
    """Prints the seconds by size, microseconds a subscriber, and the growth from size to size."""
    print(f"\n{name}, {workers} planning process{'es' if workers > 1 else ''}")
    print("seconds by the clock / of processor time; MB at most after match, plan, and the end")
    print("subscribers            fill           match            plan   mails          render            send     MB")
    for line in lines:
        cells = [_seconds(line[stage]) for stage in ("fill", "match", "plan")]
        mails = [f"{line['mails']:7}", _seconds(line["render"]), _seconds(line["send"]) if "send" in line else ""]
        peaks = [f"{line[peak]:5}" for peak in ("match_memory", "memory", "last_memory")]
        print(f"{line['size']:11}", *cells, *mails, *peaks, flush=True)
    for before, after in pairwise(lines):
        grown = after["size"] / before["size"]
        ratios = [f"{stage} {after[stage][1] / before[stage][1] / grown:.2f}" for stage in ("match", "plan")]
        print(f"  {before['size']} to {after['size']}: processor time a subscriber grows by", ", ".join(ratios))


def _seconds(pair: Sequence[float]) -> str:
    return f"{pair[0]:7.1f}/{pair[1]:7.1f}"


if __name__ == "__main__":
    main()
