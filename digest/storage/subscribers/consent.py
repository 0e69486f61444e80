"""Consent in the store: the state of each subscription, and when and why it changed."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from digest.addresses import address_spellings, normalised_address
from digest.deliveries import OPEN_STATES, DeliveryState
from digest.errors import UsageError
from digest.storage.database import schema
from digest.storage.database.bulk import chunks, insert_or_ignore
from digest.storage.database.secrets import secret
from digest.storage.database.transactions import Tx
from digest.storage.subscribers.subscriber_rows import due_columns, read_subscribers, subscriber_of
from digest.subscribers import State, Subscriber, transition, zone_of

_c, _n, _e = schema.subscribers.c, schema.consents.c, schema.erased.c
_d = schema.deliveries.c
_ERASURE = "erasure"


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change of consent."""

    state: State
    cause: str  #: what caused it: "unsubscribe link", "one-click", "bounce 5.1.1", "ada.toml"
    paused_until: date | None = None  #: first local date with an issue again; None: until they resume


@dataclass(frozen=True, kw_only=True)
class Consent:
    """One change as it was recorded."""

    at: datetime
    state: State
    cause: str


def set_state(tx: Tx, number: int, change: Change, now: datetime) -> Subscriber:
    """Return the subscriber after the change; a change to the present state does and records nothing.

    Raise TransitionError for a change that is not allowed, UsageError for an unknown number.
    """
    query = select(schema.subscribers).where(_c.number == number).with_for_update()
    row = tx.connection.execute(query).mappings().one_or_none()
    if row is None:
        raise UsageError(f"there is no subscriber number {number}")
    present = subscriber_of(row)
    transition(present.state, change.state)
    until = change.paused_until if change.state is State.PAUSED else None
    if present.state is change.state and present.paused_until == until:
        return present
    values = _changed(present, change.state, now) | {"paused_until": until}
    statement = update(schema.subscribers).where(_c.number == number, _c.state == present.state.value)
    changed = tx.connection.execute(statement.values(values).returning(schema.subscribers)).mappings().one()
    _record(tx, number, change, now)
    return subscriber_of(changed)


def confirm_unsubscribed(tx: Tx, number: int, cause: str, now: datetime) -> None:
    """Record that an unsubscribed reader asked to be so, unless they did before.

    Someone whom the operator removed, or whose file was gone, could be added again; not after their own request.
    """
    recorded = {one.cause for one in history(tx, number)}
    if cause not in recorded:
        _record(tx, number, Change(state=State.UNSUBSCRIBED, cause=cause), now)


def history(tx: Tx, number: int) -> list[Consent]:
    """Return how the consent of a subscriber changed, oldest first."""
    query = select(_n.at, _n.state, _n.cause).where(_n.subscriber == number).order_by(_n.id)
    return [Consent(at=at, state=State(state), cause=cause) for at, state, cause in tx.connection.execute(query)]


def resume_paused(tx: Tx, now: datetime) -> list[Subscriber]:
    """Activate subscribers whose pause is over in their time zone, and return them."""
    latest = (now.astimezone(UTC) + timedelta(hours=15)).date()  # no zone is further ahead
    query = select(schema.subscribers).where(_c.state == State.PAUSED.value, _c.paused_until <= latest)
    paused = list(read_subscribers(tx.connection.execute(query).mappings()))
    resumed = Change(state=State.ACTIVE, cause="the pause is over")
    return [set_state(tx, person.number, resumed, now) for person in paused if _is_over(person, now)]


def count_states(tx: Tx) -> dict[State, int]:
    """Return how many subscriptions are in each state."""
    query = select(_c.state, func.count().label("number")).group_by(_c.state)
    found = {row.state: row.number for row in tx.connection.execute(query)}
    return {state: found.get(state.value, 0) for state in State}


def erase(tx: Tx, number: int, now: datetime) -> None:
    """Delete all data of a subscriber except a keyed hash, so that no file or import adds them again.

    Rows of the ledger stay, with date and state but without the person: sent issues stay counted, and links in old
    e-mails still get an answer.
    """
    row = tx.connection.execute(select(_c.address_key).where(_c.number == number)).one_or_none()
    if row is None:
        raise UsageError(f"there is no subscriber number {number}")
    mark = {"hash": _erasure_hash(tx, row.address_key, now), "at": now}
    tx.connection.execute(insert_or_ignore(tx, schema.erased), mark)
    _anonymize_deliveries(tx, number)
    suppressed = schema.suppressions.c.address_key == row.address_key
    tx.connection.execute(delete(schema.suppressions).where(suppressed))
    tx.connection.execute(delete(schema.subscribers).where(_c.number == number))


def _anonymize_deliveries(tx: Tx, number: int) -> None:
    theirs = update(schema.deliveries).where(_d.subscriber == number)
    waiting = _d.state.in_([state.value for state in (OPEN_STATES - {DeliveryState.SENDING})])
    tx.connection.execute(theirs.where(waiting).values(state=DeliveryState.EXPIRED.value, lease_until=None))
    issues = select(_d.id).where(_d.subscriber == number)
    tx.connection.execute(delete(schema.issues).where(schema.issues.c.delivery.in_(issues)))
    tx.connection.execute(theirs.values(subscriber=None, domain="", last_reply="", relay=""))


def erased_among(tx: Tx, addresses: Iterable[str], now: datetime) -> frozenset[str]:
    """Return the normalised addresses that were erased on request; only their owner may subscribe them again."""
    hashes = {
        _erasure_hash(tx, spelling, now): normalised_address(address)
        for address in addresses
        for spelling in address_spellings(address)
    }
    found: set[str] = set()
    for chunk in chunks(hashes):
        rows = tx.connection.execute(select(_e.hash).where(_e.hash.in_(chunk))).scalars()
        found.update(hashes[hashed] for hashed in rows)
    return frozenset(found)


def forget_erasure(tx: Tx, address: str, now: datetime) -> None:
    """Allow an erased address again, because its owner asked for it."""
    hashes = [_erasure_hash(tx, spelling, now) for spelling in address_spellings(address)]
    tx.connection.execute(delete(schema.erased).where(_e.hash.in_(hashes)))


def _changed(present: Subscriber, wanted: State, now: datetime) -> dict[str, Any]:
    values = due_columns(present.subscription.schedule, wanted, now, present.last_issue)
    if present.state is State.PENDING and wanted is State.ACTIVE:
        values["confirmed_at"] = now
    return values | {"state": wanted.value}


def _record(tx: Tx, number: int, change: Change, now: datetime) -> None:
    row = {"subscriber": number, "at": now, "state": change.state.value, "cause": change.cause}
    tx.connection.execute(insert(schema.consents), row)


def _is_over(person: Subscriber, now: datetime) -> bool:
    zone = zone_of(person.subscription.schedule.timezone)
    return person.paused_until is not None and now >= datetime.combine(person.paused_until, time(), tzinfo=zone)


def _erasure_hash(tx: Tx, address_key: str, now: datetime) -> str:
    return hmac.new(secret(tx, _ERASURE, now), address_key.encode(), sha256).hexdigest()
