"""Load on the pages that everybody may post to: sign-up, confirm and unsubscribe, on both databases.

`python -m tests.benchmarks.web [--seconds N] [--connections N] [--database sqlite|postgresql]` prints for each database
and page the requests per second and the 99th percentile, both also as a ratio to a reference of the same run: a bare
FastAPI page that takes a form and gives a line of text, under the same server. Beside them: how many writes are missing
afterwards, how many answers say that the store was locked, and every other failure by its kind and cause; all of them
must be nought. The load comes from wrk; server and load share the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import multiprocessing
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse

from digest.runs.transactional.access_links import token_hash
from digest.runs.transactional.outbox import CONFIRM_WITHIN
from digest.settings import Settings, StoreSettings, WebSettings
from digest.signed_links import LinkClaim, Purpose, link_form
from digest.storage import Store, open_store
from digest.storage.database import secrets
from digest.storage.subscribers import consent, sign_ups, subscribers
from digest.storage.subscribers.sign_ups import SignUp
from digest.storage.subscribers.subscribers import Admission
from digest.subscribers import Owner, State, Subscription
from digest.web.app import create_app
from digest.web.form_timestamps import FormTimestamps
from tests import postgresql, sites

PEOPLE = 4000  #: who can unsubscribe, and who can confirm
BARE = "bare page"  #: the reference, which writes nothing
LOCKED = "another process is writing"  #: what the log says of a store that stays locked
FORM = {
    "keywords": "learning rate\ngraph neural networks",
    "timezone": "Europe/Berlin",
    "hour": "07:30",
    "day": "mon",
    "papers": "10",
    "minimum_match": "30",
}
ONE_CLICK = "List-Unsubscribe=One-Click"
_SCRIPT = """
local paths = {{}}
for line in io.lines("{paths}") do paths[#paths + 1] = line end
local threads = {{}}
function setup(t) t:set("id", #threads); threads[#threads + 1] = t end
local count = 0
answers = ""
local statuses = {{}}
function request()
  count = count + 1
  local place = (count - 1) * {threads} + id
  local path = paths[place % #paths + 1]
  local body = string.gsub("{body}", "PERSON", id .. "-" .. count)
  return wrk.format("POST", path, {{["Content-Type"] = "application/x-www-form-urlencoded"}}, body)
end
function response(status)
  statuses[status] = (statuses[status] or 0) + 1
  local told = {{}}
  for code, times in pairs(statuses) do told[#told + 1] = '"' .. code .. '":' .. times end
  answers = "{{" .. table.concat(told, ",") .. "}}"
end
function done(summary, latency)
  local failed, told = summary.errors, {{}}
  for _, kind in ipairs({{"connect", "read", "write", "timeout"}}) do
    told[#told + 1] = '"' .. kind .. '":' .. failed[kind]
  end
  print("FOUND " .. '{{"p99":' .. latency:percentile(99) / 1000 .. ',"seconds":' .. summary.duration / 1000000
    .. ',"failed":{{' .. table.concat(told, ",") .. '}}}}')
  for _, t in ipairs(threads) do
    local heard = t:get("answers")
    print("ANSWERS " .. (heard ~= "" and heard or "{{}}"))
  end
end
"""


@dataclass(frozen=True, kw_only=True)
class Load:
    """What one page was made to bear, and what became of it."""

    page: str
    statuses: Mapping[str, int]  #: answers by status
    failures: Mapping[str, int]  #: requests without an answer by kind: connect, read, write, timeout
    per_second: float
    p99: float  #: milliseconds
    written: int  #: rows that show it
    causes: Mapping[str, int]  #: what the server's log complains of, and how often

    @property
    def answered(self) -> int:
        """Answer that say that it was done."""
        return sum(count for status, count in self.statuses.items() if status.startswith("2"))

    @property
    def missing(self) -> int:
        """Write that were answered and are not there; each link of confirm and unsubscribe counts once."""
        if self.page == BARE:
            return 0
        return max(0, (self.answered if self.page == "sign up" else min(self.answered, PEOPLE)) - self.written)

    @property
    def locked(self) -> int:
        """Answer that say that the store was locked."""
        return sum(count for cause, count in self.causes.items() if LOCKED in cause)

    @property
    def wrong(self) -> dict[str, int]:
        """All failures by kind and cause."""
        refused = {status: count for status, count in self.statuses.items() if not status.startswith("2")}
        broken = {kind: count for kind, count in self.failures.items() if count}
        return refused | broken | dict(self.causes)


def serve(url: str, port: int, log: Path) -> None:
    """Serve the pages until it is ended; complaints go to the log, one a line."""
    logging.basicConfig(filename=log, level=logging.WARNING, format="%(message)s", force=True)
    web = WebSettings(requests_per_network=10**9, requests_per_hour=10**9, url="https://digest.example.org")
    store = open_store(StoreSettings(url=url), Path())
    app = create_app(store, Settings(web=web), clock=lambda: datetime.now(UTC), wake=lambda: None)
    _run(app, port)


def serve_reference(_url: str, port: int, _log: Path) -> None:
    """Serve a page that takes a form, does nothing, and says so."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.post("/")
    async def page(request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"{len(await request.form())} fields\n")

    _run(app, port)


def _run(app: FastAPI, port: int) -> None:
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False, lifespan="off")
    asyncio.run(uvicorn.Server(config).serve())


@contextmanager
def served(work: Callable[[str, int, Path], None], url: str, log: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(target=work, args=(url, port, log), daemon=True)
    process.start()
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            httpx.get(f"{address}/health")
            break
        except httpx.TransportError:
            time.sleep(0.1)
    yield address
    process.terminate()
    process.join()


def unsubscribe_paths(store: Store) -> list[str]:
    """Take people in, each with an issue; return the path of each one's link to unsubscribe."""
    paper = sites.fill(store, 4)[0].number
    with store.transaction() as tx:
        keyring = secrets.keyring(tx, sites.NOW)
        people = subscribers.add_many(tx, _people("reader"), _admission(State.ACTIVE), sites.NOW)
    made = []
    for person in people:
        claim = LinkClaim(purpose=Purpose.UNSUBSCRIBE, delivery=sites.plan_issue(store, person, [paper]))
        made.append(f"/u/{link_form(keyring.sign(claim))}")
    return made


def confirm_paths(store: Store) -> list[str]:
    """Take people in who have yet to confirm; return the path of each one's link."""
    now = datetime.now(UTC)
    with store.transaction() as tx:
        people = subscribers.add_many(tx, _people("new"), _admission(State.PENDING), now)
        for person in people:
            wanted = person.subscription.as_dict()
            hashed = token_hash(f"token-{person.number}")
            request = SignUp(subscriber=person.number, subscription=wanted, group=None, expires=now + CONFIRM_WITHIN)
            sign_ups.keep(tx, hashed, request, now)
    return [f"/c/token-{person.number}" for person in people]


def _people(name: str) -> list[Subscription]:
    return [Subscription(address=f"{name}{number}@example.com") for number in range(PEOPLE)]


def _admission(state: State) -> Admission:
    return Admission(owner=Owner.WEB, state=state, cursor=0, cause="benchmark")


def sign_up_body(store: Store) -> str:
    """Return a form that every address can be put into."""
    now = datetime.now(UTC)
    with store.transaction() as tx:
        clock = FormTimestamps(secrets.secret(tx, "forms", now))
    return urlencode({**FORM, "stamp": clock.stamp(now - timedelta(seconds=10))}) + "&address=PERSON%%40example.net"


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One server under load."""

    address: str
    log: Path
    options: argparse.Namespace

    def load(self, page: str, paths: list[str], body: str, written: Callable[[], int] = int) -> Load:
        """Post as fast as it goes for some seconds."""
        before, said = written(), len(self._complaints())
        told = self._wrk(paths, body)
        [found] = [json.loads(line) for line in re.findall(r"^FOUND (.*)$", told, re.MULTILINE)]
        statuses = Counter[str]()
        for line in re.findall(r"^ANSWERS (.*)$", told, re.MULTILINE):
            statuses.update(json.loads(line))
        return Load(
            page=page,
            statuses=statuses,
            failures=found["failed"],
            per_second=sum(statuses.values()) / found["seconds"],
            p99=found["p99"],
            written=written() - before,
            causes=Counter(self._complaints()[said:]),
        )

    def _wrk(self, paths: list[str], body: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            listed, script = Path(folder, "paths"), Path(folder, "load.lua")
            listed.write_text("\n".join(paths) + "\n")
            script.write_text(_SCRIPT.format(paths=listed, threads=2, body=body))
            command = ["wrk", "-t2", f"-c{self.options.connections}", f"-d{self.options.seconds}s"]
            command += ["--timeout", "10s", "-s", str(script), self.address]
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def _complaints(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


def counter(store: Store, of: Callable[[dict[State, int]], int]) -> Callable[[], int]:
    """Return a function that counts; it counts what posts of the page before, still under way, do not change."""

    def count() -> int:
        with store.reading() as tx:
            return of(consent.count_states(tx))

    return count


def measure(url: str, folder: Path, options: argparse.Namespace) -> Iterator[Load]:
    """Return the figures of each page on a store."""
    store = open_store(StoreSettings(url=url), Path())
    leaving, confirming, body = unsubscribe_paths(store), confirm_paths(store), sign_up_body(store)
    with served(serve, url, folder / "complaints") as address:
        bench = Bench(address=address, log=folder / "complaints", options=options)
        yield bench.load("unsubscribe", leaving, ONE_CLICK, counter(store, lambda found: found[State.UNSUBSCRIBED]))
        yield bench.load("confirm", confirming, "", counter(store, lambda found: -found[State.PENDING]))
        yield bench.load("sign up", ["/subscribe"], body, counter(store, lambda found: sum(found.values())))
    store.close()


def reference(options: argparse.Namespace) -> Load:
    """Return the figures of the bare page."""
    with served(serve_reference, "", Path()) as address:
        bench = Bench(address=address, log=Path("/nowhere"), options=options)
        return bench.load(BARE, ["/"], urlencode(FORM))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--database", choices=["sqlite", "postgresql"])
    options = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("the benchmark needs wrk (Debian package wrk)")
    columns = f"{'requests/s':>12}{'of bare':>9}{'p99 ms':>9}{'of bare':>9}{'answers':>9}{'missing':>9}{'locked':>8}"
    print(f"{'database':<12}{'page':<14}{columns}  other failures")
    bare = reference(options)
    _print("none", bare, bare)
    with tempfile.TemporaryDirectory() as folder:
        if options.database != "postgresql":
            _measured("sqlite", f"sqlite:///{folder}/web.db", options, bare)
        if options.database != "sqlite":
            Path(folder, "pg").mkdir()
            with postgresql.serving(Path(folder, "pg")) as server, server.database() as url:
                _measured("postgresql", url, options, bare)


def _measured(name: str, url: str, options: argparse.Namespace, bare: Load) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for found in measure(url, Path(folder), options):
            _print(name, found, bare)


def _print(name: str, found: Load, bare: Load) -> None:
    rate = f"{found.per_second:>12.0f}{found.per_second / bare.per_second:>9.2f}"
    slowest = f"{found.p99:>9.0f}{found.p99 / bare.p99:>9.1f}"
    figures = f"{rate}{slowest}{found.answered:>9}{found.missing:>9}{found.locked:>8}"
    others = ", ".join(f"{what}: {count}" for what, count in found.wrong.items() if LOCKED not in what)
    print(f"{name:<12}{found.page:<14}{figures}  {others or 'none'}", flush=True)


if __name__ == "__main__":
    main()
