"""Outgoing messages, the source that they come from, and the callback that records intents and marks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

from digest.deliveries import Attempt
from digest.errors import MessageError
from digest.messages import Message


class OutgoingMessage(NamedTuple):
    """One message with its envelope, for one recipient."""

    delivery: int  #: id of the ledger row
    sender: str  #: envelope sender; empty for the null sender
    recipient: str
    parts: tuple[bytes, ...]  #: the message: CRLF line ends, no bare CR or LF, ending with a line break
    is_wire_ready: bool = False  #: True when each part was made so, no line needs a further dot, and all but the first
    #: part, which has the header, are ASCII; else it is looked at

    @classmethod
    def of(cls, delivery: int, message: Message) -> OutgoingMessage:
        """Return an outgoing message for this delivery."""
        return cls(delivery, message.sender, message.recipient, message.parts, message.is_wire_ready)


class RetryAfter(NamedTuple):
    """No message can be sent now, but one may be later."""

    seconds: float  #: after which to ask again


Record = Callable[[Sequence[Attempt], Sequence[int]], set[int]]
"""Writes, in one durable commit, what attempts came to and the intents to send; gives the deliveries whose intent
holds. The final dot of a delivery leaves only after that commit; one that is not given back is not sent."""


class MessageSource(Protocol):
    """A source of outgoing messages."""

    def poll(self) -> OutgoingMessage | RetryAfter | None:
        """Return the next message, or when to ask again; None at the end."""


class MessageList:
    """A message source over an iterable."""

    def __init__(self, outgoing_messages: Iterable[OutgoingMessage]) -> None:
        self._messages = iter(outgoing_messages)

    def poll(self) -> OutgoingMessage | None:
        """Return the next message; None after the last."""
        return next(self._messages, None)


_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")


def dot_stuffed(data: bytes) -> bytes:
    """Return the message as it is sent after DATA, without the final dot. Raise MessageError.

    A bare CR or LF would let a message end early in one server's eyes and not in another's (SMTP smuggling), so a
    message that has one is refused, not fixed.
    """
    if not data.endswith(b"\r\n"):
        raise MessageError("the message does not end with a line break")
    if _BARE.search(data):
        raise MessageError("the message has a bare CR or LF")
    if b"\0" in data:
        raise MessageError("the message has a NUL")
    return (b"\r\n" + data).replace(b"\r\n.", b"\r\n..")[2:]
