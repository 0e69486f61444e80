"""Limits on sending, over all processes: rates, breakers, daily counts of relays, connections in use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import case, delete, func, select, update

from digest.storage.database.bulk import insert_or_ignore, upsert
from digest.storage.database.delivery_schema import breakers, rates, relay_days, slots
from digest.storage.database.transactions import Tx
from digest.storage.papers.paper_rows import storable

FIRST_REST = timedelta(minutes=15)
LONGEST_REST = timedelta(hours=6)

_r, _b, _y, _s = rates.c, breakers.c, relay_days.c, slots.c


@dataclass(frozen=True, kw_only=True)
class Breaker:
    """A circuit breaker that opened: no mail goes this way until then."""

    name: str
    until: datetime
    reason: str


def take(tx: Tx, name: str, count: int, per_second: float, now: datetime) -> timedelta:
    """Take permits for `count` messages; return zero when granted, else how long to wait before asking again.

    The generic cell rate algorithm: the row holds when the next message is due, and one UPDATE moves it on, so that
    the rate holds over any number of processes. What is taken at a time is the most that can come in one burst.
    """
    instant = now.timestamp()
    tx.connection.execute(insert_or_ignore(tx, rates), {"name": name, "due": instant})
    start = case((_r.due > instant, _r.due), else_=instant)
    moving = update(rates).where(_r.name == name, _r.due <= instant).values(due=start + count / per_second)
    if tx.connection.execute(moving).rowcount:
        return timedelta()
    due: float = tx.connection.execute(select(_r.due).where(_r.name == name)).scalar_one()
    return timedelta(seconds=max(due - instant, 0.001))


def trip(tx: Tx, name: str, reason: str, now: datetime) -> Breaker:
    """Open a breaker: 15 minutes, twice as long each time until it is reset, up to 6 hours."""
    strikes = (tx.connection.execute(select(_b.strikes).where(_b.name == name)).scalar() or 0) + 1
    until = now + min(FIRST_REST * 2 ** min(strikes - 1, 10), LONGEST_REST)
    row = {"name": name, "until": until, "strikes": strikes, "reason": storable(reason)[:500]}
    tx.connection.execute(upsert(tx, breakers, (_b.name,), (_b.until, _b.strikes, _b.reason)), row)
    return Breaker(name=name, until=until, reason=reason)


def reset(tx: Tx, names: Iterable[str], now: datetime) -> None:
    """Forget breakers that mail has passed again since their time ran out."""
    tx.connection.execute(delete(breakers).where(_b.name.in_(sorted(names)), _b.until <= now))


def open_breakers(tx: Tx, now: datetime) -> dict[str, Breaker]:
    """Return the open breakers, by name."""
    return {name: breaker for name, breaker in not_reset(tx).items() if breaker.until > now}


def not_reset(tx: Tx) -> dict[str, Breaker]:
    """Return all breakers that have not been reset, open or not, by name."""
    rows = tx.connection.execute(select(breakers))
    return {row.name: Breaker(name=row.name, until=row.until, reason=row.reason) for row in rows}


def count_sent(tx: Tx, relay: str, day: date, count: int) -> None:
    """Add to what a relay has been given on a day."""
    tx.connection.execute(insert_or_ignore(tx, relay_days), {"relay": relay, "day": day, "sent": 0})
    this = (_y.relay == relay, _y.day == day)
    tx.connection.execute(update(relay_days).where(*this).values(sent=_y.sent + count))


def sent_on(tx: Tx, relay: str, day: date) -> int:
    """Return how much a relay has been given on a day."""
    found = tx.connection.execute(select(_y.sent).where(_y.relay == relay, _y.day == day)).scalar()
    return found or 0


@dataclass(frozen=True)
class Slots:
    """Something that only so many may use at a time: a relay's connections, "domain NAME"."""

    name: str
    most: int


@dataclass(frozen=True)
class Lease:
    """Who takes something, and for how long."""

    owner: str
    now: datetime
    until: datetime


def take_slots(tx: Tx, of: Slots, wanted: int, lease: Lease) -> int:
    """Take up to `wanted` of the slots, and return how many; they are the owner's until the lease ends."""
    rows = [{"relay": of.name, "number": number, "owner": "", "until": lease.now} for number in range(1, of.most + 1)]
    tx.connection.execute(insert_or_ignore(tx, slots), rows)
    ours = (_s.relay == of.name, _s.number <= of.most, _s.until <= lease.now)
    free = select(_s.number).where(*ours).order_by(_s.number).limit(wanted).with_for_update(skip_locked=True)
    numbers = list(tx.connection.execute(free).scalars())
    taken = update(slots).where(_s.relay == of.name, _s.number.in_(numbers))
    tx.connection.execute(taken.values(owner=lease.owner, until=lease.until))
    return len(numbers)


def free_slot(tx: Tx, name: str, owner: str, now: datetime) -> None:
    """Free one slot of the owner."""
    one = select(func.min(_s.number)).where(_s.relay == name, _s.owner == owner).scalar_subquery()
    tx.connection.execute(update(slots).where(_s.relay == name, _s.number == one).values(owner="", until=now))


def free_slots(tx: Tx, owners: Iterable[str], now: datetime) -> None:
    """Free all slots of these owners."""
    tx.connection.execute(update(slots).where(_s.owner.in_(sorted(owners))).values(owner="", until=now))


def slot_owners(tx: Tx, now: datetime) -> frozenset[str]:
    """Return the owners that hold slots."""
    return frozenset(tx.connection.execute(select(_s.owner).where(_s.until > now).distinct()).scalars())
