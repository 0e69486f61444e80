"""The ledger's sending half: rows are claimed with a lease, intended before the final dot, marked after the answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, update

from digest.deliveries import DeliveryState
from digest.issues import Issue
from digest.storage import schema
from digest.storage.bulk import chunks
from digest.storage.issue_rows import issue_of, papers_in
from digest.storage.marks import intend, mark
from digest.storage.store import Tx
from digest.subscribers import State, Subscription

__all__ = [
    "Claimed",
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
    "resend_unknown",
    "waiting",
    "waiting_since",
]

_d, _s, _x = schema.deliveries.c, schema.subscribers.c, schema.suppressions.c


@dataclass(frozen=True)
class Claimed:
    """A ledger row that this sender holds a lease on, with all that the message is made from."""

    id: int
    issue_date: date
    recorded: dict[str, Any]  #: the issue as its row holds it
    attempts: int  #: made before
    domain: str  #: of the recipient
    number: int  #: the subscriber's
    address: str
    name: str
    language: str

    @cached_property
    def issue(self) -> Issue:
        """The issue, read when it is asked for: hundreds of rows wait, and only those at hand need it."""
        return issue_of(self.number, self.issue_date, self.recorded)

    @property
    def papers(self) -> tuple[int, ...]:
        """The numbers of all papers that the issue shows."""
        return papers_in(self.recorded)

    @property
    def subscription(self) -> Subscription:
        """Address, name and language; the rest no message needs, and it is left out."""
        return Subscription(address=self.address, name=self.name, language=self.language)


@dataclass(frozen=True, kw_only=True)
class Recovered:
    """What was found after senders died."""

    released: int  #: claimed rows that are planned again
    unknown: tuple[int, ...]  #: rows whose final dot may have left


def claim(tx: Tx, owner: str, now: datetime, *, lease: timedelta, limit: int) -> list[Claimed]:
    """Gives up to `limit` rows whose time has come, leased to `owner`; on PostgreSQL without waiting for other senders.

    Left alone are rows of those who are not active or whose address is suppressed, and rows past the time when the
    next issue is due: planning judges their papers again.
    """
    free = _claimable(now).limit(limit).with_for_update(of=schema.deliveries, skip_locked=True)
    rows = tx.connection.execute(free).all()
    _set(tx, [row[0] for row in rows], _lease(owner, now + lease))
    return [Claimed(*row) for row in rows]


def release(tx: Tx, owner: str) -> int:
    """Gives back what the owner claimed and did not begin: planned again, for any sender; gives how many rows."""
    mine = and_(schema.LEASED, _d.lease_owner == owner, _d.state == _CLAIMED)
    return tx.connection.execute(update(schema.deliveries).where(mine).values(_UNLEASED)).rowcount


def postpone(tx: Tx, owner: str, deliveries: Collection[int], until: datetime) -> None:
    """Gives back what the owner claimed, to be sent not before then; it does not count as an attempt."""
    for chunk in chunks(sorted(deliveries)):
        mine = and_(_d.id.in_(chunk), _d.lease_owner == owner, _d.state == _CLAIMED)
        tx.connection.execute(update(schema.deliveries).where(mine).values(_UNLEASED | {"next_attempt": until}))


def owners(tx: Tx) -> frozenset[str]:
    """Gives the senders that hold leases, living or dead."""
    return frozenset(tx.connection.execute(select(_d.lease_owner).where(schema.LEASED).distinct()).scalars())


def recover(tx: Tx, now: datetime, *, dead: Collection[str] = ()) -> Recovered:
    """Deals with rows whose lease ran out or whose owner is known to be dead.

    Claimed ones are planned again, those found `sending` become `unknown`: nobody knows whether the dot left.
    """
    lapsed = and_(schema.LEASED, or_(_d.lease_until <= now, _d.lease_owner.in_(sorted(dead))))
    doubtful = update(schema.deliveries).where(lapsed, _d.state == _SENDING)
    unknown = doubtful.values(state=DeliveryState.UNKNOWN.value, lease_until=None).returning(_d.id)
    found = tuple(sorted(tx.connection.execute(unknown).scalars()))
    claimed = update(schema.deliveries).where(lapsed, _d.state == _CLAIMED).values(_UNLEASED)
    return Recovered(released=tx.connection.execute(claimed).rowcount, unknown=found)


def resend_unknown(tx: Tx, now: datetime, deliveries: Collection[int] | None = None) -> int:
    """Makes unknown rows (these, or all) planned again because the operator says so; gives how many."""
    doubtful = _d.state == DeliveryState.UNKNOWN.value
    again = _UNLEASED | {"next_attempt": now, "expires_at": now + timedelta(days=1)}
    if deliveries is None:
        return tx.connection.execute(update(schema.deliveries).where(doubtful).values(again)).rowcount
    count = 0
    for chunk in chunks(sorted(deliveries)):
        these = update(schema.deliveries).where(doubtful, _d.id.in_(chunk)).values(again)
        count += tx.connection.execute(these).rowcount
    return count


def expire_unwanted(tx: Tx) -> int:
    """Expires what waits for someone who left, whose address bounced or is suppressed; gives how many rows."""
    gone = _s.state.in_([State.UNSUBSCRIBED.value, State.BOUNCED.value])
    unwanted = exists().where(_s.number == _d.subscriber, or_(gone, _suppressed()))
    expiring = update(schema.deliveries).where(schema.TO_SEND, unwanted)
    return tx.connection.execute(expiring.values(state=DeliveryState.EXPIRED.value)).rowcount


def counts(tx: Tx, *, since: datetime | None = None) -> Mapping[DeliveryState, int]:
    """Gives how many rows stand in each state, of those made since then."""
    query = select(_d.state, func.count()).group_by(_d.state)
    if since is not None:
        query = query.where(_d.created >= since)
    found = {DeliveryState(state): count for state, count in tx.connection.execute(query)}
    return {state: found.get(state, 0) for state in DeliveryState}


def waiting(tx: Tx, now: datetime) -> int:
    """Gives how many rows could be claimed now."""
    claimable = _claimable(now).with_only_columns(func.count()).order_by(None)
    count: int = tx.connection.execute(claimable).scalar_one()
    return count


def has_work(tx: Tx, now: datetime) -> bool:
    """Gives whether a row could be claimed now, or was left behind by a sender whose lease ran out."""
    lapsed = select(_d.id).where(schema.LEASED, _d.lease_until <= now).limit(1)
    claimable = _claimable(now).with_only_columns(_d.id).limit(1)
    return any(tx.connection.execute(query).first() is not None for query in (claimable, lapsed))


def waiting_since(tx: Tx, now: datetime) -> datetime | None:
    """Gives since when the longest waiting row could have been claimed; None when none waits."""
    oldest = _claimable(now).with_only_columns(_d.next_attempt).limit(1)
    since: datetime | None = tx.connection.execute(oldest).scalar()
    return since


_CLAIMED, _SENDING = DeliveryState.CLAIMED.value, DeliveryState.SENDING.value
_UNLEASED: dict[str, Any] = {"state": DeliveryState.PLANNED.value, "lease_owner": "", "lease_until": None}


def _claimable(now: datetime) -> Select[Any]:
    """Rows that can be sent now, the longest waiting first, with their subscribers."""
    row = (_d.id, _d.issue_date, _d.issue, _d.attempts, _d.domain)
    query = select(*row, _s.number, _s.address, _s.name, _s.language).join_from(schema.deliveries, schema.subscribers)
    query = query.where(schema.TO_SEND, _d.next_attempt <= now, _d.expires_at > now, _welcome())
    return query.order_by(_d.next_attempt, _d.id)


def _welcome() -> ColumnElement[bool]:
    """The subscription is active and the address takes mail from us."""
    return and_(_s.state == State.ACTIVE.value, ~_suppressed())


def _suppressed() -> ColumnElement[bool]:
    return exists().where(_x.address_key == _s.address_key, _x.lifted_at.is_(None)).correlate(schema.subscribers)


def _lease(owner: str, until: datetime) -> dict[str, Any]:
    return {"state": _CLAIMED, "lease_owner": owner, "lease_until": until}


def _set(tx: Tx, deliveries: Iterable[int], values: Mapping[str, Any]) -> None:
    for chunk in chunks(deliveries):
        tx.connection.execute(update(schema.deliveries).where(_d.id.in_(chunk)).values(values))
