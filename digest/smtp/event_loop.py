"""The loop: one thread that drives the steps of several connections, whichever can go on.

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

COMPANY = 1  # milliseconds in which more may come that is worth the same commit
LOOK_UP = 0.25  # seconds, while something pauses, before it is asked again whether all is over


class EventLoop:
    """Drives steps until all have come to their end."""

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
        """Have these driven with the others, from the next moment on."""
        self._ready.append((coroutine, None))

    def run(self, prepare: Callable[[], bool]) -> None:
        """Drive everything to its end, and writes what is to be recorded. Raise what `record` raises.

        `prepare` does a little of what can be done ahead and gives whether there was any: it is called whenever no
        connection can go on, and before every commit, so that nobody waits for it afterwards.
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
        """Wait until something can go on; writes what there is to record when nothing comes or it waited enough."""
        if self._wait(0):
            if self._ledger.waits and self._ledger.is_overdue():
                self._write()
        elif not self._prepare():
            self._rest_long()

    def _rest_long(self) -> None:
        if not self._ledger.waits:
            self._wait(self._until_next())
        elif not (self._at_sockets and self._wait(COMPANY)):
            self._write()

    def _write(self) -> None:
        while self._prepare():
            pass
        held = self._ledger.write()
        intending, self._intending = self._intending, {}
        self._ready.extend((coroutine, delivery in held) for delivery, coroutine in intending.items())

    def _wait(self, milliseconds: float) -> bool:
        """Make ready what can go on, waiting so long at most; return whether anything can."""
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
        """Make ready what has waited in vain for its socket, and what has paused long enough."""
        now = time.monotonic()
        for file in [file for file, (deadline, _) in self._at_sockets.items() if deadline <= now]:
            self._leave(file, came=False)
        self._ready.extend((coroutine, False) for deadline, coroutine in self._pausing if deadline <= pauses_until)
        self._pausing = [pause for pause in self._pausing if pause[0] > pauses_until]
        left = [deadline for deadline, _ in (*self._at_sockets.values(), *self._pausing)]
        self._next_deadline = min(left, default=math.inf)

    def _until_next(self) -> float:
        """Return the milliseconds until something has waited long enough."""
        if not (self._at_sockets or self._pausing):
            return 0
        left = max(self._next_deadline - time.monotonic(), 0)
        return math.ceil(min(left, LOOK_UP if self._pausing else left) * 1000)

    def _close(self) -> None:
        """End what has not come to its end, because something broke: each closes its connection."""
        for coroutine, _ in self._ready:
            coroutine.close()
        for coroutine in self._intending.values():
            coroutine.close()
        for _, coroutine in (*self._at_sockets.values(), *self._pausing):
            coroutine.close()
