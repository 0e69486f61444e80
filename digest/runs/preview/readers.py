"""Whose issue the preview shows, and the listings that it can be made from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from digest.errors import UsageError
from digest.settings import Settings
from digest.storage import Store
from digest.storage.papers import listings, papers
from digest.storage.papers.listings import ListingRecord
from digest.storage.subscribers import subscribers
from digest.subscribers import Owner, State, Subscriber, Subscription

__all__ = ["NEWCOMER", "ListingRecord", "newcomer", "number_of_address", "recent_listings"]

NEWCOMER = "reader@example.com"  #: address of a profile that nobody has yet


def number_of_address(store: Store, address: str) -> int:
    """Return the number of the subscriber with that address. Raise UsageError when there is none."""
    with store.reading() as tx:
        person = subscribers.by_address(tx, address)
    if person is None:
        raise UsageError(f"{address}: no subscriber has this address")
    return person.number


def newcomer(store: Store, settings: Settings, now: datetime) -> Subscriber:
    """Return a subscriber with number 0 and an empty profile, whose first issue would come next."""
    with store.reading() as tx:
        cursor = papers.cursor_before(tx, now - timedelta(days=settings.issue.first_issue_days))
    return Subscriber(
        number=0,
        subscription=Subscription(address=NEWCOMER),
        state=State.ACTIVE,
        owner=Owner.WEB,
        created=now,
        cursor=cursor,
    )


def recent_listings(store: Store, *, limit: int) -> Mapping[int, ListingRecord]:
    """Return the latest listings by their number."""
    with store.reading() as tx:
        return listings.numbered(tx, limit)
