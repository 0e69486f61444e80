"""Past issues: what was sent to whom, for the links of the mails and for the page of one subscription."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from digest.deliveries import DeliveryState
from digest.issues import Pick
from digest.papers import Paper
from digest.storage import Store, Tx
from digest.storage.delivery import deliveries
from digest.storage.delivery.deliveries import Delivery
from digest.storage.papers import papers


@dataclass(frozen=True, kw_only=True)
class SentIssue:
    """One issue, with the papers whose text is still kept."""

    day: date
    state: DeliveryState
    picks: Sequence[tuple[Paper, Pick]]  #: in the order in which the issue shows them


def recipient(store: Store, delivery: int) -> int | None:
    """Return the number of the subscriber whom a delivery is for: 0 once erased, None for an unknown delivery."""
    with store.reading() as tx:
        found = deliveries.by_id(tx, delivery)
    return found.subscriber if found else None


def sent_issue(store: Store, delivery: int) -> SentIssue | None:
    """Return the issue of a delivery with everything that it shows; None for an unknown delivery."""
    with store.reading() as tx:
        found = deliveries.by_id(tx, delivery)
        return _issues(tx, [(found, found.issue.shown if found.issue else ())])[0] if found else None


def recent_issues(store: Store, subscriber: int, *, limit: int) -> list[SentIssue]:
    """Return the latest issues of a subscriber with their main picks, newest first; skipped days are left out."""
    with store.reading() as tx:
        latest = deliveries.of_subscriber(tx, subscriber, limit=limit)
        return _issues(tx, [(found, found.issue.picks) for found in latest if found.issue])


def _issues(tx: Tx, picked: Sequence[tuple[Delivery, Sequence[Pick]]]) -> list[SentIssue]:
    known = papers.by_numbers(tx, {pick.paper for _, picks in picked for pick in picks})
    return [
        SentIssue(
            day=found.issue_date,
            state=found.state,
            picks=[(known[pick.paper], pick) for pick in picks if pick.paper in known],
        )
        for found, picks in picked
    ]
