"""What it costs to serve many subscribers: `python -m tests.benchmarks.scale` prints seconds and peak memory by size.

Each line is a new store: so many subscribers with 8 keywords each, taken from 200,000 as unevenly as people do, and
600 papers. Each stage has processes of its own, as many as --workers says for the first three:

score   all keywords compiled and matched with the papers, every paper scored for every subscriber, in shards; what each
        asks for is at hand as a table
match   profiles are read in shards, their keywords compiled and matched, every paper scored; nothing is written
plan    the whole of planning: match, choose, give reasons, enter in the ledger, move cursors on
render  ledger rows are claimed and their messages composed to wire bytes, for at most --mails of them
send    rows are claimed, composed, handed to smtp-sink and marked, for at most --sent of them

Of each stage the seconds by the clock and the seconds of processor time of this program are printed: on a machine that
others use as well, only the second can be compared. A database server's and the sink's work is not in them. Memory is
the largest of a stage's processes.
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
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from digest.cli.invocation import collect_seldom
from digest.papers import Paper
from digest.profiles import Keyword, Profile
from digest.ranking import CorpusStatistics
from digest.ranking.matching.match import match
from digest.runs.delivery.deliver import deliver
from digest.runs.delivery.paper_cache import PaperCache
from digest.runs.delivery.queue import BATCH
from digest.runs.issues.plan import Shard, plan_shard
from digest.runs.matching.prepared_papers import PreparedPapersCache, snapshot
from digest.runs.matching.ranking import load_inputs
from digest.settings import Settings, StoreSettings
from digest.storage import Store, open_store
from digest.storage.delivery import ledger
from digest.storage.delivery.ledger import ClaimedDelivery
from digest.storage.papers import papers, statistics
from digest.storage.subscribers import subscribers
from digest.storage.subscribers.subscribers import Admission
from digest.subscribers import Owner, State, Subscription
from tests import postgresql
from tests.benchmarks import ranking
from tests.benchmarks.delivery_world import make, settings
from tests.benchmarks.language import Audience, Language

NOW = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)
SIZES = (1_000, 10_000, 100_000, 1_000_000)
PAPERS, KEYWORDS, DISTINCT, TOPICS = 600, 8, 200_000, 200


def main() -> None:
    asked = _arguments().parse_args()
    if asked.stage:
        print(json.dumps(stage_of(asked)))
        return
    with ExitStack() as held:
        addresses = {name: held.enter_context(_ADDRESSES[name]()) for name in asked.databases}
        for name, address in addresses.items():
            print_table(name, [measured(asked, size, address(size)) for size in asked.sizes], asked.workers)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--databases", nargs="+", default=list(_ADDRESSES), choices=list(_ADDRESSES))
    parser.add_argument("--mails", type=int, default=100_000, help="most mails to render")
    parser.add_argument("--sent", type=int, default=10_000, help="most mails to send")
    parser.add_argument("--workers", type=int, default=1, help="processes that score, match and plan together")
    for hidden in ("--stage", "--address", "--part"):
        parser.add_argument(hidden, default="", help=argparse.SUPPRESS)
    return parser


# --- the world -------------------------------------------------------------------------------------------------------


def fill(store: Store, count: int) -> None:
    """Store the papers and so many subscribers, all due."""
    language = Language(topics=TOPICS)
    corpus = CorpusStatistics.empty().with_papers(language.papers(2_000, first=PAPERS + 1))
    with store.ingesting(60) as tx:
        papers.add(tx, [replace(paper, first_seen=NOW - timedelta(hours=3)) for paper in language.papers(PAPERS)])
        statistics.add(tx, NOW, corpus.papers, corpus.dump())
    admission = Admission(owner=Owner.WEB, state=State.ACTIVE, cursor=0, cause="benchmark")
    profile_matrix = enumerate(Audience(language, DISTINCT, KEYWORDS).profile_matrix(count))
    while chunk := list(islice(profile_matrix, 5_000)):
        with store.transaction() as tx:
            people = [_subscription(number, terms) for number, terms in chunk]
            subscribers.add_many(tx, people, admission, NOW - timedelta(days=1))


def _subscription(number: int, terms: Sequence[str]) -> Subscription:
    profile = Profile(keywords=tuple(Keyword(term=term) for term in terms))
    return Subscription(address=f"r{number}@example.com", name=f"Reader {number}", profile=profile)


# --- the stages ------------------------------------------------------------------------------------------------------


def measured(asked: argparse.Namespace, size: int, address: str) -> dict[str, Any]:
    """Return seconds and peak memory of each stage for one size, on a new store at that address."""
    found: dict[str, Any] = {"size": size, "fill": _in_processes(address, "fill", [str(size)])}
    parts = [f"{number}/{asked.workers}/{size}" for number in range(asked.workers)]
    found |= {stage: _in_processes(address, stage, parts) for stage in _SHARED}
    with closing(open_store(StoreSettings(url=address), Path())) as store, store.reading() as tx:
        waiting = ledger.waiting(tx, NOW)
    found |= {"mails": min(waiting, asked.mails), "sent": min(waiting, asked.sent)}
    found["render"] = _in_processes(address, "render", [str(found["mails"])])
    if asked.sent and shutil.which("smtp-sink", path=_PATH):
        _in_processes(address, "set aside", [str(waiting - found["sent"])])
        found["send"] = _in_processes(address, "send", [str(found["sent"])])
    return found


def _in_processes(address: str, stage: str, parts: Sequence[str]) -> dict[str, float]:
    """Return the seconds that a stage takes by the clock, all its processor time, and its largest peak memory."""
    command = [sys.executable, "-m", "tests.benchmarks.scale", "--address", address, "--stage", stage, "--part"]
    started = [subprocess.Popen([*command, part], stdout=subprocess.PIPE, text=True) for part in parts]
    found = [json.loads(process.communicate()[0]) for process in started]
    clock, used, memory = max(p["clock"] for p in found), sum(p["used"] for p in found), max(p["memory"] for p in found)
    print(
        f"{stage}: {clock:.1f} s by the clock, {used:.1f} s of processor time, {memory} MB", file=sys.stderr, flush=True
    )
    return {"clock": clock, "used": used, "memory": memory}


def stage_of(asked: argparse.Namespace) -> dict[str, float]:
    """Return what this process's part of a stage costs."""
    collect_seldom()  # as every command does
    with closing(open_store(StoreSettings(url=asked.address), Path())) as store:
        work = _work(store, asked)
        start, used = time.monotonic(), time.process_time()
        work()
        clock, used = time.monotonic() - start, time.process_time() - used
    return {"clock": clock, "used": used, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


def _work(store: Store, asked: argparse.Namespace) -> Callable[[], object]:
    """Return what the clock is to measure."""
    if asked.stage == "score":
        return scoring(asked.part)
    return partial(_STAGES[asked.stage], store, asked.part, asked.address)


def shards_of(store: Store, part: str) -> Iterator[Shard]:
    """Return the shards of one process; `part` is its number, how many there are, and how many subscribers."""
    number, processes, size = map(int, part.split("/"))
    with store.reading() as tx:
        seen, cache = snapshot(tx), PreparedPapersCache()
    step = subscribers.SHARD
    for start in range(1 + number * step, size + 1, processes * step):
        with store.reading() as tx:
            people = subscribers.by_numbers(tx, range(start, min(start + step, size + 1)))
        yield Shard(subscribers=list(people.values()), seen=seen, cache=cache)


def scoring(part: str) -> Callable[[], object]:
    """Return the work of scoring this part's shards, whose tables of weights are drawn before the clock runs."""
    number, processes, size = map(int, part.split("/"))
    world = ranking.made(PAPERS)
    tables = list(islice(ranking.shards(world, size), number, None, processes))
    return lambda: ranking.picked(tables, ranking.prepared(world))


def match_part(store: Store, part: str, _address: str) -> None:
    """Match this part's shards as planning does."""
    for shard in shards_of(store, part):
        with store.reading() as tx:
            inputs = load_inputs(tx, shard.subscribers, shard.seen, Settings().issue, NOW, shard.cache)
        match(inputs.prepared.index, inputs.readers(shard.subscribers), inputs.prepared.corpus)


def plan_part(store: Store, part: str, _address: str) -> None:
    """Plan this part's shards."""
    for shard in shards_of(store, part):
        plan_shard(store, Settings(), shard, NOW)


def render(store: Store, part: str, address: str) -> None:
    """Compose so many messages, claimed as a sender does, and return the rows back."""
    compose, left, lease = make(settings(address, 25, 4)), int(part), timedelta(hours=1)
    rows: list[ClaimedDelivery] = []
    at_hand = PaperCache(partial(_papers, store), lambda: (row.issue for row in rows))
    while left > 0:
        with store.transaction() as tx:
            rows[:] = ledger.claim(tx, "benchmark", NOW, lease=lease, limit=min(BATCH, left))
        left -= sum(bool(compose(row, at_hand).data) for row in rows)
    with store.transaction() as tx:
        ledger.release(tx, "benchmark")


def _papers(store: Store, numbers: Collection[int]) -> Mapping[int, Paper]:
    with store.reading() as tx:
        return papers.by_numbers(tx, numbers)


def set_aside(store: Store, part: str, _address: str) -> None:
    """Claim so many rows, which are not to be sent."""
    for start in range(0, int(part), 5_000):
        with store.transaction() as tx:
            ledger.claim(tx, "set aside", NOW, lease=timedelta(days=1), limit=min(5_000, int(part) - start))


def send(store: Store, _part: str, address: str) -> None:
    """Deliver what is planned and not set aside."""
    program = shutil.which("smtp-sink", path=_PATH)
    assert program
    with _sink(program) as port:
        wanted = settings(address, port, 4)
        deliver(store, make(wanted), wanted, NOW)


_STAGES: Mapping[str, Callable[[Store, str, str], None]] = {
    "fill": lambda store, part, _address: fill(store, int(part)),
    "match": match_part,
    "plan": plan_part,
    "render": render,
    "set aside": set_aside,
    "send": send,
}
_SHARED = ("score", "match", "plan")  # stages that several processes share
_PATH = f"{os.environ['PATH']}:/usr/sbin"


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


def print_table(name: str, lines: Sequence[Mapping[str, Any]], workers: int) -> None:
    """Print seconds and memory by size, microseconds a subscriber, and the growth from size to size."""
    print(f"\n{name}, {workers} process{'es' if workers > 1 else ''} to score, to match and to plan")
    print("seconds by the clock / of processor time / MB at most; microseconds of processor time for each")
    for line in lines:
        counts = dict.fromkeys(("fill", *_SHARED), line["size"])
        counts |= {"render": line["mails"], "send": line["sent"]}
        print(f"{line['size']:,} subscribers")
        for stage in (stage for stage in counts if stage in line):
            cost, count = line[stage], max(counts[stage], 1)
            seconds = f"{cost['clock']:8.1f} /{cost['used']:8.1f} /{cost['memory']:6}"
            print(f"  {stage:7}{counts[stage]:10,} {seconds} {cost['used'] / count * 1e6:9.1f}", flush=True)
    for before, after in pairwise(lines):
        grown = after["size"] / before["size"]
        ratios = [f"{stage} {after[stage]['used'] / before[stage]['used'] / grown:.2f}" for stage in _SHARED]
        print(f"{before['size']:,} to {after['size']:,}: processor time a subscriber times", ", ".join(ratios))


if __name__ == "__main__":
    main()
