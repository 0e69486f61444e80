"""Housekeeping: delete old rows, except consent and what prevents a paper from being sent twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from digest.deliveries import OPEN_STATES, DeliveryState
from digest.storage.database import schema
from digest.storage.database.columns import Unreadable
from digest.storage.database.transactions import Store, Tx
from digest.storage.subscribers import link_tokens
from digest.storage.subscribers.subscriber_rows import due_columns, read_subscribers, tz_version
from digest.subscribers import Subscriber, zone_of

BATCH = 5000  #: rows changed in one transaction, so that other writers need not wait long

_d, _i, _s, _r = schema.deliveries.c, schema.issues.c, schema.subscribers.c, schema.runs.c
LONGEST_WAIT = timedelta(days=8)  #: from one weekly issue to the next, and the difference between two zones
CLOCK_TOLERANCE = timedelta(minutes=5)  #: two machines may differ by less
_LATEST_RUN = select(func.max(_r.started))
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
            for person in read_subscribers(rows):
                values = due_columns(person.subscription.schedule, person.state, now, person.last_issue)
                tx.connection.execute(update(schema.subscribers).where(_s.number == person.number).values(values))
        if not rows:
            return count
        count, after = count + len(rows), rows[-1]["number"]


def heal_due(store: Store, now: datetime) -> int:
    """Recompute due times that lie beyond what a schedule allows; return how many.

    They come from a clock that was set forward by mistake and back again, or cannot be read. The index finds those more
    than a week away; when the store has run at a later time than now, all are looked at once.
    """
    with store.transaction() as tx:
        was_later = tx.connection.execute(_LATEST_RUN).scalar()
        is_back = was_later is not None and was_later > now + CLOCK_TOLERANCE
        if is_back:
            tx.connection.execute(update(schema.runs).where(_r.started > now).values(started=now))
    count, after = 0, 0
    since = now if is_back else now + LONGEST_WAIT
    while True:
        with store.transaction() as tx:
            query = select(schema.subscribers).where(_s.next_due > since, _s.number > after).order_by(_s.number)
            rows = tx.connection.execute(query.limit(BATCH).with_for_update()).mappings().all()
            readable = [{**row, "next_due": None} if isinstance(row["next_due"], Unreadable) else row for row in rows]
            count += sum(_heal(tx, person, now) for person in read_subscribers(readable))
        if len(rows) < BATCH:
            return count
        after = rows[-1]["number"]


def _heal(tx: Tx, person: Subscriber, now: datetime) -> bool:
    """Return whether the due time was too far away; then the issues of future dates no longer count."""
    schedule = person.subscription.schedule
    today = now.astimezone(zone_of(schedule.timezone)).date()
    past = select(func.max(_d.issue_date)).where(_d.subscriber == person.number, _d.issue_date <= today)
    last = tx.connection.execute(past).scalar()
    due = due_columns(schedule, person.state, now, last)
    if due["next_due"] is None or (person.next_due is not None and person.next_due <= due["next_due"]):
        return False
    values = due | {"last_issue": last}
    tx.connection.execute(update(schema.subscribers).where(_s.number == person.number).values(values))
    return True


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
