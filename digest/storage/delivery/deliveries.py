"""The ledger's reading half: single deliveries, for links, bounces, previews and reports."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from digest.deliveries import DeliveryState
from digest.issues import Issue
from digest.storage.database import schema
from digest.storage.database.bulk import chunks
from digest.storage.database.transactions import Tx
from digest.storage.delivery.issue_rows import CONTENT, issue_of

_d = schema.deliveries.c
_ROWS = select(schema.deliveries, CONTENT).join_from(schema.deliveries, schema.issues, isouter=True)


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One row of the ledger."""

    id: int
    subscriber: int  #: 0 once the person was erased
    issue_date: date
    state: DeliveryState
    skip: str  #: why it was skipped; empty otherwise
    issue: Issue | None  #: None for a skipped one, and once its time is past
    created: datetime
    expires_at: datetime | None
    attempts: int
    sent_at: datetime | None
    last_code: int | None
    last_status: str | None
    last_reply: str
    last_stage: str
    relay: str


def by_id(tx: Tx, delivery: int) -> Delivery | None:
    """Return the delivery; None when there is none with that id."""
    return by_ids(tx, [delivery]).get(delivery)


def by_ids(tx: Tx, ids: Iterable[int]) -> dict[int, Delivery]:
    """Return the deliveries with these ids."""
    found: dict[int, Delivery] = {}
    for chunk in chunks(ids):
        rows = tx.connection.execute(_ROWS.where(_d.id.in_(chunk)).order_by(_d.id)).mappings()
        found |= {row["id"]: _delivery_of(row) for row in rows}
    return found


def of_subscriber(tx: Tx, number: int, *, limit: int = 30) -> list[Delivery]:
    """Return the last deliveries of a subscriber, newest first."""
    query = _ROWS.where(_d.subscriber == number).order_by(_d.issue_date.desc()).limit(limit)
    return [_delivery_of(row) for row in tx.connection.execute(query).mappings()]


def in_states(tx: Tx, states: Collection[DeliveryState], *, limit: int = 1000) -> list[Delivery]:
    """Return the newest deliveries in these states, newest first."""
    query = _ROWS.where(_d.state.in_([state.value for state in states]))
    rows = tx.connection.execute(query.order_by(_d.id.desc()).limit(limit)).mappings()
    return [_delivery_of(row) for row in rows]


def made_since(tx: Tx, since: datetime, *, size: int = 1000) -> Iterator[Delivery]:
    """Return all deliveries made since then, oldest first; memory stays flat."""
    query = _ROWS.where(_d.created >= since).order_by(_d.id)
    rows = tx.connection.execute(query, execution_options={"yield_per": size}).mappings()
    yield from map(_delivery_of, rows)


def skipped_since(tx: Tx, since: datetime) -> Mapping[str, int]:
    """Return how many were skipped since then, by reason."""
    query = select(_d.skip, func.count()).where(_d.created >= since, _d.state == DeliveryState.SKIPPED.value)
    return {reason: count for reason, count in tx.connection.execute(query.group_by(_d.skip))}  # noqa: C416


def _delivery_of(row: Any) -> Delivery:
    names = ("id", "issue_date", "skip", "created", "expires_at", "attempts", "sent_at")
    answer = ("last_code", "last_status", "last_reply", "last_stage", "relay")
    issue = _issue_of(row) if row["content"] else None
    state = DeliveryState(row["state"])
    return Delivery(
        subscriber=row["subscriber"] or 0, state=state, issue=issue, **{name: row[name] for name in names + answer}
    )


def _issue_of(row: Any) -> Issue:
    return issue_of(row["id"], row["subscriber"], row["issue_date"], row["content"])
