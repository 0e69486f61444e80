"""The postman: sends letters one after the other in a thread of its own, so that no page waits for a mail server."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType

from digest.deliveries import Attempt, Outcome
from digest.errors import MessageError
from digest.messages import Message
from digest.runs.subscribe import Letter
from digest.settings import SmtpSettings
from digest.smtp import Courier, Listed, Parcel

MOST_WAITING = 10_000  #: letters; beyond that, those that come are dropped and logged
BATCH = 50
TRIES = 4
PAUSE = 60.0  #: seconds before a letter that was refused for now is tried again, doubled each time

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class _Waiting:
    letter: Letter
    tries: int = 0
    not_before: float = 0.0  #: of the monotonic clock


class Postman:
    """Takes letters at once and sends them as soon as may be, for as long as the `with` block runs.

    What is still waiting at its end is tried once more. A letter that cannot be sent is logged without its address:
    whoever waits for it can ask again.
    """

    def __init__(self, write: Callable[[Letter], Message], relay: SmtpSettings, *, pause: float = PAUSE) -> None:
        self._write, self._relay, self._pause = write, relay, pause
        self._waiting: queue.Queue[_Waiting] = queue.Queue(MOST_WAITING)
        self._later: list[_Waiting] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="postman", daemon=True)

    def __enter__(self) -> Postman:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def post(self, letter: Letter) -> None:
        """Takes a letter; returns at once."""
        try:
            self._waiting.put_nowait(_Waiting(letter=letter))
        except queue.Full:
            _log.error("letter dropped: %d are waiting", MOST_WAITING, extra={"action": "letter", "state": "dropped"})

    def _work(self) -> None:
        while not (self._stop.is_set() and self._waiting.empty()):
            batch = self._next_batch()
            if batch:
                self._send(batch)
        if self._later:
            self._send(self._later)

    def _next_batch(self) -> list[_Waiting]:
        batch = [waiting for waiting in self._later if waiting.not_before <= time.monotonic()]
        self._later = [waiting for waiting in self._later if waiting not in batch]
        try:
            batch.append(self._waiting.get(timeout=0.0 if batch else 0.2))
            while len(batch) < BATCH:
                batch.append(self._waiting.get_nowait())
        except queue.Empty:
            pass
        return batch

    def _send(self, batch: Sequence[_Waiting]) -> None:
        attempts: dict[int, Attempt] = {}

        def record(made: Sequence[Attempt], intents: Sequence[int]) -> set[int]:
            attempts.update({attempt.delivery: attempt for attempt in made})
            return set(intents)

        try:
            parcels = self._parcels(batch)
            problem = Courier(self._relay, record).carry(Listed(parcels)) if parcels else None
        except Exception:
            _log.exception("letters could not be sent", extra={"action": "letter", "state": "failed"})
            return
        if problem:
            _log.warning("%s", problem, extra={"action": "letter"})
        for parcel in parcels:
            self._settle(batch[parcel.delivery], attempts.get(parcel.delivery))

    def _parcels(self, batch: Sequence[_Waiting]) -> list[Parcel]:
        parcels = []
        for place, waiting in enumerate(batch):
            try:
                message = self._write(waiting.letter)
            except MessageError as error:
                _log.error("letter not written: %s", error, extra={"action": "letter", "state": "failed"})
                continue
            parcels.append(Parcel(place, message.sender, message.recipient, message.data))
        return parcels

    def _settle(self, waiting: _Waiting, attempt: Attempt | None) -> None:
        kind, outcome = waiting.letter.kind, attempt.outcome if attempt else Outcome.DEFERRED
        if outcome in (Outcome.DEFERRED, Outcome.LOST) and waiting.tries + 1 < TRIES:
            pause = self._pause * 2**waiting.tries
            again = _Waiting(letter=waiting.letter, tries=waiting.tries + 1, not_before=time.monotonic() + pause)
            self._later.append(again)
            return
        level = logging.INFO if outcome is Outcome.SENT else logging.WARNING
        _log.log(level, "letter %s: %s", kind, outcome, extra={"action": "letter", "kind": kind, "state": outcome})
