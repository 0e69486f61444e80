"""The event loop: one thread drives the coroutines of several connections.

A connection works for some ten microseconds and then waits for its server. Threads would take the interpreter from
each other in between, at several times the cost of the work; and because one thread knows when all connections rest, it
knows when to commit what they have to record.
"""

from __future__ import annotations

import math
import select
import time
from collections import deque
from collections.abc import Callable

from digest.smtp.coroutines import Coroutine, Intent
from digest.smtp.group_commit import GroupCommit

GATHER_MILLISECONDS = 1  # to wait for more records that can share a commit
RECHECK_SECONDS = 0.25  # seconds between checks for a stop while a coroutine pauses


class EventLoop:
    """Runs coroutines until all have ended."""

    def __init__(self, ledger: GroupCommit, is_over: Callable[[], bool]) -> None:
        self._ledger, self._is_over = ledger, is_over
        self._prepare: Callable[[], bool] = lambda: False
        self._ready: deque[tuple[Coroutine[None], bool | None]] = deque()  # to be resumed with this
        self._at_sockets: dict[int, tuple[float, Coroutine[None]]] = {}  # by number, with the deadline
        self._pausing: list[tuple[float, Coroutine[None]]] = []
        self._intending: dict[int, Coroutine[None]] = {}  # by delivery
        self._poll = select.poll()
        self._next_deadline = math.inf  # not after the first of all

    def start(self, coroutine: Coroutine[None]) -> None:
        """Schedule a coroutine to run with the others."""
        self._ready.append((coroutine, None))

    def run(self, prepare: Callable[[], bool]) -> None:
        """Run everything to its end and record attempts and intents. Raise what `record` raises.

        `prepare` does a small piece of work ahead of time and returns whether there was any: it is called whenever no
        connection can proceed, and before every commit, so that no connection waits for it later.
        """
        self._prepare = prepare
        try:
            while self._ready or self._at_sockets or self._pausing or self._ledger.waits:
                while self._ready:
                    self._resume(*self._ready.popleft())
                self._rest()
        finally:
            self._close()

    def _resume(self, coroutine: Coroutine[None], answer: bool | None) -> None:
        try:
            wait = coroutine.send(answer)  # type: ignore[arg-type]  # None starts a generator
        except StopIteration:
            return
        if isinstance(wait, Intent):
            self._intending[wait.delivery] = coroutine
            self._ledger.intend(wait.delivery)
            return
        self._next_deadline = min(self._next_deadline, wait.deadline)
        if wait.file < 0:
            self._pausing.append((wait.deadline, coroutine))
        else:
            self._at_sockets[wait.file] = wait.deadline, coroutine
            self._poll.register(wait.file, wait.events)

    def _rest(self) -> None:
        """Wait until a coroutine can proceed; commit pending records when none can or they are overdue."""
        if self._wait(0):
            if self._ledger.waits and self._ledger.is_overdue():
                self._write()
        elif not self._prepare():
            self._rest_long()

    def _rest_long(self) -> None:
        if not self._ledger.waits:
            self._wait(self._until_next())
        elif not (self._at_sockets and self._wait(GATHER_MILLISECONDS)):
            self._write()

    def _write(self) -> None:
        while self._prepare():
            pass
        held = self._ledger.write()
        intending, self._intending = self._intending, {}
        self._ready.extend((coroutine, delivery in held) for delivery, coroutine in intending.items())

    def _wait(self, milliseconds: float) -> bool:
        """Queue the coroutines that can proceed, waiting at most this long; return whether there are any."""
        for file, _ in self._poll.poll(milliseconds):
            self._leave(file, came=True)
        if time.monotonic() >= self._next_deadline or (self._pausing and self._is_over()):
            self._end_waits(math.inf if self._is_over() else time.monotonic())
        return bool(self._ready)

    def _leave(self, file: int, *, came: bool) -> None:
        self._poll.unregister(file)
        _, coroutine = self._at_sockets.pop(file)
        self._ready.append((coroutine, came))

    def _end_waits(self, pauses_until: float) -> None:
        """Queue coroutines whose wait for a socket has timed out or whose pause is over."""
        now = time.monotonic()
        for file in [file for file, (deadline, _) in self._at_sockets.items() if deadline <= now]:
            self._leave(file, came=False)
        self._ready.extend((coroutine, False) for deadline, coroutine in self._pausing if deadline <= pauses_until)
        self._pausing = [pause for pause in self._pausing if pause[0] > pauses_until]
        left = [deadline for deadline, _ in (*self._at_sockets.values(), *self._pausing)]
        self._next_deadline = min(left, default=math.inf)

    def _until_next(self) -> float:
        """Return the milliseconds until the next deadline."""
        if not (self._at_sockets or self._pausing):
            return 0
        left = max(self._next_deadline - time.monotonic(), 0)
        return math.ceil(min(left, RECHECK_SECONDS if self._pausing else left) * 1000)

    def _close(self) -> None:
        """Close the coroutines that have not ended, after an error; each closes its connection."""
        for coroutine, _ in self._ready:
            coroutine.close()
        for coroutine in self._intending.values():
            coroutine.close()
        for _, coroutine in (*self._at_sockets.values(), *self._pausing):
            coroutine.close()
