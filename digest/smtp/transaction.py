"""Mail transactions (RFC 5321, 3.3): message after message over one session, step by step, to know where a fault came.

With PIPELINING (RFC 2920) the envelope is one write, and the next envelope goes out in the same write as the final
dot of the message before; without it each step waits for its answer. Between the body and its final dot the intent is
committed. The mark of one message is committed at the latest with the intent of the next on the same connection, so
that a connection never has more than one message in doubt; when the server takes its time, it is committed before.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from digest.deliveries import Attempt, Outcome
from digest.errors import MessageError
from digest.smtp.connection import ConnectionBroken, NothingLeft
from digest.smtp.coroutines import Coroutine, Intent
from digest.smtp.envelope_address import envelope_address
from digest.smtp.group_commit import GroupCommit
from digest.smtp.outgoing import OutgoingMessage, dot_stuffed
from digest.smtp.replies import MAX_TEXT, Reply, Stage, is_about_connection, verdict
from digest.smtp.session import Extensions, Session
from digest.smtp.work_queue import WorkQueue

DOT_TIMEOUT_FACTOR = 5  # times the time-out of other steps (RFC 5321, 4.5.3.2: 10 minutes against 2 to 5)
MAX_REFUSALS = 4  # Postfix and others delay, then disconnect, a client whose recipients they keep refusing

_GO_AHEAD = (
    (Stage.MAIL, 2),
    (Stage.RCPT, 2),
    (Stage.DATA, 3),
)  # first digit of the reply that lets the transaction proceed


class EncodedMessage(NamedTuple):
    """A message encoded for the connection."""

    outgoing: OutgoingMessage
    commands: tuple[bytes, bytes, bytes]  #: MAIL, RCPT and DATA
    body: tuple[bytes, ...]

    @property
    def envelope(self) -> bytes:
        """The commands in one piece."""
        return b"".join(self.commands)


def encode(outgoing: OutgoingMessage, offered: Extensions) -> EncodedMessage:
    """Return the message encoded for a server with these extensions. Raise MessageError when it cannot accept it."""
    sender = envelope_address(outgoing.sender).encoded if outgoing.sender else b""
    recipient = envelope_address(outgoing.recipient)
    body, parameters = outgoing.parts, b""
    if not outgoing.is_wire_ready:
        body = (dot_stuffed(b"".join(body)),)
    if offered.size:
        size = sum(map(len, outgoing.parts))
        if size > offered.size:
            raise MessageError(f"the message has {size} octets, the relay accepts {offered.size}")
        parameters = b" SIZE=%d" % size
    if recipient.needs_utf8 and not offered.smtputf8:
        raise MessageError(f"{outgoing.recipient!r} needs SMTPUTF8, which the relay does not offer")
    if not body[0].isascii():  # only the header may have others, when the message is of several parts
        if not offered.eight_bit:
            raise MessageError("the message has 8-bit octets, and the relay does not offer 8BITMIME")
        parameters += b" BODY=8BITMIME"
    if recipient.needs_utf8:
        parameters += b" SMTPUTF8"
    mail = b"MAIL FROM:<%b>%b\r\n" % (sender, parameters)
    return EncodedMessage(outgoing, (mail, b"RCPT TO:<%b>\r\n" % recipient.encoded, b"DATA\r\n"), body)


class Broken(Exception):
    """The session ended; `back` holds the messages that the server did not decide about."""

    def __init__(self, reason: str, back: tuple[OutgoingMessage, ...] = ()) -> None:
        super().__init__(reason)
        self.back = back


class Slowed(Broken):
    """The relay asks us to slow down: 421 (it closes the connection) or 454 (temporary failure)."""


class Withdrawn(Broken):
    """The session was dropped because the intent of a delivery no longer held: not the relay's fault."""


