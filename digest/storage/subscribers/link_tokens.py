"""Link tokens: random, short-lived, stored only as hashes, for links that open or undo something."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, insert, select, update

from digest.storage.database import schema
from digest.storage.database.transactions import Tx

_t = schema.link_tokens.c


class LinkPurpose(StrEnum):
    """What the holder of a link token may do."""

    MANAGE = "manage"  #: see and change one subscription
    UNDO = "undo"  #: undo an unsubscribe


def keep(tx: Tx, token_hash: str, purpose: LinkPurpose, subscriber: int, expires: datetime) -> None:
    """Store a token by its hash."""
    row = {"hash": token_hash, "purpose": purpose.value, "subscriber": subscriber, "expires": expires}
    tx.connection.execute(insert(schema.link_tokens), row)


def holder(tx: Tx, token_hash: str, purpose: LinkPurpose, now: datetime) -> int | None:
    """Return the subscriber of the token; None when it is wrong, used or expired."""
    query = select(_t.subscriber).where(
        _t.hash == token_hash, _t.purpose == purpose.value, _t.expires > now, _t.used_at.is_(None)
    )
    number: int | None = tx.connection.execute(query).scalar()
    return number


def use(tx: Tx, token_hash: str, purpose: LinkPurpose, now: datetime) -> int | None:
    """Return the subscriber of the token, and mark it as used; None for every later call."""
    fresh = (_t.hash == token_hash) & (_t.purpose == purpose.value) & (_t.expires > now) & _t.used_at.is_(None)
    using = update(schema.link_tokens).where(fresh).values(used_at=now).returning(_t.subscriber)
    number: int | None = tx.connection.execute(using).scalar()
    return number


def tidy(tx: Tx, now: datetime) -> int:
    """Delete expired tokens; return how many."""
    return tx.connection.execute(delete(schema.link_tokens).where(_t.expires <= now)).rowcount
