"""Runs and flags: what was done when, and the few switches an operator has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from digest.storage.database import schema
from digest.storage.database.bulk import upsert
from digest.storage.database.transactions import Tx

_r, _f = schema.runs.c, schema.flags.c


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One run as it was recorded."""

    id: int
    kind: str  #: ingest, plan, deliver, run, housekeeping
    started: datetime
    ended: datetime | None  #: None while it runs, and for one that was killed
    report: Mapping[str, Any] | None


def begin(tx: Tx, kind: str, now: datetime) -> int:
    """Record that a run began; return its id."""
    row = {"kind": kind, "started": now}
    run: int = tx.connection.execute(insert(schema.runs).returning(_r.id), row).scalar_one()
    return run


def finish(tx: Tx, run: int, now: datetime, report: Mapping[str, Any]) -> None:
    """Record how a run ended."""
    tx.connection.execute(update(schema.runs).where(_r.id == run).values(ended=now, report=dict(report)))


def recent(tx: Tx, *, since: datetime | None = None, limit: int = 100) -> list[RunRecord]:
    """Return the runs begun since then, newest first."""
    query = select(schema.runs).order_by(_r.started.desc(), _r.id.desc()).limit(limit)
    if since is not None:
        query = query.where(_r.started >= since)
    return [RunRecord(**row) for row in tx.connection.execute(query).mappings()]


def last_begun(tx: Tx) -> dict[str, datetime]:
    """Return when the latest run of each kind began."""
    query = select(_r.kind, func.max(_r.started).label("started")).group_by(_r.kind)
    return {row.kind: row.started for row in tx.connection.execute(query)}


def flag(tx: Tx, name: str) -> str:
    """Return the value of a switch; empty when it is off."""
    return tx.connection.execute(select(_f.value).where(_f.name == name)).scalar() or ""


def set_flag(tx: Tx, name: str, value: str) -> None:
    """Set a switch; an empty value turns it off."""
    if value:
        tx.connection.execute(upsert(tx, schema.flags, (_f.name,), (_f.value,)), {"name": name, "value": value})
    else:
        tx.connection.execute(delete(schema.flags).where(_f.name == name))
