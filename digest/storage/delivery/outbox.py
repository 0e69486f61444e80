"""The outbox: transactional mails, each, kept until a mail server has taken them.

A row names what is to be written to whom and holds nothing secret: the tokens of a mail's links are made when it is
sent, and stored as hashes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, func, insert, select, update

from digest.storage.database import web_schema as tables
from digest.storage.database.transactions import Tx

_w = tables.letters.c


@dataclass(frozen=True, kw_only=True)
class OutboxEntry:
    """What a mail is for."""

    kind: str
    subscriber: int
    subscription: Mapping[str, Any] | None = None  #: as asked for, where the mail asks to confirm it
    group: int | None = None  #: that the person joins by confirming


@dataclass(frozen=True, kw_only=True)
class WaitingEntry:
    """A mail that somebody has taken to send it."""

    id: int
    entry: OutboxEntry
    created: datetime
    tries: int  #: this one included


def add(tx: Tx, entry: OutboxEntry, now: datetime) -> None:
    """Add a mail to be sent at once."""
    subscription = dict(entry.subscription) if entry.subscription is not None else None
    row = {"kind": entry.kind, "subscriber": entry.subscriber, "subscription": subscription, "group": entry.group}
    tx.connection.execute(insert(tables.letters), {**row, "created": now, "tries": 0, "not_before": now})


def has_waiting(tx: Tx, now: datetime) -> bool:
    """Return whether a mail may be sent now."""
    return bool(tx.connection.execute(select(exists().where(_w.not_before <= now))).scalar())


def waiting_since(tx: Tx) -> datetime | None:
    """Return when the longest-waiting mail was added; None when none waits."""
    oldest: datetime | None = tx.connection.execute(select(func.min(_w.created))).scalar()
    return oldest


def take(tx: Tx, now: datetime, until: datetime, limit: int) -> list[WaitingEntry]:
    """Take mail that may be sent now, oldest first; nobody else takes it before `until`.

    Whoever took them and died has sent them or not: they are taken again then.
    """
    due = select(_w.id).where(_w.not_before <= now).order_by(_w.not_before, _w.id).limit(limit)
    taking = update(tables.letters).where(_w.id.in_(due.with_for_update(skip_locked=True)))
    rows = tx.connection.execute(taking.values(not_before=until, tries=_w.tries + 1).returning(tables.letters))
    return sorted((_waiting_of(row) for row in rows.mappings()), key=lambda waiting: waiting.id)


def done(tx: Tx, mail: int) -> None:
    """Delete a mail: it was sent, or never can be."""
    tx.connection.execute(delete(tables.letters).where(_w.id == mail))


def put_off(tx: Tx, mail: int, not_before: datetime) -> None:
    """Postpone a mail until its next attempt."""
    tx.connection.execute(update(tables.letters).where(_w.id == mail).values(not_before=not_before))


def _waiting_of(row: Mapping[Any, Any]) -> WaitingEntry:
    entry = OutboxEntry(
        kind=row["kind"], subscriber=row["subscriber"], subscription=row["subscription"], group=row["group"]
    )
    return WaitingEntry(id=row["id"], entry=entry, created=row["created"], tries=row["tries"])
