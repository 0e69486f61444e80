"""Plans: what a shard of due subscribers gets, entered in the ledger by exactly one planner."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update

from digest.deliveries import DeliveryState
from digest.errors import StoreError
from digest.issues import Issue, SkipReason
from digest.storage.database import schema
from digest.storage.database.bulk import chunks, copy_rows
from digest.storage.database.transactions import Tx
from digest.storage.delivery.issue_rows import CONTENT, issue_row, papers_in
from digest.storage.subscribers.subscriber_rows import due_columns
from digest.subscribers import State, Subscriber

_log = logging.getLogger(__name__)
_d, _s = schema.deliveries.c, schema.subscribers.c


@dataclass(frozen=True, kw_only=True)
class LeftOver:
    """What older issues of a subscriber left unsent."""

    deliveries: tuple[int, ...]  #: ledger rows, to be expired by the plan that ranks their papers again
    papers: tuple[int, ...]  #: numbers of the papers that they show


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What one subscriber gets for one date: an issue, or the reason why there is none."""

    subscriber: Subscriber  #: as read when the plan was made; a plan for one who changed since is not entered
    issue_date: date
    cursor: int  #: papers up to this number are considered now
    issue: Issue | None = None
    skip: SkipReason | None = None
    replaces: tuple[int, ...] = ()  #: ledger rows of older issues whose papers were ranked again

    @property
    def number(self) -> int:
        return self.subscriber.number


@dataclass(frozen=True, kw_only=True)
class Entered:
    """What became of a shard's plans."""

    planned: Mapping[int, int]  #: subscriber to ledger row
    skipped: tuple[int, ...]  #: subscribers who were due and get nothing
    passed_over: tuple[int, ...]  #: subscribers who changed meanwhile, or whom another planner served
    expired: tuple[int, ...]  #: ledger rows of older issues


def left_over(tx: Tx, numbers: Iterable[int], now: datetime) -> dict[int, LeftOver]:
    """Return, for those subscribers who have any, what older issues left planned or deferred."""
    found: dict[int, list[Any]] = {}
    for chunk in chunks(numbers):
        query = select(_d.id, _d.subscriber, CONTENT).join_from(schema.deliveries, schema.issues)
        theirs = query.where(_d.subscriber.in_(chunk), _unsent(now)).order_by(_d.id)
        for row in tx.connection.execute(theirs):
            found.setdefault(row.subscriber, []).append(row)
    return {
        subscriber: LeftOver(
            deliveries=tuple(row.id for row in rows),
            papers=tuple(chain.from_iterable(_papers_of(row) for row in rows)),
        )
        for subscriber, rows in found.items()
    }


def _papers_of(row: Any) -> tuple[int, ...]:
    """Return the papers of an unsent issue; none when its content cannot be read: the new issue replaces it."""
    try:
        return papers_in(row.id, row.content)
    except StoreError as error:
        _log.error("%s", error, extra={"action": "set aside", "id": row.id})
        return ()


def enter(tx: Tx, plans: Sequence[Plan], now: datetime) -> Entered:
    """Enter the plans in the ledger, expire what they replace, and move each subscriber on; all or nothing.

    A subscriber is moved on only by the planner whose row is entered: not when another planner was first, when the
    subscription is no longer active, or when an older issue that was to be replaced is being sent after all.
    """
    fresh = _still_valid(tx, plans, now)
    rows = [_ledger_row(plan, now) for plan in fresh]
    entered = _insert(tx, rows)
    winners = [plan for plan in fresh if plan.number in entered]
    issues = [(entered[plan.number], plan.issue) for plan in winners if plan.issue]
    copy_rows(tx, schema.issues, [{"delivery": row, "content": issue_row(issue)} for row, issue in issues])
    expired = tuple(chain.from_iterable(plan.replaces for plan in winners))
    _expire(tx, expired)
    _move_on(tx, winners, now)
    return Entered(
        planned={plan.number: entered[plan.number] for plan in winners if plan.issue},
        skipped=tuple(plan.number for plan in winners if not plan.issue),
        passed_over=tuple(plan.number for plan in plans if plan.number not in entered),
        expired=expired,
    )


def _still_valid(tx: Tx, plans: Sequence[Plan], now: datetime) -> list[Plan]:
    """Return the plans whose subscriber is as they were read, in the order of numbers, all rows locked."""
    present = _lock_subscribers(tx, [plan.number for plan in plans])
    replaceable = _lock_unsent(tx, chain.from_iterable(plan.replaces for plan in plans), now)
    return [
        plan
        for plan in sorted(plans, key=lambda plan: plan.number)
        if present.get(plan.number) == (plan.subscriber.cursor, plan.subscriber.last_issue)
        and (plan.subscriber.last_issue is None or plan.issue_date > plan.subscriber.last_issue)
        and replaceable.issuperset(plan.replaces)
    ]


