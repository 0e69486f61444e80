"""Turns and groups: the connections work one at a time, and what they have to record is written when all rest.

A connection works for a fraction of a millisecond and then waits for its server. Threads that work at the same time
would only take the interpreter from each other in the middle of things, so each waits for its turn. And every message
needs a durable commit, which costs a disk's flush: whoever goes to rest while nobody else is at work writes for all.
So groups form by themselves: no timer, no thread of their own, a lone message waits for nobody, and what a server
answered is recorded before the wait for its next answer.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from digest.deliveries import Attempt
from digest.smtp.parcels import Record


class _Request:
    """An intent that one connection wants recorded, and how it learns that it was."""

    __slots__ = ("answered", "delivery", "held")

    def __init__(self, delivery: int) -> None:
        self.delivery, self.held = delivery, False
        self.answered = threading.Lock()  # released when answered
        self.answered.acquire()


class GroupCommit:
    """The turns of several threads, and what they have to record, brought to `record` one group at a time."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._turn = threading.Lock()
        self._lock = threading.Lock()  # for what follows
        self._at_work = 0  # connections that work or wait for their turn
        self._intents: list[_Request] = []
        self._marks: list[Attempt] = []
        self._writing = False
        self.error: BaseException | None = None  #: what `record` raised

    def begin(self) -> None:
        """Waits for this thread's turn."""
        with self._lock:
            self._at_work += 1
        self._turn.acquire()

    def end(self) -> None:
        """Lets others work, before this thread waits for something; writes what waits if none of them is at work."""
        self._turn.release()
        with self._lock:
            self._at_work -= 1
        self.flush()

    def note(self, attempts: Sequence[Attempt]) -> None:
        """Has the attempts recorded with the next group: before the next intent, and before everybody waits."""
        with self._lock:
            self._marks += attempts

    def intend(self, delivery: int) -> bool:
        """Records the intent durably, in this thread's turn; gives whether it holds. Raises what `record` raised."""
        request = _Request(delivery)
        with self._lock:
            self._intents.append(request)
        self.end()
        request.answered.acquire()
        self.begin()
        if self.error:
            raise self.error
        return request.held

    def flush(self) -> None:
        """Writes what waits, unless somebody is at work or writing, who will then do it."""
        while True:
            with self._lock:
                if self._at_work or self._writing or not (self._intents or self._marks):
                    return
                intents, self._intents = self._intents, []
                marks, self._marks = self._marks, []
                self._writing = True
            self._write(marks, intents)
            with self._lock:
                self._writing = False
            for request in intents:
                request.answered.release()

    def _write(self, marks: Sequence[Attempt], intents: Sequence[_Request]) -> None:
        try:
            held = self._record(marks, [request.delivery for request in intents]) if not self.error else set()
        except BaseException as error:
            self.error = error
            return
        for request in intents:
            request.held = request.delivery in held
