"""Letters that wait: the single mails that are to be sent, kept until a mail server has taken them.

A row names what is to be written to whom and holds nothing secret: the tokens of a letter's links are made when it is
sent, and stored as hashes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, func, insert, select, update

from digest.storage import web_schema as tables
from digest.storage.store import Tx

_w = tables.letters.c


@dataclass(frozen=True, kw_only=True)
class Errand:
    """What a letter is for."""

    kind: str
    subscriber: int
    subscription: Mapping[str, Any] | None = None  #: as asked for, where the letter asks to confirm it
    group: int | None = None  #: that the person joins by confirming


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A letter that somebody has taken to send it."""

    id: int
    errand: Errand
    created: datetime
    tries: int  #: this one included


def leave(tx: Tx, errand: Errand, now: datetime) -> None:
    """Leaves a letter to be sent at once."""
    subscription = dict(errand.subscription) if errand.subscription is not None else None
    row = {"kind": errand.kind, "subscriber": errand.subscriber, "subscription": subscription, "group": errand.group}
    tx.connection.execute(insert(tables.letters), {**row, "created": now, "tries": 0, "not_before": now})


def has_waiting(tx: Tx, now: datetime) -> bool:
    """Gives whether a letter may be sent now."""
    return bool(tx.connection.execute(select(exists().where(_w.not_before <= now))).scalar())


def waiting_since(tx: Tx) -> datetime | None:
    """Gives since when the letter that has waited longest waits; None when none does."""
    oldest: datetime | None = tx.connection.execute(select(func.min(_w.created))).scalar()
    return oldest


def take(tx: Tx, now: datetime, until: datetime, limit: int) -> list[Waiting]:
    """Takes letters that may be sent now, the oldest first; nobody else takes them before `until`.

    Whoever took them and died has sent them or not: they are taken again then.
    """
    due = select(_w.id).where(_w.not_before <= now).order_by(_w.not_before, _w.id).limit(limit)
    taking = update(tables.letters).where(_w.id.in_(due.with_for_update(skip_locked=True)))
    rows = tx.connection.execute(taking.values(not_before=until, tries=_w.tries + 1).returning(tables.letters))
    return sorted((_waiting_of(row) for row in rows.mappings()), key=lambda waiting: waiting.id)


def done(tx: Tx, letter: int) -> None:
    """Forgets a letter: it was sent, or never can be."""
    tx.connection.execute(delete(tables.letters).where(_w.id == letter))


def put_off(tx: Tx, letter: int, not_before: datetime) -> None:
    """Lets a letter wait until it is tried again."""
    tx.connection.execute(update(tables.letters).where(_w.id == letter).values(not_before=not_before))


def _waiting_of(row: Mapping[Any, Any]) -> Waiting:
    errand = Errand(
        kind=row["kind"], subscriber=row["subscriber"], subscription=row["subscription"], group=row["group"]
    )
    return Waiting(id=row["id"], errand=errand, created=row["created"], tries=row["tries"])
