"""The outbox worker: sends transactional mail in its own thread, so that no page waits for a mail server."""

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
from digest.runs.transactional.immediate import send_messages
from digest.runs.transactional.outbox import TransactionalMail
from digest.settings import SmtpSettings
from digest.storage import Store

BATCH = 20
POLL_SECONDS = 5.0  #: seconds between checks of the outbox for mail that other processes left
LEASE = timedelta(minutes=1)  #: after which another worker sends the mail of one that died

_log = logging.getLogger(__name__)
_FOR_NOW = frozenset({Outcome.DEFERRED, Outcome.LOST})


@dataclass(frozen=True, kw_only=True)
class OutboxWorkerOptions:
    """The options of an outbox worker."""

    relay: SmtpSettings
    clock: Callable[[], datetime]
    every: float = POLL_SECONDS
    lease: timedelta = LEASE


class OutboxWorker:
    """Sends the mail in the outbox without delay, for as long as the `with` block runs.

    Each is sent at least once: a mail that may not have arrived is sent again. One that can never be
    sent is logged without its address: the person can ask again. At the end of the block, mail under way
    is finished; the rest waits for the next worker.
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
        """Signal that mail may be waiting; return at once."""
        self._called.set()

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                while not self._stop.is_set() and self._send(self._waiting()):
                    pass
            except DigestError as error:
                _log.error("mails could not be sent: %s", error, extra={"action": "letter", "state": "failed"})
            except Exception:
                _log.exception("mails could not be sent", extra={"action": "letter", "state": "failed"})
            self._called.wait(self._how.every)
            self._called.clear()

    def _waiting(self) -> Sequence[TransactionalMail]:
        return outbox.take(self._store, self._how.clock(), self._how.lease, BATCH)

    def _send(self, batch: Sequence[TransactionalMail]) -> bool:
        """Send a batch and settle it; return False when it was empty."""
        messages, hopeless = self._composed(batch)
        attempts, problem = send_messages(self._how.relay, messages, self._stop)
        if problem:
            _log.warning("%s", problem, extra={"action": "letter"})
        again = {mail.id for mail in batch if mail.id not in hopeless and _is_for_later(attempts.get(mail.id))}
        put_off, done = ([one for one in batch if (one.id in again) is later] for later in (True, False))
        if batch:
            outbox.settle(self._store, done=done, put_off=put_off, now=self._how.clock())
        for mail in batch:
            if mail.id in messages:
                _tell(mail, attempts.get(mail.id))
        return bool(batch)

    def _composed(self, batch: Sequence[TransactionalMail]) -> tuple[dict[int, Message], set[int]]:
        """Return the messages of the batch, and the ids that can never be composed; one failure stops no other."""
        messages: dict[int, Message] = {}
        hopeless: set[int] = set()
        for mail in batch:
            extra = {"action": "letter", "kind": mail.kind.value, "state": "failed"}
            try:
                messages[mail.id] = self._write(mail)
            except MessageError as error:
                _log.error("letter not written: %s", error, extra=extra)
                hopeless.add(mail.id)
            except Exception:  # such as a template that is being changed: it is tried again
                _log.exception("letter not written for now", extra=extra)
        return messages, hopeless


def _is_for_later(attempt: Attempt | None) -> bool:
    return attempt is None or attempt.outcome in _FOR_NOW


def _tell(mail: TransactionalMail, attempt: Attempt | None) -> None:
    outcome = attempt.outcome if attempt else Outcome.DEFERRED
    level = logging.INFO if outcome is Outcome.SENT else logging.WARNING
    extra = {"action": "letter", "kind": mail.kind.value, "state": outcome.value, "tries": mail.tries}
    _log.log(level, "letter %s: %s", mail.kind, outcome, extra=extra)
