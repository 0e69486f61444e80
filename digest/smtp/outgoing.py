"""What the sender is given, and whom it asks and tells: parcels, their supply, and the record of intents and marks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

from digest.deliveries import Attempt
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
        """Return a message as a parcel."""
        return cls(delivery, message.sender, message.recipient, message.parts, message.is_wire_ready)


class RetryAfter(NamedTuple):
    """There is no parcel now, but there may be."""

    seconds: float  #: after which to ask again


Record = Callable[[Sequence[Attempt], Sequence[int]], set[int]]
"""Writes, in one durable commit, what attempts came to and the intents to send; gives the deliveries whose intent
holds. The final dot of a delivery leaves only after that commit; one that is not given back is not sent."""


class MessageSource(Protocol):
    """Where parcels come from."""

    def poll(self) -> OutgoingMessage | RetryAfter | None:
        """Return the next parcel, or when to ask again; None when there will be none any more."""


class MessageList:
    """A supply of parcels that something iterable gives."""

    def __init__(self, outgoing_messages: Iterable[OutgoingMessage]) -> None:
        self._parcels = iter(outgoing_messages)

    def poll(self) -> OutgoingMessage | None:
        """Return the next parcel; None after the last."""
        return next(self._parcels, None)
