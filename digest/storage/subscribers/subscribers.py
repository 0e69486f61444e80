"""Subscribers in the store: address, profile, state, and when they are due."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, and_, bindparam, func, or_, select, update

from digest.addresses import normalised_address
from digest.errors import UsageError
from digest.storage.database import schema
from digest.storage.database.bulk import chunks, copy_new_rows, copy_rows
from digest.storage.database.guarded_rows import RowProblem, read_rows
from digest.storage.database.transactions import Tx
from digest.storage.subscribers.subscriber_rows import due_columns, read_subscribers, subscriber_of, subscription_row
from digest.subscribers import Owner, State, Subscriber, Subscription

SHARD = 1000  #: subscribers planned together

_c = schema.subscribers.c

# Composed once, as composing a statement takes as long as running it.
_BY_ADDRESS = select(schema.subscribers).where(_c.address_key.in_(bindparam("keys", expanding=True)))
_BY_NUMBER = select(schema.subscribers).where(_c.number.in_(bindparam("numbers", expanding=True)))


@dataclass(frozen=True, kw_only=True)
class Admission:
    """How new subscribers are added."""

    owner: Owner
    state: State  #: ACTIVE when somebody vouches for the consent, PENDING until it is confirmed
    cursor: int  #: papers up to this number are not considered for them
    cause: str  #: where they came from: the name of a file, a form


def add_many(tx: Tx, subscriptions: Sequence[Subscription], admission: Admission, now: datetime) -> list[Subscriber]:
    """Add everyone whose address is new, and return them; leave the others unchanged."""
    rows = [_new_row(subscription, admission, now) for subscription in subscriptions]
    if not rows:
        return []
    keys = copy_new_rows(tx, schema.subscribers, rows, _c.address_key)
    added = sorted(by_addresses(tx, keys).values(), key=lambda subscriber: subscriber.number)
    note = {"at": now, "state": admission.state.value, "cause": admission.cause}
    copy_rows(tx, schema.consents, [{"subscriber": subscriber.number, **note} for subscriber in added])
    return added


def add(tx: Tx, subscription: Subscription, admission: Admission, now: datetime) -> Subscriber:
    """Add one subscriber. Raise UsageError when the address is known already."""
    added = add_many(tx, [subscription], admission, now)
    if not added:
        raise UsageError(f"{subscription.address} is known already")
    return added[0]


def by_address(tx: Tx, address: str) -> Subscriber | None:
    """Return the subscriber with this address in any spelling; None when there is none."""
    return by_addresses(tx, [address]).get(normalised_address(address))


def by_addresses(tx: Tx, addresses: Iterable[str]) -> dict[str, Subscriber]:
    """Return the subscribers with these addresses, by normalised address."""
    found: dict[str, Subscriber] = {}
    for chunk in chunks({normalised_address(address) for address in addresses}):
        rows = tx.connection.execute(_BY_ADDRESS, {"keys": chunk}).mappings()
        found |= dict(read_rows(rows, _with_key, table="subscribers", key="address"))
    return found


def known_keys(tx: Tx, keys: Iterable[str]) -> frozenset[str]:
    """Return those normalised addresses that have a row, whether it can be read or not."""
    found: set[str] = set()
    for chunk in chunks(keys):
        found.update(tx.connection.execute(select(_c.address_key).where(_c.address_key.in_(chunk))).scalars())
    return frozenset(found)


def by_numbers(tx: Tx, numbers: Iterable[int]) -> dict[int, Subscriber]:
    """Return the subscribers with these numbers."""
    found: dict[int, Subscriber] = {}
    for chunk in chunks(numbers):
        rows = tx.connection.execute(_BY_NUMBER, {"numbers": chunk}).mappings()
        found |= {person.number: person for person in read_subscribers(rows)}
    return found


def everyone(
    tx: Tx,
    *,
    states: Collection[State] = tuple(State),
    owner: Owner | None = None,
    after: int = 0,
    size: int = SHARD,
) -> Iterator[Subscriber]:
    """Return the subscribers with these states and owner, by number, starting after `after`, in constant memory."""
    wanted = _c.state.in_([state.value for state in states]), _c.number > after
    query = select(schema.subscribers).where(*wanted).order_by(_c.number)
    if owner is not None:
        query = query.where(_c.owner == owner.value)
    rows = tx.connection.execute(query, execution_options={"yield_per": size}).mappings()
    yield from read_subscribers(rows)


def due(
    tx: Tx,
    now: datetime,
    *,
    limit: int = SHARD,
    after: Subscriber | None = None,
    problems: list[RowProblem] | None = None,
) -> list[Subscriber]:
    """Return who is due, the longest overdue first, at most `limit`; `after` is the last one of the previous shard.

    Subscribers whose row cannot be read are left out and listed; only at the end there is nobody else.
    """
    place = (after.next_due, after.number) if after else None
    while True:
        query = select(schema.subscribers).where(_c.next_due <= now).order_by(_c.next_due, _c.number).limit(limit)
        if place is not None:
            later = and_(_c.next_due == place[0], _c.number > place[1])
            query = query.where(_c.next_due >= place[0], or_(_c.next_due > place[0], later))
        rows = tx.connection.execute(query).mappings().all()
        found = list(read_subscribers(rows, problems))
        dated = [row for row in rows if isinstance(row["next_due"], datetime)]
        if found or len(rows) < limit or not dated:
            return found
        place = (dated[-1]["next_due"], dated[-1]["number"])


def due_numbers(tx: Tx, now: datetime, *, since: datetime | None = None, size: int = SHARD) -> Iterator[Sequence[int]]:
    """Return the numbers of due subscribers in shards, the longest overdue first, in constant memory.

    With `since`, leave out those who were due by then.
    """
    query = select(_c.number).where(_c.next_due <= now).order_by(_c.next_due, _c.number)
    if since is not None:
        query = query.where(_c.next_due > since)
    yield from tx.connection.execute(query, execution_options={"yield_per": size}).scalars().partitions()


def count_due(tx: Tx, now: datetime) -> int:
    """Return how many subscribers are due."""
    count: int = tx.connection.execute(select(func.count()).where(_c.next_due <= now)).scalar_one()
    return count


def change(tx: Tx, number: int, subscription: Subscription, now: datetime) -> Subscriber:
    """Store what a subscriber wants from now on, and return them; recompute when they are due.

    New keywords do not bring back older papers: the cursor stays. Raise UsageError for an unknown number.
    """
    present = _locked(tx, number)
    due_at = due_columns(subscription.schedule, present.state, now, present.last_issue)
    return _updated(tx, number, subscription_row(subscription) | due_at)


def change_owner(tx: Tx, number: int, owner: Owner) -> Subscriber:
    """Change where the profile is edited, and return the subscriber."""
    return _updated(tx, number, {"owner": owner.value})


def _new_row(subscription: Subscription, admission: Admission, now: datetime) -> dict[str, object]:
    row = subscription_row(subscription) | due_columns(subscription.schedule, admission.state, now, None)
    return row | {
        "state": admission.state.value,
        "owner": admission.owner.value,
        "cursor": admission.cursor,
        "created": now,
        "confirmed_at": now if admission.state is State.ACTIVE else None,
    }


def _with_key(row: RowMapping) -> tuple[str, Subscriber]:
    return row["address_key"], subscriber_of(row)


def _locked(tx: Tx, number: int) -> Subscriber:
    """Return the subscriber, locked until the transaction ends."""
    query = select(schema.subscribers).where(_c.number == number).with_for_update()
    row = tx.connection.execute(query).mappings().one_or_none()
    if row is None:
        raise UsageError(f"there is no subscriber number {number}")
    return subscriber_of(row)


def _updated(tx: Tx, number: int, values: dict[str, object]) -> Subscriber:
    statement = update(schema.subscribers).where(_c.number == number).values(values).returning(schema.subscribers)
    row = tx.connection.execute(statement).mappings().one_or_none()
    if row is None:
        raise UsageError(f"there is no subscriber number {number}")
    return subscriber_of(row)
