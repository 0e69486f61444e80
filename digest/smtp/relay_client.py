"""The relay client: sends messages to one relay over several connections, all in the calling thread."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from digest.deliveries import Attempt, Outcome
from digest.errors import RelayError, RelayRefused, RelayUnavailable
from digest.settings import RelaySettings, SmtpSettings
from digest.smtp.coroutines import Coroutine, Wait
from digest.smtp.event_loop import EventLoop
from digest.smtp.group_commit import GroupCommit
from digest.smtp.outgoing import MessageSource, OutgoingMessage, Record
from digest.smtp.replies import MAX_TEXT, Stage
from digest.smtp.session import open_session
from digest.smtp.transaction import Broken, MailTransactions, Slowed, Withdrawn
from digest.smtp.work_queue import WorkQueue

MAX_TROUBLES = 3  # consecutive failed connections before this run gives the relay up
MAX_BREAKS = 8  # the same when each broke during a message, which the message may have caused
FIRST_PAUSE = 0.5  # seconds before the next connection; doubled each time, thrice at most
MESSAGES_PER_CONNECTION = 4  # messages begun before another connection is opened

_log = logging.getLogger(__name__)


class _BrokenDuringMessage(RelayUnavailable):
    """The session was opened, then broke during the first message, before the final dot."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class RelayClient:
    """Sends the messages of a source to one relay until the source ends, the relay is given up, or `stop` is called.

    It opens one connection first, then more, up to the relay's limit, while messages remain.
    """

    def __init__(
        self,
        relay: SmtpSettings,
        record: Record,
        *,
        clock: Callable[[], datetime] = _utc_now,
        stop: threading.Event | None = None,
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        self.relay = relay
        self.name = relay.name if isinstance(relay, RelaySettings) else f"{relay.host}:{relay.port}"
        self._clock, self._first_pause = clock, first_pause
        self._stop = stop or threading.Event()
        self._ledger = GroupCommit(record)
        self._loop = EventLoop(self._ledger, self._is_over)
        self._given_up = False
        self._connections = 0  # opened or being opened
        self._open = 0  # sessions at work
        self._troubles = 0  # consecutive failed connections
        self._problem: RelayError | None = None
        self._defect: Exception | None = None
        self.returned: tuple[OutgoingMessage, ...] = ()  #: taken but not sent, because the relay was given up

    def stop(self) -> None:
        """Finish the messages under way and begin no more. Any thread may call it."""
        self._stop.set()

    def _is_over(self) -> bool:
        return self._given_up or self._stop.is_set()

    def send_all(self, source: MessageSource) -> RelayError | None:
        """Send everything; return the problem that prevented it, None when nothing is left.

        Raise what the source raised once the messages under way have ended; raise what `record` raises at once.
        """
        queue = WorkQueue(source, self._is_over, lambda given: self._connect_more(queue, given))
        self._add_connection(queue)
        self._loop.run(lambda: queue.prepare(self._open))
        while queue.has_left and not self._is_over():
            self._loop.start(self._work(queue))  # given back by one when the others had already come to their end
            self._loop.run(lambda: queue.prepare(self._open))
        self.returned = queue.left()
        if self._defect:
            raise self._defect
        return self._problem

    def _connect_more(self, queue: WorkQueue, given: int) -> None:
        if given > self._connections * MESSAGES_PER_CONNECTION and self._connections < self.relay.connections:
            self._add_connection(queue)

    def _add_connection(self, queue: WorkQueue) -> None:
        self._connections += 1
        self._loop.start(self._work(queue))

    def _work(self, queue: WorkQueue) -> Coroutine[None]:
        """Send messages over successive connections."""
        try:
            while outgoing := (yield from queue.take()):
                troubles = self._troubles
                trouble = yield from self._use_connection(outgoing, queue)
                if trouble and not (yield from self._goes_on_after(trouble, troubles)):
                    return
        except Exception as error:
            self._defect = self._defect or error
            self._given_up = True

    def _use_connection(self, outgoing: OutgoingMessage, queue: WorkQueue) -> Coroutine[RelayError | None]:
        """Send this message and those that follow over one connection; return the problem if none was answered."""
        try:
            session = yield from open_session(self.relay)
        except RelayError as error:
            queue.give_back(outgoing)
            return error
        if self._is_over():
            queue.give_back(outgoing)
            yield from session.quit()
            return None
        self._open += 1
        transactions = MailTransactions(session, queue, self._ledger, self.name, self._clock)
        try:
            yield from transactions.run(outgoing)
            yield from session.quit()
        except Broken as error:
            self._give_back(error, queue)
            if isinstance(error, Slowed) or not (transactions.answered or isinstance(error, Withdrawn)):
                blames_relay = isinstance(error, Slowed) or not error.back
                kind = RelayUnavailable if blames_relay else _BrokenDuringMessage
                return kind(f"relay {self.name}: {error}")
        finally:
            session.connection.close()
            self._open -= 1
            self._troubles = 0 if transactions.answered else self._troubles
        return None

    def _goes_on_after(self, trouble: RelayError, troubles: int) -> Coroutine[bool]:
        """Wait before the next connection; return False when this one must not be replaced.

        `troubles` is the count when the connection was begun: several that fail together count as one.
        """
        _log.warning("%s", trouble, extra={"action": "connect", "relay": self.name})
        if self._open:
            return False  # the relay accepts the present connections, but no more
        if troubles >= self._troubles:
            self._troubles += 1
        most = MAX_BREAKS if isinstance(trouble, _BrokenDuringMessage) else MAX_TROUBLES
        if self._troubles >= most or isinstance(trouble, RelayRefused):
            self._problem = trouble
            self._given_up = True
            return False
        yield Wait(time.monotonic() + self._first_pause * 2.0 ** min(self._troubles - 1, 3))
        return not self._is_over()

    def _give_back(self, broken: Broken, queue: WorkQueue) -> None:
        """Queue the messages of a broken session again; mark a message as lost when it broke too many sessions."""
        for outgoing in broken.back:
            if not queue.give_back(outgoing, counted=True):
                lost = Attempt(
                    delivery=outgoing.delivery,
                    outcome=Outcome.LOST,
                    at=self._clock(),
                    reply=str(broken)[:MAX_TEXT],
                    stage=Stage.CONNECT,
                    relay=self.name,
                )
                self._ledger.note([lost])
