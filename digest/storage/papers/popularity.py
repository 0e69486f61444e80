"""Popularity: votes, comments and listings counted from a paper's sightings."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import groupby
from types import NoneType
from typing import Any

from sqlalchemy import select

from digest.papers import Popularity
from digest.storage.database import schema
from digest.storage.database.bulk import chunks
from digest.storage.database.guarded_rows import FAULTS
from digest.storage.database.transactions import Tx

_log = logging.getLogger(__name__)
WINDOW = timedelta(days=7)  #: how far back the growth of votes is counted

_s = schema.sightings.c
_FIELDS = (_s.paper, _s.seen_at, _s.source, _s.position, _s.votes, _s.comments)


def popularity_of(tx: Tx, numbers: Iterable[int]) -> dict[int, Popularity]:
    """Return the popularity of each paper that has sightings."""
    found: dict[int, Popularity] = {}
    for chunk in chunks(numbers):
        query = select(*_FIELDS).where(_s.paper.in_(chunk)).order_by(_s.paper, _s.seen_at, _s.listing)
        rows = tx.connection.execute(query)
        for paper, group in groupby(rows, key=lambda row: row.paper):
            try:
                found[paper] = _counted(list(group))
            except FAULTS as error:
                _log.error("sightings of paper %s cannot be read: %s", paper, error, extra={"action": "set aside"})
    return found


def _counted(sightings: Sequence[Any]) -> Popularity:
    """Return the popularity of one paper from its sightings, oldest first. Raise one of FAULTS for bad values."""
    for row in sightings:
        if any(type(count) not in (int, NoneType) for count in (row.position, row.votes, row.comments)):
            raise TypeError("a count is no number")
    counts = [(row.seen_at, row.votes) for row in sightings if row.votes is not None]
    recent = [votes for at, votes in counts if at >= counts[-1][0] - WINDOW]
    comments = [row.comments for row in sightings if row.comments is not None]
    return Popularity(
        votes=recent[-1] if recent else None,
        votes_growth=recent[-1] - recent[0] if len(recent) > 1 else None,
        comments=comments[-1] if comments else None,
        sources=len({row.source for row in sightings}),
        listings=len(sightings),
        position=min((row.position for row in sightings if row.position > 0), default=0),
    )