class MailTransactions:
    """Sends messages over one session until the queue is empty or the session must end."""

    def __init__(
        self, session: Session, queue: WorkQueue, ledger: GroupCommit, relay: str, clock: Callable[[], datetime]
    ) -> None:
        self._connection, self._offered = session.connection, session.extensions
        self._queue, self._ledger, self._relay, self._clock = queue, ledger, relay, clock
        self._refusals = 0
        self._announced = False  # the envelope of the next message is already sent
        self.answered = 0  #: messages that the server decided about

    def run(self, outgoing: OutgoingMessage) -> Coroutine[None]:
        """Send `message` and what follows. Raise Broken when the connection must be dropped.

        Either way every reply is noted, and each message was answered, given back or marked.
        """
        ready = self._ready(outgoing) or (yield from self._next())
        while ready and self._refusals < MAX_REFUSALS:
            ready = yield from self._send(ready)
        if ready:
            self._queue.give_back(ready.outgoing)
            raise Broken("the relay refused several recipients; reconnecting")

    def _send(self, ready: EncodedMessage) -> Coroutine[EncodedMessage | None]:
        """Send one; return the one that comes next."""
        if not (yield from self._enter(ready)):
            return (yield from self._next())
        yield from self._body(ready)
        if not (yield Intent(ready.outgoing.delivery)):
            raise Withdrawn(f"delivery {ready.outgoing.delivery} is no longer to be sent")
        following = self._take_ready()
        yield from self._finish(ready, following)
        return following or (yield from self._next())

    def _enter(self, ready: EncodedMessage) -> Coroutine[bool]:
        """Send the envelope; return False when the server refuses the sender or the recipient."""
        stage, refusal = Stage.MAIL, None
        try:
            if self._offered.pipelining and not self._announced:
                yield from self._connection.send(ready.envelope)
            for (stage, wanted), command in zip(_GO_AHEAD, ready.commands, strict=True):
                if not self._offered.pipelining:
                    yield from self._connection.send(command)
                reply = self._connection.take_ready() or (yield from self._connection.further_reply())
                if reply.code // 100 == wanted:
                    continue
                refusal = refusal or (stage, reply)
                if not self._offered.pipelining or is_about_connection(refusal[1]):
                    break
        except ConnectionBroken as error:
            if refusal is None:
                raise _lost(ready, stage, str(error)) from error
            self._refused(ready, *refusal, went_on=False)
            raise Broken(str(error)) from error
        self._announced = False
        if refusal is None:
            return True
        self._refused(ready, *refusal, went_on=reply.code == 354)
        yield from self._reset()
        return False

    def _refused(self, ready: EncodedMessage, stage: Stage, reply: Reply, *, went_on: bool) -> None:
        """Note the refusal. Raise Broken when the session cannot continue."""
        outcome = verdict(stage, reply)
        if reply.code == 421:
            raise Slowed(f"{stage}: {reply}", (ready.outgoing,))
        if is_about_connection(reply) or outcome is Outcome.LOST:
            raise _lost(ready, stage, str(reply))
        self._ledger.note([self._attempt(ready, stage, outcome, reply)])
        self._refusals += 1
        self.answered += 1
        if went_on:  # it asks for data although it refused the recipient: what it would do with it is unknown
            raise Broken(f"out of step: {reply}, then 354")
        if reply.code == 454:
            raise Slowed(str(reply))

    def _reset(self) -> Coroutine[None]:
        try:
            yield from self._connection.send(b"RSET\r\n")
            reply = yield from self._connection.reply()
        except ConnectionBroken as error:
            raise Broken(str(error)) from error
        if reply.code // 100 != 2:
            raise Broken(f"RSET: {reply}")

    def _body(self, ready: EncodedMessage) -> Coroutine[None]:
        try:
            yield from self._connection.send(*ready.body)
        except ConnectionBroken as error:
            reply = yield from self._connection.leftover()
            if reply and verdict(Stage.BODY, reply) is Outcome.FAILED:
                self._ledger.note([self._attempt(ready, Stage.BODY, Outcome.FAILED, reply)])
                raise Broken(str(reply)) from error
            raise _lost(ready, Stage.BODY, str(reply or error)) from error

    def _finish(self, ready: EncodedMessage, following: EncodedMessage | None) -> Coroutine[None]:
        back = (following.outgoing,) if following else ()
        self._announced = self._offered.pipelining and following is not None
        try:
            yield from self._connection.send(
                b".\r\n" + following.envelope if self._announced and following else b".\r\n"
            )
            reply = yield from self._connection.reply(DOT_TIMEOUT_FACTOR)
        except ConnectionBroken as error:
            doubt = Outcome.LOST if isinstance(error, NothingLeft) else Outcome.AMBIGUOUS
            self._ledger.note([self._attempt(ready, Stage.DOT, doubt, None, str(error))])
            raise Broken(str(error), back) from error
        outcome = verdict(Stage.DOT, reply)
        self._ledger.note([self._attempt(ready, Stage.DOT, outcome, reply)])
        self.answered += 1
        if reply.code in (421, 454):
            raise Slowed(str(reply), back)
        if outcome is Outcome.AMBIGUOUS:
            raise Broken(str(reply), back)

    def _next(self) -> Coroutine[EncodedMessage | None]:
        while outgoing := (yield from self._queue.take()):
            if ready := self._ready(outgoing):
                return ready
        return None

    def _take_ready(self) -> EncodedMessage | None:
        while outgoing := self._queue.take_ready():
            if ready := self._ready(outgoing):
                return ready
        return None

    def _ready(self, outgoing: OutgoingMessage) -> EncodedMessage | None:
        try:
            return encode(outgoing, self._offered)
        except MessageError as error:
            attempt = Attempt(
                delivery=outgoing.delivery,
                outcome=Outcome.FAILED,
                at=self._clock(),
                reply=str(error)[:MAX_TEXT],
                stage=Stage.MAIL,
                relay=self._relay,
            )
            self._ledger.note([attempt])
            return None

    def _attempt(
        self, ready: EncodedMessage, stage: Stage, outcome: Outcome, reply: Reply | None, reason: str = ""
    ) -> Attempt:
        return Attempt(
            delivery=ready.outgoing.delivery,
            outcome=outcome,
            at=self._clock(),
            code=reply.code if reply else None,
            status=reply.status if reply else None,
            reply=(reply.text if reply else reason)[:MAX_TEXT],
            stage=stage,
            relay=self._relay,
            recipient=ready.outgoing.recipient,
        )


def _lost(ready: EncodedMessage, stage: Stage, reason: str) -> Broken:
    """Return the end of a session that broke before the final dot: certainly not delivered."""
    return Broken(f"{stage}: {reason}", (ready.outgoing,))
