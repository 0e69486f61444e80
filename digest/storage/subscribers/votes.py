"""Votes of subscribers on papers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, delete, func, select

from digest.storage.database import schema
from digest.storage.database.bulk import chunks, upsert
from digest.storage.database.guarded_rows import read_rows
from digest.storage.database.transactions import Tx

_v, _p = schema.votes.c, schema.papers.c


@dataclass(frozen=True, kw_only=True)
class VoteRecord:
    """One subscriber's vote on one paper."""

    subscriber: int
    paper: int
    value: int  #: 1 up, -1 down
    at: datetime


def cast(tx: Tx, vote: VoteRecord) -> None:
    """Record a vote; a later one on the same paper replaces it. Votes on a merged paper go to the surviving one."""
    redirect = select(func.coalesce(_p.redirect, _p.number)).where(_p.number == vote.paper)
    paper = tx.connection.execute(redirect).scalar()
    if paper is not None:
        row = vars(vote) | {"paper": paper}
        tx.connection.execute(upsert(tx, schema.votes, (_v.subscriber, _v.paper), (_v.value, _v.at)), row)


def withdraw(tx: Tx, subscriber: int, paper: int) -> bool:
    """Remove a vote; return False when there was none."""
    gone = delete(schema.votes).where(_v.subscriber == subscriber, _v.paper == paper)
    return tx.connection.execute(gone).rowcount > 0


def of_subscribers(tx: Tx, numbers: Iterable[int], *, since: datetime | None = None) -> dict[int, list[VoteRecord]]:
    """Return the votes of these subscribers, newest first; those without a vote are left out."""
    found: dict[int, list[VoteRecord]] = {}
    for chunk in chunks(numbers):
        query = select(schema.votes).where(_v.subscriber.in_(chunk)).order_by(_v.at.desc(), _v.paper.desc())
        if since is not None:
            query = query.where(_v.at >= since)
        rows = tx.connection.execute(query).mappings()
        for vote in read_rows(rows, _vote_of, table="votes", key="subscriber"):
            found.setdefault(vote.subscriber, []).append(vote)
    return found


def _vote_of(row: RowMapping) -> VoteRecord:
    if row["value"] not in (-1, 1):
        raise ValueError("a vote is neither 1 nor -1")
    return VoteRecord(**row)


def voters(tx: Tx) -> list[int]:
    """Return the numbers of all subscribers who have voted, ascending."""
    return list(tx.connection.execute(select(_v.subscriber).distinct().order_by(_v.subscriber)).scalars())
