"""Senders that are killed with SIGKILL at every step: nobody missed, nobody twice, all in doubt accounted for.

The count is taken at the server: a mail that it took is a mail that arrived. After each kill the delivery is started
again, as cron would do, and afterwards every subscriber has exactly one mail or a row that says that it is in doubt.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable

import pytest

from digest.deliveries import DeliveryState
from digest.storage import Store
from digest.storage.delivery import deliveries, plans
from digest.storage.papers import papers
from tests.integration.sending import Sending, start
from tests.smtp_server import Do, ScriptedServer, Step
from tests.unit.storage.samples import NOW, paper, plan, subscribed

COUNT = 14
FINISHED = frozenset({DeliveryState.SENT, DeliveryState.UNKNOWN})


@pytest.fixture
def rows(store: Store) -> dict[int, str]:
    return planned(store, COUNT)


def planned(store: Store, count: int) -> dict[int, str]:
    """Return so many ledger rows with the addresses that they go to."""
    with store.ingesting(wait=1) as tx:
        papers.add(tx, [paper()])
    people = subscribed(store, *(f"r{number}" for number in range(count)))
    with store.transaction() as tx:
        entered = plans.enter(tx, [plan(person) for person in people], NOW).planned
    return {entered[person.number]: person.address for person in people}


def killing(
    step: str, nth: int, *, at_dot: str = "", first: Callable[[int], object] | None = None
) -> Callable[[Step], Do | None]:
    """Return a script that kills the sender the nth time a step is reached, once.

    `at_dot` says what the server does with the mail: it keeps it or not, and answers or not. `first` is called before
    the kill, with the number of the connection.
    """
    state = {"count": 0, "sender": 0}

    def script(reached: Step) -> Do | None:
        if reached.name == "mail":
            state["sender"] = int(reached.argument.split(".")[1].split("@")[0])
        if reached.name != step:
            return None
        state["count"] += 1
        if state["count"] != nth:
            return None
        if first:
            first(reached.connection)
        if at_dot == "answered":
            return Do(then=lambda: kill(state["sender"]))
        kill(state["sender"])
        return Do(b"", cut=True, keep=at_dot == "kept")

    return script


def kill(process: int) -> None:
    os.kill(process, signal.SIGKILL)


def check(store: Store, server: ScriptedServer, rows: dict[int, str], *, in_doubt: int) -> int:
    """Check that everybody is accounted for, with at most so many in doubt; return how many are."""
    with store.reading() as tx:
        found = deliveries.by_ids(tx, rows)
    states = {row: found[row].state for row in rows}
    arrived = Counter(server.recipients())
    assert set(states.values()) <= FINISHED, "somebody's row was left behind"
    assert max(arrived.values(), default=0) <= 1, "somebody got it twice"
    unknown = {row for row, state in states.items() if state is DeliveryState.UNKNOWN}
    missing = {row for row, address in rows.items() if address not in arrived}
    assert missing <= unknown, "somebody was missed"
    assert len(unknown) <= in_doubt
    return len(unknown)


def deliver_until_done(store: Store, sending: Sending) -> None:
    again = start(sending)
    again.join(30)
    assert again.exitcode == 0


def until_marked(store: Store, server: ScriptedServer, rows: dict[int, str]) -> Callable[[int], None]:
    """Return a function that waits until all that was answered on a connection is marked, or patience is over."""

    def wait(connection: int) -> None:
        answered = {mail.recipient for mail in server.taken if mail.connection == connection}
        patience = time.monotonic() + 5
        while time.monotonic() < patience:
            with store.reading() as tx:
                found = deliveries.by_ids(tx, [row for row, address in rows.items() if address in answered])
            if all(row.state is DeliveryState.SENT for row in found.values()):
                return
            time.sleep(0.01)

    return wait


BEFORE_INTENT = ("mail", "rcpt", "data")
STEPS = [
    pytest.param("mail", "", 0, id="before-mail-is-answered"),
    pytest.param("rcpt", "", 0, id="before-rcpt-is-answered"),
    pytest.param("data", "", 0, id="before-data-is-answered"),
    pytest.param("body", "", 1, id="in-the-body"),  # the intent is committed while the server reads
    pytest.param("dot", "lost", 1, id="after-the-dot-not-taken"),
    pytest.param("dot", "kept", 1, id="after-the-dot-taken"),
    pytest.param("dot", "answered", 1, id="between-answer-and-mark"),
]


@pytest.mark.parametrize("processes", [1, 2], ids=["one-process", "two-processes"])
@pytest.mark.parametrize("nth", [1, 5], ids=["first", "fifth"])
@pytest.mark.parametrize(("step", "at_dot", "in_doubt"), STEPS)
def test_a_kill_at_a_step_of_the_protocol(
    store: Store, store_url: str, rows: dict[int, str], step: str, at_dot: str, in_doubt: int, nth: int, processes: int
) -> None:
    with ScriptedServer() as server:
        # A server that takes its time leaves time to record what it answered before: nothing is then in doubt.
        first = until_marked(store, server, rows) if step in BEFORE_INTENT else None
        server.script = killing(step, nth, at_dot=at_dot, first=first)
        sending = Sending(store_url=store_url, port=server.port, now=NOW)
        senders = [start(sending) for _ in range(processes)]
        for sender in senders:
            sender.join(30)
        assert [sender.exitcode for sender in senders].count(-signal.SIGKILL) == 1
        deliver_until_done(store, sending)
        check(store, server, rows, in_doubt=in_doubt)


@pytest.mark.parametrize("processes", [1, 2], ids=["one-process", "two-processes"])
@pytest.mark.parametrize("die_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("commit", range(1, 8))
def test_a_kill_at_a_commit(
    store: Store, store_url: str, rows: dict[int, str], commit: int, die_after: bool, processes: int
) -> None:
    with ScriptedServer() as server:
        sending = Sending(store_url=store_url, port=server.port, now=NOW)
        victim = start(
            Sending(store_url=store_url, port=server.port, now=NOW, die_at_commit=commit, die_after=die_after)
        )
        others = [start(sending) for _ in range(processes - 1)]
        for sender in (victim, *others):
            sender.join(30)
        deliver_until_done(store, sending)
        if processes == 1:
            assert victim.exitcode == -signal.SIGKILL
        check(store, server, rows, in_doubt=int(victim.exitcode == -signal.SIGKILL))


@pytest.mark.parametrize("commit", [1, 2], ids=["recovery", "claim"])
def test_a_kill_before_the_first_intent_leaves_no_doubt(
    store: Store, store_url: str, rows: dict[int, str], commit: int
) -> None:
    with ScriptedServer() as server:
        sending = Sending(store_url=store_url, port=server.port, now=NOW, die_at_commit=commit, die_after=True)
        victim = start(sending)
        victim.join(30)
        assert victim.exitcode == -signal.SIGKILL
        deliver_until_done(store, Sending(store_url=store_url, port=server.port, now=NOW))
        assert check(store, server, rows, in_doubt=0) == 0
    assert len(server.taken) == COUNT


def test_sigkill_at_random_twenty_times_in_six_thousand_messages(store: Store, store_url: str) -> None:
    rows, kills, connections, chance = planned(store, 6000), 20, 4, random.Random(7)
    with ScriptedServer() as server:
        sending = Sending(store_url=store_url, port=server.port, now=NOW, connections=connections)
        for nth in range(1, kills + 1):
            victim = start(sending)
            server.wait_for(nth * 6000 // (kills + 1) + chance.randrange(50), seconds=60)
            time.sleep(chance.random() * 0.003)
            assert victim.pid
            kill(victim.pid)
            victim.join(30)
            assert victim.exitcode == -signal.SIGKILL
        deliver_until_done(store, sending)
        unknown = check(store, server, rows, in_doubt=kills * connections)
    assert len(server.taken) >= 6000 - unknown
