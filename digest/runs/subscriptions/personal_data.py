"""Personal data: everything stored about one person, to export or to delete."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from digest.issues import Pick
from digest.papers import Paper
from digest.storage import Store, Tx
from digest.storage.delivery import deliveries
from digest.storage.delivery.deliveries import Delivery
from digest.storage.papers import papers
from digest.storage.subscribers import consent, groups, reading_lists, subscribers, votes

ALL = 100_000


def everything(store: Store, number: int) -> dict[str, Any]:
    """Return everything stored about a subscriber as JSON values; empty when there is no such subscriber."""
    with store.reading() as tx:
        person = subscribers.by_numbers(tx, [number]).get(number)
        if person is None:
            return {}
        return {
            "subscription": person.subscription.as_dict(),
            "state": person.state.value,
            "owner": person.owner.value,
            "since": person.created.isoformat(),
            "paused_until": person.paused_until.isoformat() if person.paused_until else None,
            "next_due": person.next_due.isoformat() if person.next_due else None,
            "consent": [
                {"at": change.at.isoformat(), "state": change.state.value, "cause": change.cause}
                for change in consent.history(tx, number)
            ],
            "issues": _issues(tx, number),
            "votes": _votes(tx, number),
            "reading_list": [_paper(paper) for paper in reading_lists.of_subscriber(tx, number)],
            "groups": [group.name for group in groups.of_subscriber(tx, number)],
        }


def erase(store: Store, number: int, now: datetime) -> None:
    """Delete all data of a subscriber: profile, votes, tokens, picks, lists. Old links still get an answer.

    A keyed hash of the address keeps files and imports from adding them again; a new double opt-in can.
    """
    with store.transaction() as tx:
        consent.erase(tx, number, now)


def _issues(tx: Tx, number: int) -> list[dict[str, Any]]:
    found = deliveries.of_subscriber(tx, number, limit=ALL)
    shown = papers.by_numbers(tx, {pick.paper for delivery in found for pick in _picks(delivery)})
    return [
        {
            "date": delivery.issue_date.isoformat(),
            "state": delivery.state.value,
            "sent_at": delivery.sent_at.isoformat() if delivery.sent_at else None,
            "picks": [
                {
                    **_paper(shown[pick.paper]),
                    "match": pick.match,
                    "reasons": [
                        {"term": reason.term, "field": reason.field, "contribution": reason.contribution}
                        for reason in pick.reasons
                    ],
                }
                for pick in _picks(delivery)
                if pick.paper in shown
            ],
        }
        for delivery in found
    ]


def _picks(delivery: Delivery) -> tuple[Pick, ...]:
    issue = delivery.issue
    return issue.shown if issue else ()


def _votes(tx: Tx, number: int) -> list[dict[str, Any]]:
    cast = votes.of_subscribers(tx, [number]).get(number, [])
    about = papers.by_numbers(tx, [vote.paper for vote in cast])
    return [
        {**_paper(about[vote.paper]), "value": vote.value, "at": vote.at.isoformat()}
        for vote in cast
        if vote.paper in about
    ]


def _paper(paper: Paper) -> dict[str, Any]:
    return {"key": paper.key, "title": paper.title}
