"""The loop: several connections in one thread, and when what they have to record is written."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest

from digest.deliveries import Attempt, Outcome
from digest.smtp import group_commit
from digest.smtp.coroutines import Coroutine, Intent, Wait, run_alone
from digest.smtp.event_loop import EventLoop
from digest.smtp.group_commit import GroupCommit
from tests.unit.storage.samples import NOW

FAR = 60.0  # seconds


class RecordingLedger:
    """A record in memory: what each group held, marks and intents."""

    def __init__(self, refused: set[int] | None = None) -> None:
        self.groups: list[tuple[list[int], list[int]]] = []
        self._refused = refused or set()

    def record(self, attempts: Sequence[Attempt], intents: Sequence[int]) -> set[int]:
        self.groups.append(([attempt.delivery for attempt in attempts], list(intents)))
        return set(intents) - self._refused


class Driven:
    """A loop with its book, and what the steps said in their order."""

    def __init__(self, *, refused: set[int] | None = None) -> None:
        self.delivery_ledger, self.said, self.over = RecordingLedger(refused), list[str](), threading.Event()
        self.ledger = GroupCommit(self.delivery_ledger.record)
        self.loop = EventLoop(self.ledger, self.over.is_set)

    def intend(self, delivery: int, *, after: socket.socket | None = None) -> Coroutine[None]:
        """Want an intent recorded, after something came in at the socket."""
        if after:
            yield Wait(time.monotonic() + FAR, after.fileno(), select.POLLIN)
        self.said.append(f"{delivery} {'holds' if (yield Intent(delivery)) else 'is withdrawn'}")

    def read(self, name: str, sock: socket.socket, patience: float) -> Coroutine[None]:
        came = yield Wait(time.monotonic() + patience, sock.fileno(), select.POLLIN)
        self.said.append(f"{name} {'came' if came else 'did not come'}")

    def run(self, *coroutine: Coroutine[None]) -> None:
        for one in coroutine:
            self.loop.start(one)
        self.loop.run(lambda: False)


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """Return a socket at which nothing comes in."""
    here, there = socket.socketpair()
    with closing(here), closing(there):
        yield here


@pytest.fixture
def speaking() -> Iterator[socket.socket]:
    """Return a socket at which something has come in."""
    here, there = socket.socketpair()
    there.send(b"x")
    with closing(here), closing(there):
        yield here


def attempt(delivery: int) -> Attempt:
    return Attempt(delivery=delivery, outcome=Outcome.SENT, at=NOW)


def test_all_that_can_go_on_does_before_a_group_is_written(
    speaking: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "MAX_WAIT", FAR)
    driven = Driven(refused={2})
    driven.run(driven.intend(1), driven.intend(2), driven.intend(3, after=speaking))
    assert driven.delivery_ledger.groups == [([], [1, 2, 3])]
    assert driven.said == ["1 holds", "2 is withdrawn", "3 holds"]


def test_an_intent_does_not_wait_for_a_server_that_is_silent(silent: socket.socket) -> None:
    driven = Driven()
    with closing(silent.dup()) as another:
        waiting = [driven.read("first", silent, 0.1), driven.read("second", another, 0.1)]
        driven.run(driven.intend(1), *waiting)
    assert driven.said == ["1 holds", "first did not come", "second did not come"]


def test_marks_are_written_before_a_long_wait(silent: socket.socket) -> None:
    driven = Driven()

    def marked() -> Coroutine[None]:
        driven.ledger.note([attempt(1)])
        yield Wait(time.monotonic() + 0.1, silent.fileno(), select.POLLIN)
        assert driven.delivery_ledger.groups == [([1], [])]
        driven.ledger.note([attempt(2)])

    driven.run(marked())
    assert driven.delivery_ledger.groups == [([1], []), ([2], [])], "what was noted last is written as well"


def test_the_mark_of_one_message_is_written_with_the_intent_of_the_next() -> None:
    driven = Driven()

    def two() -> Coroutine[None]:
        yield Intent(1)
        driven.ledger.note([attempt(1)])
        yield Intent(2)

    driven.run(two())
    assert driven.delivery_ledger.groups == [([], [1]), ([1], [2])]


def test_what_can_be_done_ahead_is_done_before_a_group_is_written(silent: socket.socket) -> None:
    driven, left = Driven(), ["first", "second", "third"]

    def prepare() -> bool:
        if not left:
            return False
        assert not driven.delivery_ledger.groups
        driven.said.append(left.pop(0))
        return True

    driven.loop.start(driven.read("server", silent, 0.1))
    driven.loop.start(driven.intend(1))
    driven.loop.run(prepare)
    assert driven.said == ["first", "second", "third", "1 holds", "server did not come"]


def test_servers_that_keep_answering_hold_back_no_commit_for_long(speaking: socket.socket) -> None:
    driven = Driven()

    def busy() -> Coroutine[None]:
        while not driven.delivery_ledger.groups:
            assert (yield Wait(time.monotonic() + FAR, speaking.fileno(), select.POLLIN))

    driven.run(driven.intend(1), busy())
    assert driven.said == ["1 holds"]


def test_pauses_end_when_all_is_over() -> None:
    driven = Driven()

    def pausing() -> Coroutine[None]:
        yield Wait(time.monotonic() + FAR)
        driven.said.append("woke")

    timer = threading.Timer(0.05, driven.over.set)
    timer.start()
    start = time.monotonic()
    driven.run(pausing())
    timer.join()
    assert driven.said == ["woke"]
    assert time.monotonic() - start < FAR


def test_a_pause_lasts_until_its_time() -> None:
    driven = Driven()
    until = time.monotonic() + 0.05

    def pausing() -> Coroutine[None]:
        yield Wait(until)
        assert time.monotonic() >= until
        driven.said.append("woke")

    driven.run(pausing())
    assert driven.said == ["woke"]


def test_a_record_that_breaks_closes_every_connection(silent: socket.socket) -> None:
    closed = list[str]()

    def record(attempts: Sequence[Attempt], intents: Sequence[int]) -> set[int]:
        raise RuntimeError("the disk is full")

    def holding(name: str, wait: Wait | Intent) -> Coroutine[None]:
        try:
            yield wait
        finally:
            closed.append(name)

    loop = EventLoop(GroupCommit(record), lambda: False)
    far = time.monotonic() + FAR
    waits = {"pause": Wait(far), "socket": Wait(far, silent.fileno(), select.POLLIN), "intent": Intent(1)}
    for name, wait in waits.items():
        loop.start(holding(name, wait))
    with pytest.raises(RuntimeError, match="disk is full"):
        loop.run(lambda: False)
    assert sorted(closed) == sorted(waits)


def test_steps_alone_give_their_result(speaking: socket.socket, silent: socket.socket) -> None:
    def coroutine(sock: socket.socket) -> Coroutine[bool]:
        return (yield Wait(time.monotonic() + 0.05, sock.fileno(), select.POLLIN))

    assert run_alone(coroutine(speaking)) is True
    assert run_alone(coroutine(silent)) is False
