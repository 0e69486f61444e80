"""The postman: sends what waits in the outbox, in a thread of its own, so that no page waits for a mail server."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType

from digest.deliveries import Attempt, Outcome
from digest.errors import DigestError, MessageError
from digest.messages import Message
from digest.runs.transactional import outbox
from digest.runs.transactional.outbox import TransactionalMail
from digest.settings import SmtpSettings
from digest.smtp import MessageList, OutgoingMessage, RelayClient
from digest.storage import Store

BATCH = 20
ROUND = 5.0  #: seconds after which the outbox is looked into unasked, for letters that others left behind
LEASE = timedelta(minutes=1)  #: after which letters of a postman who died are sent by another

_log = logging.getLogger(__name__)
_FOR_NOW = frozenset({Outcome.DEFERRED, Outcome.LOST})


@dataclass(frozen=True, kw_only=True)
class OutboxWorkerOptions:
    """How a postman goes about it."""

    relay: SmtpSettings
    clock: Callable[[], datetime]
    every: float = ROUND
    lease: timedelta = LEASE


class OutboxWorker:
    """Sends the letters of the outbox as soon as may be, for as long as the `with` block runs.

    Each is sent at least once: a letter of which nobody knows whether it arrived is sent again. One that can never be
    sent is logged without its address: whoever waits for it can ask again. At the end of the block what is under way
    is finished; what was not begun waits for the next postman.
    """

    def __init__(self, store: Store, write: Callable[[TransactionalMail], Message], how: OutboxWorkerOptions) -> None:
        self._store, self._write, self._how = store, write, how
        self._called, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="postman", daemon=True)

    def __enter__(self) -> OutboxWorker:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._called.set()
        self._thread.join()

    def wake(self) -> None:
        """Say that a letter may wait; returns at once."""
        self._called.set()

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                while not self._stop.is_set() and self._send(self._waiting()):
                    pass
            except DigestError as error:
                _log.error("letters could not be sent: %s", error, extra={"action": "letter", "state": "failed"})
            except Exception:
                _log.exception("letters could not be sent", extra={"action": "letter", "state": "failed"})
            self._called.wait(self._how.every)
            self._called.clear()

    def _waiting(self) -> Sequence[TransactionalMail]:
        return outbox.take(self._store, self._how.clock(), self._how.lease, BATCH)

    def _send(self, batch: Sequence[TransactionalMail]) -> bool:
        """Send letters and settles what became of them; False when there were none."""
        attempts: dict[int, Attempt] = {}

        def record(made: Sequence[Attempt], intents: Sequence[int]) -> set[int]:
            attempts.update({attempt.delivery: attempt for attempt in made})
            return set(intents)

        outgoing_messages, hopeless = self._written(batch)
        problem = (
            RelayClient(self._how.relay, record, stop=self._stop).carry(MessageList(outgoing_messages))
            if outgoing_messages
            else None
        )
        if problem:
            _log.warning("%s", problem, extra={"action": "letter"})
        written = {outgoing.delivery for outgoing in outgoing_messages}
        again = {mail.id for mail in batch if mail.id not in hopeless and _is_for_later(attempts.get(mail.id))}
        put_off, done = ([one for one in batch if (one.id in again) is later] for later in (True, False))
        if batch:
            outbox.settle(self._store, done=done, put_off=put_off, now=self._how.clock())
        for mail in batch:
            if mail.id in written:
                _tell(mail, attempts.get(mail.id))
        return bool(batch)

    def _written(self, batch: Sequence[TransactionalMail]) -> tuple[list[OutgoingMessage], set[int]]:
        """Return the letters as parcels, and those that can never be written; one that fails stops no other."""
        outgoing_messages, hopeless = [], set()
        for mail in batch:
            extra = {"action": "letter", "kind": mail.kind.value, "state": "failed"}
            try:
                message = self._write(mail)
            except MessageError as error:
                _log.error("letter not written: %s", error, extra=extra)
                hopeless.add(mail.id)
            except Exception:  # such as a template that is being changed: it is tried again
                _log.exception("letter not written for now", extra=extra)
            else:
                outgoing_messages.append(OutgoingMessage.of(mail.id, message))
        return outgoing_messages, hopeless


def _is_for_later(attempt: Attempt | None) -> bool:
    return attempt is None or attempt.outcome in _FOR_NOW


def _tell(mail: TransactionalMail, attempt: Attempt | None) -> None:
    outcome = attempt.outcome if attempt else Outcome.DEFERRED
    level = logging.INFO if outcome is Outcome.SENT else logging.WARNING
    extra = {"action": "letter", "kind": mail.kind.value, "state": outcome.value, "tries": mail.tries}
    _log.log(level, "letter %s: %s", mail.kind, outcome, extra=extra)
