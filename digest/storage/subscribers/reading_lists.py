"""Reading lists: papers that a subscriber saved."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from digest.papers import Paper
from digest.storage.database import web_schema as tables
from digest.storage.database.bulk import insert_or_ignore
from digest.storage.database.transactions import Tx
from digest.storage.papers import papers

_r = tables.reading_list.c


def put(tx: Tx, subscriber: int, paper: int, now: datetime) -> None:
    """Add a paper to the list; do nothing when it is there already."""
    row = {"subscriber": subscriber, "paper": paper, "added": now}
    tx.connection.execute(insert_or_ignore(tx, tables.reading_list), row)


def drop(tx: Tx, subscriber: int, paper: int) -> None:
    """Remove a paper from the list, if it is there."""
    tx.connection.execute(delete(tables.reading_list).where((_r.subscriber == subscriber) & (_r.paper == paper)))


def of_subscriber(tx: Tx, subscriber: int) -> list[Paper]:
    """Return the papers on the list, newest entry first."""
    query = select(_r.paper).where(_r.subscriber == subscriber).order_by(_r.added.desc(), _r.paper.desc())
    numbers = list(tx.connection.execute(query).scalars())
    found = papers.by_numbers(tx, numbers)
    listed = {found[number].number: found[number] for number in numbers if number in found}
    return list(listed.values())