def _lock_subscribers(tx: Tx, numbers: Collection[int]) -> dict[int, tuple[int, date | None]]:
    """Return cursor and last issue of those who are active. Rows are locked by number, so planners cannot deadlock."""
    found: dict[int, tuple[int, date | None]] = {}
    for chunk in chunks(sorted(numbers)):
        query = select(_s.number, _s.cursor, _s.last_issue).where(_s.number.in_(chunk), _s.state == State.ACTIVE.value)
        rows = tx.connection.execute(query.order_by(_s.number).with_for_update())
        found |= {row.number: (row.cursor, row.last_issue) for row in rows}
    return found


def _lock_unsent(tx: Tx, deliveries: Iterable[int], now: datetime) -> set[int]:
    found: set[int] = set()
    for chunk in chunks(sorted(deliveries)):
        query = select(_d.id).where(_d.id.in_(chunk), _unsent(now)).order_by(_d.id).with_for_update()
        found.update(tx.connection.execute(query).scalars())
    return found


def _unsent(now: datetime) -> ColumnElement[bool]:
    """Planned or deferred; a lease that ran out makes a claimed row planned again."""
    waiting = _d.state.in_([DeliveryState.PLANNED.value, DeliveryState.DEFERRED.value])
    return or_(waiting, and_(_d.state == DeliveryState.CLAIMED.value, _d.lease_until <= now))


def _ledger_row(plan: Plan, now: datetime) -> dict[str, Any]:
    due = due_columns(plan.subscriber.subscription.schedule, State.ACTIVE, now, plan.issue_date)
    return {
        "subscriber": plan.number,
        "issue_date": plan.issue_date,
        "state": (DeliveryState.PLANNED if plan.issue else DeliveryState.SKIPPED).value,
        "skip": plan.skip.value if plan.skip and not plan.issue else "",
        "domain": plan.subscriber.address.rpartition("@")[2].lower(),
        "created": now,
        "expires_at": due["next_due"],
        "next_attempt": now,
        **_UNTRIED,
    }


_UNTRIED = {"attempts": 0, "lease_owner": "", "last_reply": "", "last_stage": "", "relay": ""}


def _insert(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """Return the ledger row of each subscriber whose row is new; the subscribers are locked, so no other is added."""
    present = _ledger_rows(tx, rows)
    fresh = [row for row in rows if row["subscriber"] not in present]
    copy_rows(tx, schema.deliveries, fresh)
    return _ledger_rows(tx, fresh)


def _ledger_rows(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """Return the number of the ledger row that each subscriber has for the date of theirs among `rows`."""
    found: dict[int, int] = {}
    for issue_date, of_date in _grouped(rows, "issue_date").items():
        for chunk in chunks(row["subscriber"] for row in of_date):
            query = select(_d.subscriber, _d.id).where(_d.subscriber.in_(chunk), _d.issue_date == issue_date)
            found |= {row.subscriber: row.id for row in tx.connection.execute(query)}
    return found


def _grouped(rows: Iterable[Mapping[str, Any]], *names: str) -> dict[Any, list[Mapping[str, Any]]]:
    found: dict[Any, list[Mapping[str, Any]]] = {}
    values = itemgetter(*names)
    for row in rows:
        found.setdefault(values(row), []).append(row)
    return found


def _expire(tx: Tx, deliveries: Iterable[int]) -> None:
    for chunk in chunks(deliveries):
        expiring = update(schema.deliveries).where(_d.id.in_(chunk))
        tx.connection.execute(expiring.values(state=DeliveryState.EXPIRED.value, lease_until=None))


def _move_on(tx: Tx, plans: Sequence[Plan], now: datetime) -> None:
    """Move cursor, last issue and next due of each subscriber; those who are moved alike in one statement."""
    rows = [
        {"number": plan.number, "cursor": plan.cursor, "last_issue": plan.issue_date}
        | due_columns(plan.subscriber.subscription.schedule, State.ACTIVE, now, plan.issue_date)
        for plan in plans
    ]
    for values, alike in _grouped(rows, *_MOVED).items():
        for chunk in chunks(row["number"] for row in alike):
            moving = update(schema.subscribers).where(_s.number.in_(chunk))
            tx.connection.execute(moving.values(dict(zip(_MOVED, values, strict=True))))


_MOVED = ("cursor", "last_issue", "next_due", "tz_version")
