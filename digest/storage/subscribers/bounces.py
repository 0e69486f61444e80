"""Bounces of each subscriber's address; their score decides when to stop mailing it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from digest.bounces import Bounce, BounceKind
from digest.storage.database.bulk import insert_or_ignore
from digest.storage.database.delivery_schema import bounces
from digest.storage.database.transactions import Tx
from digest.storage.papers.paper_rows import storable

MAX_EVIDENCE = 1000  #: characters that are kept

_b = bounces.c


def add(tx: Tx, bounce: Bounce) -> bool:
    """Record a bounce; return False when the delivery already had one of this kind."""
    row = {
        "subscriber": bounce.subscriber,
        "delivery": bounce.delivery,
        "at": bounce.at,
        "kind": bounce.kind.value,
        "status": bounce.status,
        "evidence": storable(bounce.evidence)[:MAX_EVIDENCE],
    }
    return tx.connection.execute(insert_or_ignore(tx, bounces).returning(_b.id), row).scalar() is not None


def of_subscriber(tx: Tx, number: int, *, since: datetime | None = None) -> list[Bounce]:
    """Return the bounces of a subscriber after a time, oldest first."""
    query = select(bounces).where(_b.subscriber == number).order_by(_b.at, _b.id)
    if since is not None:
        query = query.where(_b.at > since)
    return [_bounce_of(row) for row in tx.connection.execute(query)]


def _bounce_of(row: Any) -> Bounce:
    return Bounce(
        subscriber=row.subscriber,
        delivery=row.delivery,
        at=row.at,
        kind=BounceKind(row.kind),
        status=row.status,
        evidence=row.evidence,
    )
