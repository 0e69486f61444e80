"""The figures and lists that operators see on their pages and through the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.deliveries import DeliveryState
from digest.storage import Store
from digest.storage.delivery import deliveries, ledger, runs
from digest.storage.delivery.deliveries import Delivery
from digest.storage.delivery.runs import RunRecord
from digest.storage.subscribers import consent, sign_ups, suppressions
from digest.storage.subscribers.suppressions import Suppression
from digest.subscribers import State

__all__ = [
    "Delivery",
    "Overview",
    "RunRecord",
    "Suppression",
    "deliveries_in_state",
    "last_run",
    "overview",
    "recent_runs",
    "suppressed_addresses",
]


@dataclass(frozen=True, kw_only=True)
class Overview:
    """How many subscriptions and deliveries are in which state, and the latest runs."""

    subscriptions: Mapping[State, int]
    deliveries: Mapping[DeliveryState, int]  #: of those made since the given moment
    unsubscribe_reasons: Mapping[str, int]  #: given since the given moment
    runs: Sequence[RunRecord]  #: newest first


def overview(store: Store, since: datetime, *, limit: int) -> Overview:
    """Return the overview, with the deliveries since a moment and at most `limit` runs."""
    with store.reading() as tx:
        return Overview(
            subscriptions=consent.count_states(tx),
            deliveries=ledger.counts(tx, since=since),
            unsubscribe_reasons=sign_ups.unsubscribe_reasons(tx, since),
            runs=runs.recent(tx, limit=limit),
        )


def recent_runs(store: Store, *, limit: int) -> list[RunRecord]:
    """Return the latest runs, newest first."""
    with store.reading() as tx:
        return runs.recent(tx, limit=limit)


def last_run(store: Store) -> RunRecord | None:
    """Return the latest run; None before the first."""
    return next(iter(recent_runs(store, limit=1)), None)


def deliveries_in_state(store: Store, state: DeliveryState, *, limit: int) -> list[Delivery]:
    """Return the newest deliveries in a state."""
    with store.reading() as tx:
        return deliveries.in_states(tx, [state], limit=limit)


def suppressed_addresses(store: Store) -> list[Suppression]:
    """Return the suppressions that are in force, newest first."""
    with store.reading() as tx:
        return suppressions.holding(tx)
