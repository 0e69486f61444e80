"""Load on the pages that everybody may post to: sign-up, confirm and unsubscribe, on both databases.

`python -m tests.benchmarks.web [--seconds N] [--connections N]` prints for each database and page the requests per
second and the 99th percentile, how many answers were not 200, and how many writes are missing afterwards (none may be).
The load comes from wrk; server and load share the machine.
"""

from __future__ import annotations

import argparse
import multiprocessing
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx
import uvicorn

from digest.runs.subscribe import CONFIRM_WITHIN, token_hash
from digest.settings import Settings, StoreSettings, WebSettings
from digest.storage import Store, consent, open_store, secrets, sign_ups, subscribers
from digest.storage.subscribers import Admission
from digest.subscribers import Owner, State, Subscription
from digest.tokens import Claim, Purpose, link_form
from digest.web.app import create_app
from digest.web.stamps import FormClock
from tests import postgresql, sites

PEOPLE = 4000  #: who can unsubscribe, and who can confirm
FORM = {
    "keywords": "learning rate\ngraph neural networks",
    "timezone": "Europe/Berlin",
    "hour": "07:30",
    "day": "mon",
    "papers": "10",
    "minimum_match": "30",
}
_SCRIPT = """
local paths = {{}}
for line in io.lines("{paths}") do paths[#paths + 1] = line end
local thread = 0
function setup(t) t:set("id", thread); thread = thread + 1 end
local count = 0
function request()
  count = count + 1
  local place = (count - 1) * {threads} + id
  local path = paths[place % #paths + 1]
  local body = string.gsub("{body}", "PERSON", id .. "-" .. count)
  return wrk.format("POST", path, {{["Content-Type"] = "application/x-www-form-urlencoded"}}, body)
end
"""


@dataclass(frozen=True, kw_only=True)
class Load:
    """What one page was made to bear, and what became of it."""

    page: str
    requests: int
    per_second: float
    worst: str  #: 99th percentile
    refused: int  #: answers other than 2xx, and broken connections
    written: int  #: rows that show it


def serve(url: str, port: int) -> None:
    """Serves the pages until it is ended."""
    web = WebSettings(requests_per_network=10**9, requests_per_hour=10**9, url="https://digest.example.org")
    store = open_store(StoreSettings(url=url), Path())
    app = create_app(store, Settings(web=web), clock=lambda: datetime.now(UTC), post=lambda _letter: None)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)


@contextmanager
def served(url: str) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(url, port), daemon=True)
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
    """Takes people in, each with an issue; gives the path of each one's link to unsubscribe."""
    paper = sites.fill(store, 4)[0].number
    with store.transaction() as tx:
        keyring = secrets.keyring(tx, sites.NOW)
        people = subscribers.add_many(tx, _people("reader"), _admission(State.ACTIVE), sites.NOW)
    made = []
    for person in people:
        claim = Claim(purpose=Purpose.UNSUBSCRIBE, delivery=sites.plan_issue(store, person, [paper]))
        made.append(f"/u/{link_form(keyring.sign(claim))}")
    return made


def confirm_paths(store: Store) -> list[str]:
    """Takes people in who have yet to confirm; gives the path of each one's link."""
    now = datetime.now(UTC)
    with store.transaction() as tx:
        people = subscribers.add_many(tx, _people("new"), _admission(State.PENDING), now)
        for person in people:
            wanted = person.subscription.as_dict()
            hashed = token_hash(f"token-{person.number}")
            sign_ups.keep(tx, hashed, person.number, wanted, group=None, now=now, expires=now + CONFIRM_WITHIN)
    return [f"/c/token-{person.number}" for person in people]


def _people(name: str) -> list[Subscription]:
    return [Subscription(address=f"{name}{number}@example.com") for number in range(PEOPLE)]


def _admission(state: State) -> Admission:
    return Admission(owner=Owner.WEB, state=state, cursor=0, cause="benchmark")


def sign_up_body(store: Store) -> str:
    """Gives a form that every address can be put into."""
    now = datetime.now(UTC)
    with store.transaction() as tx:
        clock = FormClock(secrets.secret(tx, "forms", now))
    return urlencode({**FORM, "stamp": clock.stamp(now - timedelta(seconds=10))}) + "&address=PERSON%%40example.net"


def load(
    address: str, page: str, paths: list[str], body: str, options: argparse.Namespace, written: Callable[[], int]
) -> Load:
    """Posts as fast as it goes for some seconds."""
    before = written()
    with tempfile.TemporaryDirectory() as folder:
        listed, script = Path(folder, "paths"), Path(folder, "load.lua")
        listed.write_text("\n".join(paths) + "\n")
        script.write_text(_SCRIPT.format(paths=listed, threads=2, body=body))
        command = ["wrk", "-t2", f"-c{options.connections}", f"-d{options.seconds}s", "--latency", "-s", str(script)]
        told = subprocess.run([*command, address], capture_output=True, text=True, check=True).stdout
    figures = dict(re.findall(r"(Requests/sec|99%):?\s+(\S+)", told))
    count = re.search(r"(\d+) requests in", told)
    wrong = [
        int(number) for number in re.findall(r"(?:Non-2xx or 3xx responses:|connect|read|write|timeout) (\d+)", told)
    ]
    return Load(
        page=page,
        requests=int(count[1]) if count else 0,
        per_second=float(figures["Requests/sec"]),
        worst=figures["99%"],
        refused=sum(wrong),
        written=written() - before,
    )


def counter(store: Store, of: Callable[[dict[State, int]], int]) -> Callable[[], int]:
    """Gives a function that counts; it counts what posts of the page before, still under way, do not change."""

    def count() -> int:
        with store.reading() as tx:
            return of(consent.count_states(tx))

    return count


def measure(url: str, options: argparse.Namespace) -> Iterator[Load]:
    """Gives the figures of each page on a store."""
    store = open_store(StoreSettings(url=url), Path())
    leaving, confirming, body = unsubscribe_paths(store), confirm_paths(store), sign_up_body(store)
    with served(url) as address:
        one_click = "List-Unsubscribe=One-Click"
        yield load(
            address, "unsubscribe", leaving, one_click, options, counter(store, lambda found: found[State.UNSUBSCRIBED])
        )
        yield load(address, "confirm", confirming, "", options, counter(store, lambda found: -found[State.PENDING]))
        yield load(address, "sign up", ["/subscribe"], body, options, counter(store, lambda found: sum(found.values())))
    store.close()


def missing(found: Load) -> int:
    """Gives how many writes are missing: each link counts once, and a post under way at the end may count as well."""
    answered = found.requests - found.refused
    return max(0, (answered if found.page == "sign up" else min(answered, PEOPLE)) - found.written)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("the benchmark needs wrk (Debian package wrk)")
    print(f"{'database':<12}{'page':<14}{'requests/s':>11}{'p99':>12}{'requests':>10}{'not 2xx':>9}{'missing':>9}")
    with tempfile.TemporaryDirectory() as folder:
        _print("sqlite", f"sqlite:///{folder}/web.db", options)
        Path(folder, "pg").mkdir()
        with postgresql.serving(Path(folder, "pg")) as server, server.database() as url:
            _print("postgresql", url, options)


def _print(name: str, url: str, options: argparse.Namespace) -> None:
    for found in measure(url, options):
        figures = f"{found.per_second:>11.0f}{found.worst:>12}{found.requests:>10}{found.refused:>9}{missing(found):>9}"
        print(f"{name:<12}{found.page:<14}{figures}", flush=True)


if __name__ == "__main__":
    main()
