"""Import and export of subscribers between installations, with their consent."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from digest.addresses import normalised_address
from digest.errors import ProfileError
from digest.profile_files import Row
from digest.storage import Store, Tx
from digest.storage.papers import papers
from digest.storage.subscribers import consent, subscribers
from digest.storage.subscribers.subscribers import Admission
from digest.subscribers import Owner, State, Subscription

BATCH = 1000  #: people added together
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """What an import did, or would do."""

    rows: int
    added: Mapping[State, int]
    known: int = 0  #: addresses that are known already: left unchanged; an unsubscribed person stays unsubscribed
    erased: int = 0  #: addresses erased at their owner's request
    problems: tuple[ProfileError, ...] = ()
    dry_run: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {
            "rows": self.rows,
            "added": {str(state): count for state, count in self.added.items()},
            "known": self.known,
            "erased": self.erased,
            "problems": [
                {"file": fault.origin, "line": fault.line, "field": fault.field, "reason": fault.reason}
                for fault in self.problems
            ],
            "dry_run": self.dry_run,
        }


def export_subscribers(store: Store, states: Collection[State] = tuple(State)) -> list[tuple[Subscription, State]]:
    """Return each subscription with its state, in the order they were added."""
    with store.reading() as tx:
        return [(person.subscription, person.state) for person in subscribers.everyone(tx, states=states)]


def import_subscribers(
    store: Store, rows: Sequence[Row], origin: str, first_issue_days: int, now: datetime, *, dry_run: bool = False
) -> ImportReport:
    """Add the people of a table whose address is new, in the state that their row names, and return a report.

    The operator vouches for their consent, as with a profile file. A faulty row is reported and the others are added.
    """
    people, problems = _read(rows, origin)
    tally = _Tally()
    for start in range(0, len(people), BATCH):
        batch = dict(people[start : start + BATCH])
        with store.reading() if dry_run else store.transaction() as tx:
            new = _unseen(tx, batch, tally, now)
            if not dry_run:
                _add(tx, new, f"import of {origin}", now - timedelta(days=first_issue_days), now)
    added = dict(tally.added)
    _log.info("import of %s: %d of %d added", origin, sum(added.values()), len(rows), extra={"action": "import"})
    return ImportReport(
        rows=len(rows), added=added, known=tally.known, erased=tally.erased, problems=tuple(problems), dry_run=dry_run
    )


@dataclass(kw_only=True)
class _Tally:
    added: Counter[State] = field(default_factory=Counter)
    known: int = 0
    erased: int = 0


People = dict[str, tuple[Subscription, State]]  # by normalised address


def _unseen(tx: Tx, batch: People, tally: _Tally, now: datetime) -> People:
    """Return those whose address is new, and count everyone."""
    known, erased = subscribers.by_addresses(tx, batch), consent.erased_among(tx, batch, now)
    new = {key: one for key, one in batch.items() if key not in known and key not in erased}
    tally.known, tally.erased = tally.known + len(known), tally.erased + len(erased)
    tally.added.update(state for _, state in new.values())
    return new


def _add(tx: Tx, people: People, cause: str, seen_since: datetime, now: datetime) -> None:
    cursor = papers.cursor_before(tx, seen_since)
    for state in State:
        chosen = [subscription for subscription, wanted in people.values() if wanted is state]
        subscribers.add_many(tx, chosen, Admission(owner=Owner.WEB, state=state, cursor=cursor, cause=cause), now)


def _read(rows: Sequence[Row], origin: str) -> tuple[list[tuple[str, tuple[Subscription, State]]], list[ProfileError]]:
    people: People = {}
    problems: list[ProfileError] = []
    for row in rows:
        found = row.read(origin)
        problems.extend(found.faults)
        if found.subscription is None:
            continue
        key = normalised_address(found.subscription.address)
        if key in people:
            problems.append(ProfileError(origin, row.place, "address", f"{found.subscription.address} occurs twice"))
        people.setdefault(key, (found.subscription, row.state))
    return list(people.items()), problems
