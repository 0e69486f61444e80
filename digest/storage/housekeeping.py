"""Housekeeping: delete old rows, except consent and what prevents a paper from being sent twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from digest.deliveries import OPEN_STATES, DeliveryState
from digest.storage.database import schema
from digest.storage.database.transactions import Store, Tx
from digest.storage.subscribers import link_tokens
from digest.storage.subscribers.subscriber_rows import due_columns, subscriber_of, tz_version

BATCH = 5000  #: rows changed in one transaction, so that other writers need not wait long

_d, _i, _s, _r = schema.deliveries.c, schema.issues.c, schema.subscribers.c, schema.runs.c
_OPEN = [state.value for state in sorted(OPEN_STATES)]


@dataclass(frozen=True, kw_only=True)
class Retention:
    """How long rows are kept."""

    issues: timedelta  #: content of issues; after that, their vote links and browser links no longer work
    deliveries: timedelta  #: rows of the ledger; unsubscribe links work as long as these
    runs: timedelta


def tidy(store: Store, keep: Retention, now: datetime) -> Mapping[str, int]:
    """Delete what is older than its retention, in batches; return how many rows of each kind were deleted."""
    done = {
        "issues": _in_batches(store, lambda tx: _delete_issues(tx, now - keep.issues)),
        "deliveries": _in_batches(store, lambda tx: _delete_deliveries(tx, now - keep.deliveries)),
        "expired": _in_batches(store, lambda tx: _expire_forgotten(tx, now - timedelta(days=1))),
    }
    with store.transaction() as tx:
        tokens = link_tokens.tidy(tx, now)
        runs = tx.connection.execute(delete(schema.runs).where(_r.started < now - keep.runs)).rowcount
    return done | {"link tokens": tokens, "runs": runs}


def refresh_due(store: Store, now: datetime) -> int:
    """Recompute the due times that another version of the tz database gave; return how many.

    Subscribers who are due already stay due.
    """
    present, count, after = tz_version(), 0, 0
    while True:
        with store.transaction() as tx:
            query = select(schema.subscribers).where(_s.next_due > now, _s.tz_version != present, _s.number > after)
            rows = tx.connection.execute(query.order_by(_s.number).limit(BATCH).with_for_update()).mappings().all()
            for person in map(subscriber_of, rows):
                values = due_columns(person.subscription.schedule, person.state, now, person.last_issue)
                tx.connection.execute(update(schema.subscribers).where(_s.number == person.number).values(values))
        if not rows:
            return count
        count, after = count + len(rows), rows[-1]["number"]


def _in_batches(store: Store, work: Callable[[Tx], int]) -> int:
    total = 0
    while True:
        with store.transaction() as tx:
            count = work(tx)
        total += count
        if count < BATCH:
            return total


def _delete_issues(tx: Tx, before: datetime) -> int:
    done = select(_d.id).where(_d.created < before, _d.state.not_in(_OPEN))
    old = done.join(schema.issues).limit(BATCH)
    return tx.connection.execute(delete(schema.issues).where(_i.delivery.in_(old))).rowcount


def _delete_deliveries(tx: Tx, before: datetime) -> int:
    old = select(_d.id).where(_d.created < before, _d.state.not_in(_OPEN)).limit(BATCH)
    return tx.connection.execute(delete(schema.deliveries).where(_d.id.in_(old))).rowcount


def _expire_forgotten(tx: Tx, before: datetime) -> int:
    """Expire waiting issues of subscribers who get no later one, for example because they paused."""
    waiting = select(_d.id).where(schema.TO_SEND, _d.expires_at < before).limit(BATCH)
    inactive = waiting.join(schema.subscribers).where(_s.next_due.is_(None))
    expiring = update(schema.deliveries).where(_d.id.in_(inactive))
    return tx.connection.execute(expiring.values(state=DeliveryState.EXPIRED.value)).rowcount
