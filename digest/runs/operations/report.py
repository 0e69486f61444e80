"""The activity report: recent runs and deliveries, who got no issue and why, and what needs attention."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from digest.deliveries import DeliveryState
from digest.storage.database.transactions import Store, Tx
from digest.storage.delivery import deliveries, runs
from digest.storage.delivery.deliveries import Delivery
from digest.storage.delivery.runs import RunRecord
from digest.storage.papers import listings
from digest.storage.papers.listings import SourceState
from digest.storage.row_check import unreadable_rows
from digest.storage.subscribers import subscribers

OVERDUE = timedelta(hours=1)  #: a subscriber who has been due for longer counts as overdue
MOST_NAMED = 200  #: subscribers that are listed

_QUIET = frozenset({DeliveryState.SENT, DeliveryState.PLANNED, DeliveryState.CLAIMED, DeliveryState.SENDING})


@dataclass(frozen=True, kw_only=True)
class Unsent:
    """An issue that was not sent, and why."""

    address: str
    issue_date: str
    state: DeliveryState
    why: str


@dataclass(frozen=True, kw_only=True)
class ActivityReport:
    """The activity since a given moment."""

    since: datetime
    runs: Sequence[RunRecord]  #: newest first
    states: Mapping[DeliveryState, int]  #: number of issues in each state
    skipped: Mapping[str, int]  #: reason to number of issues
    unsent: Sequence[Unsent]  #: at most 200, the newest last
    failing: Mapping[str, SourceState] = field(default_factory=dict)  #: sources that cannot be read
    overdue: int = 0  #: subscribers who should have been planned an hour ago
    unreadable: Sequence[str] = ()  #: rows of the store that are set aside, each with the reason

    @property
    def needs(self) -> Sequence[str]:
        """What needs attention, one sentence each."""
        return list(self._needs())

    def _needs(self) -> Iterator[str]:
        for name, state in sorted(self.failing.items()):
            since = f"{state.failing_since:%Y-%m-%d %H:%M} UTC" if state.failing_since else "now"
            yield f"source {name} has failed since {since}: {state.last_error}"
        if unknown := self.states.get(DeliveryState.UNKNOWN, 0):
            yield f"deliveries with an unknown outcome: {unknown}; `digest deliver --resend-unknown` sends them again"
        if failed := self.states.get(DeliveryState.FAILED, 0):
            yield f"deliveries permanently refused: {failed}; `digest subscribers show` shows why"
        yield from self.unreadable
        if self.overdue:
            yield f"subscribers overdue: {self.overdue}; is `digest run` in the crontab, or `digest serve` running?"

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            "since": self.since.isoformat(),
            "runs": [_run_dict(run) for run in self.runs],
            "deliveries": {state.value: count for state, count in self.states.items()},
            "skipped": dict(self.skipped),
            "unsent": [vars(one) | {"state": one.state.value} for one in self.unsent],
            "unreadable": list(self.unreadable),
            "needs": list(self.needs),
        }


def report(store: Store, since: datetime, now: datetime) -> ActivityReport:
    """Return the activity since then."""
    with store.reading() as tx:
        states: Counter[DeliveryState] = Counter()
        unsent: list[Delivery] = []
        for delivery in deliveries.made_since(tx, since):
            states[delivery.state] += 1
            if delivery.state not in _QUIET:
                unsent = [*unsent[-MOST_NAMED + 1 :], delivery]
        return ActivityReport(
            since=since,
            runs=runs.recent(tx, since=since),
            states={state: states[state] for state in DeliveryState},
            skipped=deliveries.skipped_since(tx, since),
            unsent=_named(tx, unsent),
            failing={name: s for name, s in listings.source_states(tx).items() if s.failing_since},
            overdue=len(subscribers.due(tx, now - OVERDUE)),
            unreadable=[str(problem) for problem in unreadable_rows(tx)],
        )


def _named(tx: Tx, found: Sequence[Delivery]) -> list[Unsent]:
    people = subscribers.by_numbers(tx, {delivery.subscriber for delivery in found})
    return [
        Unsent(
            address=people[delivery.subscriber].address,
            issue_date=delivery.issue_date.isoformat(),
            state=delivery.state,
            why=delivery.skip or delivery.last_reply or _WHY.get(delivery.state, ""),
        )
        for delivery in found
        if delivery.subscriber in people
    ]


_WHY = {
    DeliveryState.EXPIRED: "not delivered before the next issue was due",
    DeliveryState.UNKNOWN: "the process died while sending it",
}


def _run_dict(run: RunRecord) -> dict[str, Any]:
    ended = run.ended.isoformat() if run.ended else None
    return {"kind": run.kind, "started": run.started.isoformat(), "ended": ended, "report": run.report}
