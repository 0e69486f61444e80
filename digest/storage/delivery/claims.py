"""Claims: the rows of the ledger whose time has come, found, counted, and leased to a sender.

The statements are written out and the rows kept light, because every message is claimed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, text

from digest.errors import MessageError, StoreError
from digest.issues import Issue
from digest.profiles import Profile
from digest.storage.database import schema
from digest.storage.database.columns import Instant
from digest.storage.database.transactions import Tx
from digest.storage.delivery.issue_rows import CONTENT, issue_of
from digest.subscribers import Schedule, Subscription

_d, _s = schema.deliveries.c, schema.subscribers.c
_NOW = bindparam("now", type_=Instant)
_COLUMNS = (_d.id, _d.issue_date, CONTENT, _d.attempts, _d.domain, _s.number, _s.address, _s.name, _s.language)
_CLAIMABLE = """
FROM deliveries
JOIN subscribers ON subscribers.number = deliveries.subscriber
JOIN issues ON issues.delivery = deliveries.id
WHERE deliveries.state IN ('planned', 'deferred') AND deliveries.next_attempt <= :now AND deliveries.expires_at > :now
AND subscribers.state = 'active'
AND NOT EXISTS (
  SELECT 1 FROM suppressions
  WHERE suppressions.address_key = subscribers.address_key AND suppressions.lifted_at IS NULL
)
"""
_LONGEST_WAITING = _CLAIMABLE + "ORDER BY deliveries.next_attempt, deliveries.id LIMIT :limit"
_COUNT = text("SELECT count(*)" + _CLAIMABLE).bindparams(_NOW)
_SINCE = text("SELECT deliveries.next_attempt" + _LONGEST_WAITING).bindparams(_NOW, limit=1).columns(_d.next_attempt)
_FREE = "SELECT " + ", ".join(map(str, _COLUMNS)) + _LONGEST_WAITING
_LEASE = "UPDATE deliveries SET state = 'claimed', lease_owner = :owner, lease_until = :until WHERE id IN ({ids})"
_ON_SQLITE = {"lock": "", "ids": "SELECT value FROM json_each(:ids)"}
_ON_POSTGRESQL = {
    "lock": " FOR UPDATE OF deliveries SKIP LOCKED",
    "ids": "SELECT value::bigint FROM json_array_elements_text(CAST(:ids AS json)) AS listed (value)",
}
_SQL = {
    on_postgresql: (
        text(_FREE + parts["lock"]).bindparams(_NOW).columns(*_COLUMNS),
        text(_LEASE.format(**parts)).bindparams(bindparam("until", type_=Instant)),
    )
    for on_postgresql, parts in ((False, _ON_SQLITE), (True, _ON_POSTGRESQL))
}

_LEFT_OUT: dict[str, Any] = {"schedule": Schedule(), "profile": Profile()}  # made once


@dataclass(eq=False)
class ClaimedDelivery:
    """A ledger row that this sender holds a lease on, with all that the message is made from.

    Never changed; not frozen, which would make it three times as slow to make, and every message is claimed.
    """

    id: int
    issue_date: date
    content: str  #: the issue as its row holds it
    attempts: int  #: made before
    domain: str  #: of the recipient
    number: int  #: the subscriber's
    address: str
    name: str
    language: str
    lease_until: datetime  #: from when on another sender may have it

    @property
    def issue(self) -> Issue:
        """The issue, read each time it is asked for: hundreds of rows wait. Raise MessageError when it cannot be."""
        try:
            return issue_of(self.id, self.number, self.issue_date, self.content)
        except StoreError as error:
            raise MessageError(str(error)) from error

    @property
    def subscription(self) -> Subscription:
        """Address, name and language; the rest no message needs, and it is left out."""
        return Subscription(address=self.address, name=self.name, language=self.language, **_LEFT_OUT)


def claim(tx: Tx, owner: str, now: datetime, *, lease: timedelta, limit: int) -> list[ClaimedDelivery]:
    """Return up to `limit` rows that are due, leased to `owner`; on PostgreSQL without waiting for other senders.

    Left alone are rows of those who are not active or whose address is suppressed, and rows past the time when the
    next issue is due: planning ranks their papers again.
    """
    free, leasing = _SQL[tx.on_postgresql]
    rows = tx.connection.execute(free, {"now": now, "limit": limit}).all()
    until = now + lease
    leased = {"ids": json.dumps([row[0] for row in rows]), "owner": owner, "until": until}
    tx.connection.execute(leasing, leased)
    return [ClaimedDelivery(*(*row, until)) for row in rows]


def waiting(tx: Tx, now: datetime) -> int:
    """Return how many rows could be claimed now."""
    count: int = tx.connection.execute(_COUNT, {"now": now}).scalar_one()
    return count


def has_work(tx: Tx, now: datetime) -> bool:
    """Return whether a row could be claimed now, or was left behind by a sender whose lease ran out."""
    lapsed = select(_d.id).where(schema.LEASED, _d.lease_until <= now).limit(1)
    return waiting_since(tx, now) is not None or tx.connection.execute(lapsed).first() is not None


def waiting_since(tx: Tx, now: datetime) -> datetime | None:
    """Return since when the longest waiting row could have been claimed; None when none waits."""
    since: datetime | None = tx.connection.execute(_SINCE, {"now": now}).scalar()
    return since
