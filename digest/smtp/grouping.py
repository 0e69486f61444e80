"""Group commit: whoever has something to record while nobody is writing writes for all who wait.

The connections need a durable commit for every message, and a commit costs a disk's flush. So the first to come
commits what is there; those that come meanwhile wait and go together with the next commit. Groups form by themselves:
no timer, no thread of their own, and a lone message waits for nobody.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from digest.deliveries import Attempt
from digest.smtp.parcels import Record


class _Request:
    """What one connection wants recorded, and how it learns that it was."""

    __slots__ = ("answered", "attempts", "error", "held", "intent", "turn")

    def __init__(self, attempts: Sequence[Attempt], intent: int | None) -> None:
        self.attempts, self.intent = attempts, intent
        self.held = self.answered = False
        self.error: BaseException | None = None
        self.turn = threading.Lock()  # released when answered, or when it is this one's turn to write
        self.turn.acquire()


class GroupCommit:
    """Brings the requests of several threads to `record` in groups, one group at a time."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._lock = threading.Lock()
        self._waiting: list[_Request] = []
        self._writing = False

    def write(self, attempts: Sequence[Attempt], intent: int | None = None) -> bool:
        """Records the attempts and the intent durably; gives whether the intent holds. Raises what `record` raises."""
        request = _Request(attempts, intent)
        with self._lock:
            self._waiting.append(request)
            waits, self._writing = self._writing, True
        if waits:
            request.turn.acquire()
        if not request.answered:
            self._write_group()
        if request.error:
            raise request.error
        return request.held

    def _write_group(self) -> None:
        with self._lock:
            group, self._waiting = self._waiting, []
        try:
            self._answer(group)
        except BaseException as error:
            for request in group:
                request.error = error
        with self._lock:
            successor = self._waiting[0] if self._waiting else None
            self._writing = successor is not None
        if successor:
            successor.turn.release()
        for request in group:
            request.answered = True
            request.turn.release()

    def _answer(self, group: Sequence[_Request]) -> None:
        attempts = [attempt for request in group for attempt in request.attempts]
        intents = [request.intent for request in group if request.intent is not None]
        held = self._record(attempts, intents)
        for request in group:
            request.held = request.intent in held
