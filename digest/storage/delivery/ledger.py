"""The ledger's sending half: rows are claimed with a lease, intended before the final dot, marked after the answer.

Claims, intents and marks, the cost of every message, are in their own modules.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update

from digest.deliveries import DeliveryState
from digest.storage.database import schema
from digest.storage.database.bulk import chunks
from digest.storage.database.transactions import Tx
from digest.storage.delivery.claims import ClaimedDelivery, claim, has_work, waiting, waiting_since
from digest.storage.delivery.delivery_updates import intend, mark
from digest.subscribers import State

__all__ = [
    "ClaimedDelivery",
    "Recovered",
    "claim",
    "counts",
    "expire_unwanted",
    "has_work",
    "intend",
    "mark",
    "owners",
    "postpone",
    "recover",
    "release",
    "reopen",
    "resend_unknown",
    "waiting",
    "waiting_since",
]

_d, _i, _s, _x = schema.deliveries.c, schema.issues.c, schema.subscribers.c, schema.suppressions.c


@dataclass(frozen=True, kw_only=True)
class Recovered:
    """The rows recovered from processes that died."""

    released: int  #: claimed rows that are planned again
    unknown: tuple[int, ...]  #: rows whose final dot may have left


def release(tx: Tx, owner: str) -> int:
    """Make rows that the owner claimed and did not begin planned again; return how many."""
    mine = and_(schema.LEASED, _d.lease_owner == owner, _d.state == _CLAIMED)
    return tx.connection.execute(update(schema.deliveries).where(mine).values(_UNLEASED)).rowcount


def postpone(tx: Tx, owner: str, deliveries: Collection[int], until: datetime) -> None:
    """Release rows that the owner claimed, to be sent not before then; this is not an attempt."""
    for chunk in chunks(sorted(deliveries)):
        mine = and_(_d.id.in_(chunk), _d.lease_owner == owner, _d.state == _CLAIMED)
        tx.connection.execute(update(schema.deliveries).where(mine).values(_UNLEASED | {"next_attempt": until}))


def owners(tx: Tx) -> frozenset[str]:
    """Return the processes that hold leases, alive or dead."""
    return frozenset(tx.connection.execute(select(_d.lease_owner).where(schema.LEASED).distinct()).scalars())


def recover(tx: Tx, now: datetime, *, dead: Collection[str] = ()) -> Recovered:
    """Recover rows whose lease expired or whose owner is known to be dead.

    Claimed ones are planned again, those found `sending` become `unknown`: nobody knows whether the dot left.
    """
    lapsed = and_(schema.LEASED, or_(_d.lease_until <= now, _d.lease_owner.in_(sorted(dead))))
    doubtful = update(schema.deliveries).where(lapsed, _d.state == _SENDING)
    unknown = doubtful.values(state=DeliveryState.UNKNOWN.value, lease_until=None).returning(_d.id)
    found = tuple(sorted(tx.connection.execute(unknown).scalars()))
    claimed = update(schema.deliveries).where(lapsed, _d.state == _CLAIMED).values(_UNLEASED)
    return Recovered(released=tx.connection.execute(claimed).rowcount, unknown=found)


def resend_unknown(tx: Tx, now: datetime, deliveries: Collection[int] | None = None) -> int:
    """Make unknown rows (these, or all) planned again because the operator says so; return how many.

    Left alone are those so old that what their issue held is no longer kept.
    """
    doubtful = and_(_d.state == DeliveryState.UNKNOWN.value, exists().where(_i.delivery == _d.id))
    again = _UNLEASED | {"next_attempt": now, "expires_at": now + timedelta(days=1)}
    if deliveries is None:
        return tx.connection.execute(update(schema.deliveries).where(doubtful).values(again)).rowcount
    count = 0
    for chunk in chunks(sorted(deliveries)):
        these = update(schema.deliveries).where(doubtful, _d.id.in_(chunk)).values(again)
        count += tx.connection.execute(these).rowcount
    return count


def reopen(tx: Tx, deliveries: Collection[int], next_attempt: datetime) -> int:
    """Defer failed rows after all: what refused them turned out to be about us; return how many."""
    count = 0
    for chunk in chunks(sorted(deliveries)):
        failed = and_(_d.id.in_(chunk), _d.state == DeliveryState.FAILED.value)
        again = {"state": DeliveryState.DEFERRED.value, "next_attempt": next_attempt}
        count += tx.connection.execute(update(schema.deliveries).where(failed).values(again)).rowcount
    return count


def expire_unwanted(tx: Tx) -> int:
    """Expire what waits for someone who left, whose address bounced or is suppressed; return how many rows."""
    gone = _s.state.in_([State.UNSUBSCRIBED.value, State.BOUNCED.value])
    unwanted = exists().where(_s.number == _d.subscriber, or_(gone, _suppressed()))
    expiring = update(schema.deliveries).where(schema.TO_SEND, unwanted)
    return tx.connection.execute(expiring.values(state=DeliveryState.EXPIRED.value)).rowcount


def counts(tx: Tx, *, since: datetime | None = None) -> Mapping[DeliveryState, int]:
    """Return the number of rows in each state, of those made since then."""
    query = select(_d.state, func.count()).group_by(_d.state)
    if since is not None:
        query = query.where(_d.created >= since)
    found = {DeliveryState(state): count for state, count in tx.connection.execute(query)}
    return {state: found.get(state, 0) for state in DeliveryState}


_CLAIMED, _SENDING = DeliveryState.CLAIMED.value, DeliveryState.SENDING.value
_UNLEASED: dict[str, Any] = {"state": DeliveryState.PLANNED.value, "lease_owner": "", "lease_until": None}


def _suppressed() -> ColumnElement[bool]:
    return exists().where(_x.address_key == _s.address_key, _x.lifted_at.is_(None)).correlate(schema.subscribers)
