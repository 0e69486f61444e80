"""Sign-ups: requests that wait for confirmation, and limits on how often people may ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, exists, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from digest.storage.database import schema
from digest.storage.database import web_schema as tables
from digest.storage.database.columns import Instant
from digest.storage.database.transactions import Tx
from digest.subscribers import State

_s, _c, _l, _d = tables.sign_ups.c, tables.confirmations.c, tables.limits.c, tables.departures.c
_p = schema.subscribers.c


def _count_mail(dialect: Any) -> Any:
    statement = dialect.insert(tables.confirmations)
    return statement.on_conflict_do_update(
        index_elements=[_c.address_hash],
        set_={"mails": _c.mails + 1, "last_at": statement.excluded.last_at},
        where=(_c.last_at <= bindparam("not_since", type_=Instant)) & (_c.mails < bindparam("total")),
    ).returning(_c.mails)


def _count_use(dialect: Any) -> Any:
    counting = dialect.insert(tables.limits).on_conflict_do_update(
        index_elements=[_l.name, _l.period], set_={"taken": _l.taken + 1}, where=_l.taken < bindparam("limit")
    )
    return counting.returning(_l.taken)


# Composed once, as composing a statement takes as long as running it. Keyed by `on_postgresql`.
_COUNT_MAIL = {True: _count_mail(postgresql), False: _count_mail(sqlite)}
_COUNT_USE = {True: _count_use(postgresql), False: _count_use(sqlite)}


@dataclass(frozen=True, kw_only=True)
class SignUp:
    """A request that waits for its confirmation."""

    subscriber: int
    subscription: Mapping[str, Any]  #: as requested
    group: int | None  #: the group that the person joins
    expires: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class MailLimit:
    """How many confirmation e-mails one address may get."""

    pause: timedelta  #: between two of them
    total: int  #: until one is confirmed


@dataclass(frozen=True, kw_only=True)
class Use:
    """One use of something that is limited per period."""

    name: str
    limit: int  #: uses in each period
    period: timedelta


def keep(tx: Tx, token_hash: str, request: SignUp, now: datetime) -> None:
    """Store a request under the hash of the token that confirms it."""
    row = {"hash": token_hash, "subscriber": request.subscriber, "subscription": dict(request.subscription)}
    times = {"created": now, "expires": request.expires, "used_at": request.used_at}
    tx.connection.execute(insert(tables.sign_ups), {**row, "group": request.group, **times})


def by_token(tx: Tx, token_hash: str) -> SignUp | None:
    """Return the request that a token confirms; None when there is none."""
    query = select(_s.subscriber, _s.subscription, _s.group, _s.expires, _s.used_at).where(_s.hash == token_hash)
    row = tx.connection.execute(query).mappings().first()
    return SignUp(**row) if row else None


def use(tx: Tx, token_hash: str, now: datetime) -> bool:
    """Mark a request as confirmed. Return False when it was confirmed or has expired: only one caller gets True."""
    unused = (_s.hash == token_hash) & (_s.used_at.is_(None)) & (_s.expires > now)
    return tx.connection.execute(update(tables.sign_ups).where(unused).values(used_at=now)).rowcount == 1


def may_mail(tx: Tx, address_hash: str, limit: MailLimit, now: datetime) -> bool:
    """Count one more confirmation e-mail to an address. Return False, and count nothing, when the limit is reached."""
    values = {"address_hash": address_hash, "mails": 1, "last_at": now}
    bounds = {"not_since": now - limit.pause, "total": limit.total}
    return tx.connection.execute(_COUNT_MAIL[tx.on_postgresql], values | bounds).first() is not None


def reset_mail_count(tx: Tx, address_hash: str) -> None:
    """Reset the count of an address, because its owner confirmed."""
    tx.connection.execute(delete(tables.confirmations).where(_c.address_hash == address_hash))


def take(tx: Tx, uses: Sequence[Use], now: datetime) -> bool:
    """Count one use of each quota. Return False when one of them is used up.

    The others are counted all the same, unless the caller rolls the transaction back.
    """
    if not all(use.limit > 0 for use in uses):
        return False
    counted = [tx.connection.execute(_COUNT_USE[tx.on_postgresql], _row(use, now)).first() for use in uses]
    return all(row is not None for row in counted)


def _row(use: Use, now: datetime) -> dict[str, Any]:
    return {"name": use.name, "period": _window(use, now), "taken": 1, "limit": use.limit}


def _window(use: Use, now: datetime) -> int:
    length = int(use.period.total_seconds())
    return int(now.timestamp()) // length * length


def count_unsubscribe_reason(tx: Tx, reason: str, now: datetime) -> None:
    """Count the reason for an unsubscribe, without the person."""
    tx.connection.execute(insert(tables.departures), {"at": now, "reason": reason})


def unsubscribe_reasons(tx: Tx, since: datetime) -> dict[str, int]:
    """Return how many people unsubscribed since then, by reason."""
    query = select(_d.reason, func.count().label("left")).where(_d.at >= since).group_by(_d.reason).order_by(_d.reason)
    return {row.reason: row.left for row in tx.connection.execute(query)}


def tidy(tx: Tx, now: datetime, keep_for: timedelta) -> int:
    """Delete expired requests, old counts, and people who never confirmed; return the number of people deleted."""
    old = now - keep_for
    tx.connection.execute(delete(tables.limits).where(_l.period < int(old.timestamp())))
    tx.connection.execute(delete(tables.sign_ups).where(_s.expires < old))
    waiting = exists().where(_s.subscriber == _p.number)
    unconfirmed = delete(schema.subscribers).where(_p.state == State.PENDING.value, _p.created < old, ~waiting)
    return tx.connection.execute(unconfirmed).rowcount
