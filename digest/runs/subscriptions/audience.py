"""Subscribers as the operator manages them: add, remove, list, show."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from digest.addresses import address_faults, normalised_address
from digest.errors import UsageError
from digest.fetching.profile_folder import write_new_file
from digest.profile_files import write_subscription
from digest.profiles import faults
from digest.runs.lookup import subscriber_at
from digest.storage import Store, Tx
from digest.storage.delivery import deliveries
from digest.storage.delivery.deliveries import Delivery
from digest.storage.papers import papers
from digest.storage.subscribers import consent, subscribers, suppressions
from digest.storage.subscribers.consent import Change, Consent
from digest.storage.subscribers.subscribers import Admission
from digest.storage.subscribers.suppressions import Suppression
from digest.subscribers import WEEKDAYS, Owner, State, Subscriber, Subscription

PRUNED = "the profile file is gone"
ADDED, REMOVED = "added by the operator", "removed by the operator"
BY_OPERATOR = (PRUNED, REMOVED)  #: causes of an unsubscribe that the operator may undo


@dataclass(frozen=True, kw_only=True)
class Details:
    """All that the store holds about one subscriber."""

    subscriber: Subscriber
    history: tuple[Consent, ...]  #: how the consent changed, oldest first
    suppression: Suppression | None
    deliveries: tuple[Delivery, ...]  #: newest first

    def as_dict(self) -> dict[str, Any]:
        """Return the details as plain JSON values."""
        held = self.suppression
        return summary(self.subscriber) | {
            "profile": self.subscriber.profile.as_dict(),
            "consent": [{"at": c.at.isoformat(), "state": c.state, "cause": c.cause} for c in self.history],
            "suppression": held and {"reason": held.reason, "evidence": held.evidence, "since": held.since.isoformat()},
            "deliveries": [_delivery(row) for row in self.deliveries],
        }


def summary(person: Subscriber) -> dict[str, Any]:
    """Return one line of the list of subscribers as plain JSON values."""
    subscription, schedule = person.subscription, person.subscription.schedule
    return {
        "address": person.address,
        "name": subscription.name,
        "state": person.state,
        "owner": person.owner,
        "language": subscription.language,
        "timezone": schedule.timezone,
        "hour": schedule.hour.strftime("%H:%M"),
        "days": [WEEKDAYS[day] for day in sorted(schedule.days)],
        "cadence": schedule.cadence,
        "keywords": [keyword.term for keyword in person.profile.keywords],
        "next_due": person.next_due and person.next_due.isoformat(),
        "last_issue": person.last_issue and person.last_issue.isoformat(),
        "paused_until": person.paused_until and person.paused_until.isoformat(),
    }


def _delivery(row: Delivery) -> dict[str, Any]:
    return {
        "issue_date": row.issue_date.isoformat(),
        "state": row.state,
        "skip": row.skip,
        "attempts": row.attempts,
        "sent_at": row.sent_at and row.sent_at.isoformat(),
        "reply": row.last_reply,
    }


def listed(store: Store, states: Collection[State] = tuple(State)) -> list[Subscriber]:
    """Return the subscribers in these states, in the order they were added."""
    with store.reading() as tx:
        return list(subscribers.everyone(tx, states=states))


def details(store: Store, address: str) -> Details:
    """Return all that the store holds about a subscriber. Raise UsageError for an unknown address."""
    with store.reading() as tx:
        person = subscriber_at(tx, address)
        return Details(
            subscriber=person,
            history=tuple(consent.history(tx, person.number)),
            suppression=suppressions.among(tx, [address]).get(normalised_address(address)),
            deliveries=tuple(deliveries.of_subscriber(tx, person.number)),
        )


def add(store: Store, subscription: Subscription, file: Path, first_issue_days: int, now: datetime) -> Subscriber:
    """Add an active subscriber, write their profile file, and return them.

    The operator vouches for the consent, and may add a subscriber again whom the operator removed. Raise UsageError for
    a known address, for somebody who unsubscribed themselves, and for a subscription that cannot be used.
    """
    _refuse_faults(subscription)
    with store.transaction() as tx:
        person = _added(tx, subscription, papers.cursor_before(tx, now - timedelta(days=first_issue_days)), now)
        write_new_file(file, write_subscription(subscription))
    return person


def _refuse_faults(subscription: Subscription) -> None:
    wrong = [*address_faults(subscription.address), *faults(subscription.profile)]
    if wrong:
        raise UsageError("\n".join(f"{fault.field}: {fault.reason}" for fault in wrong))


def _added(tx: Tx, subscription: Subscription, cursor: int, now: datetime) -> Subscriber:
    if consent.erased_among(tx, [subscription.address], now):
        raise UsageError(f"{subscription.address} was erased at its owner's request; only they can subscribe again")
    present = subscribers.by_address(tx, subscription.address)
    if present is None:
        admission = Admission(owner=Owner.FILE, state=State.ACTIVE, cursor=cursor, cause=ADDED)
        return subscribers.add(tx, subscription, admission, now)
    if present.state is not State.UNSUBSCRIBED:
        raise UsageError(f"{present.address} is known already, and {present.state}")
    if consent.history(tx, present.number)[-1].cause not in BY_OPERATOR:
        raise UsageError(f"{present.address} unsubscribed; only they can subscribe again")
    subscribers.change_owner(tx, present.number, Owner.FILE)
    subscribers.change(tx, present.number, subscription, now)
    return consent.set_state(tx, present.number, Change(state=State.ACTIVE, cause=ADDED), now)


def remove(store: Store, address: str, now: datetime, *, erase: bool = False) -> Subscriber:
    """Unsubscribe a subscriber, or erase all their data, and return who they were.

    Raise UsageError for an unknown address.
    """
    with store.transaction() as tx:
        person = subscriber_at(tx, address)
        if erase:
            consent.erase(tx, person.number, now)
            return person
        return consent.set_state(tx, person.number, Change(state=State.UNSUBSCRIBED, cause=REMOVED), now)
