"""Deliveries: the states of a ledger row, the transitions between them, and the outcome of an SMTP transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=4)


class DeliveryState(StrEnum):
    """The states of a ledger row."""

    PLANNED = "planned"  #: decided, waiting to be sent
    CLAIMED = "claimed"  #: a sender holds a lease on it; nothing has left
    SENDING = "sending"  #: the intent is committed; the final dot may have left
    SENT = "sent"  #: the server took it
    DEFERRED = "deferred"  #: refused for now, to be tried again
    FAILED = "failed"  #: refused for good
    UNKNOWN = "unknown"  #: the sender died or lost the server after the final dot
    SKIPPED = "skipped"  #: due, but nothing worth sending
    EXPIRED = "expired"  #: not delivered before the next issue was due, or consent ended


#: Every change of state that there is. No statement of the store makes another one.
TRANSITIONS: Mapping[DeliveryState, frozenset[DeliveryState]] = {
    DeliveryState.PLANNED: frozenset({DeliveryState.CLAIMED, DeliveryState.EXPIRED}),
    DeliveryState.CLAIMED: frozenset(
        {
            DeliveryState.SENDING,
            DeliveryState.PLANNED,
            DeliveryState.DEFERRED,
            DeliveryState.FAILED,
            DeliveryState.EXPIRED,
        }
    ),
    DeliveryState.SENDING: frozenset(
        {DeliveryState.SENT, DeliveryState.DEFERRED, DeliveryState.FAILED, DeliveryState.UNKNOWN}
    ),
    DeliveryState.DEFERRED: frozenset({DeliveryState.CLAIMED, DeliveryState.EXPIRED}),
    # A late answer resolves the doubt; without one, the operator may have the issue sent again.
    DeliveryState.UNKNOWN: frozenset(
        {DeliveryState.SENT, DeliveryState.DEFERRED, DeliveryState.FAILED, DeliveryState.PLANNED}
    ),
    DeliveryState.SENT: frozenset(),
    # The refusal turned out to be about us.
    DeliveryState.FAILED: frozenset({DeliveryState.DEFERRED}),
    DeliveryState.SKIPPED: frozenset(),
    DeliveryState.EXPIRED: frozenset(),
}

OPEN_STATES = frozenset({DeliveryState.PLANNED, DeliveryState.CLAIMED, DeliveryState.SENDING, DeliveryState.DEFERRED})


def states_before(wanted: DeliveryState) -> tuple[DeliveryState, ...]:
    """Return the states from which a row may change to `wanted`. The statements of the store are built from them."""
    return tuple(state for state in DeliveryState if wanted in TRANSITIONS[state])


class Outcome(StrEnum):
    """The outcome of an attempt to send; five, never fewer."""

    SENT = "sent"
    DEFERRED = "deferred"  #: 4xx: try again later
    FAILED = "failed"  #: 5xx: do not try again
    LOST = "lost"  #: the connection broke before the final dot: certainly not delivered
    AMBIGUOUS = "ambiguous"  #: it broke after the final dot: perhaps delivered

    @property
    def state(self) -> DeliveryState:
        """The state of the ledger row after this outcome."""
        return _STATE_AFTER[self]


_STATE_AFTER = {
    Outcome.SENT: DeliveryState.SENT,
    Outcome.DEFERRED: DeliveryState.DEFERRED,
    Outcome.FAILED: DeliveryState.FAILED,
    Outcome.LOST: DeliveryState.DEFERRED,
    Outcome.AMBIGUOUS: DeliveryState.UNKNOWN,
}


class Attempt(NamedTuple):
    """The result of one attempt to send one delivery. A tuple, because each message has one: it is made in no time."""

    delivery: int  #: id of the ledger row
    outcome: Outcome
    at: datetime
    code: int | None = None  #: SMTP reply code
    status: str | None = None  #: enhanced status code (RFC 3463): "5.1.1"
    reply: str = ""  #: the server's words, or what broke
    stage: str = ""  #: connect, mail, rcpt, data, body, dot
    relay: str = ""  #: which relay it went through
    recipient: str = ""  #: the address it went to


def retry_pause(attempts: int) -> timedelta:
    """Return how long to wait after that many attempts (at least 1): 5 minutes, doubling up to 4 hours."""
    doublings = min(max(attempts, 1) - 1, 10)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)
