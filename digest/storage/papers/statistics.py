"""Data of the ranking: corpus statistics by version, calibrations of subscribers, embeddings of papers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from digest.storage.database import schema
from digest.storage.database.bulk import chunks, upsert
from digest.storage.database.transactions import Tx

_s, _c, _e = schema.statistics.c, schema.calibrations.c, schema.embeddings.c


@dataclass(frozen=True, kw_only=True)
class StatisticsRecord:
    """One version of the corpus statistics."""

    version: int
    created: datetime
    papers: int  #: how many papers they were computed from
    data: bytes  #: as the ranking dumped it


def latest(tx: Tx) -> StatisticsRecord | None:
    """Return the newest statistics; None before the first."""
    row = tx.connection.execute(select(schema.statistics).order_by(_s.version.desc()).limit(1)).mappings().first()
    return StatisticsRecord(**row) if row else None


def latest_version(tx: Tx) -> int:
    """Return the version of the newest statistics without their data; 0 before the first."""
    return tx.connection.execute(select(_s.version).order_by(_s.version.desc()).limit(1)).scalar() or 0


def by_version(tx: Tx, version: int) -> StatisticsRecord | None:
    """Return that version of the statistics; None when it was deleted."""
    row = tx.connection.execute(select(schema.statistics).where(_s.version == version)).mappings().first()
    return StatisticsRecord(**row) if row else None


def add(tx: Tx, created: datetime, papers: int, data: bytes, *, keep: int = 5) -> int:
    """Store a new version of the statistics, and return its number; keep only the newest `keep`."""
    row = {"created": created, "papers": papers, "data": data}
    version: int = tx.connection.execute(insert(schema.statistics).returning(_s.version), row).scalar_one()
    kept = select(_s.version).order_by(_s.version.desc()).limit(keep)
    tx.connection.execute(delete(schema.statistics).where(_s.version.not_in(kept)))
    return version


def calibrations(tx: Tx, subscribers: Iterable[int]) -> dict[int, bytes]:
    """Return the calibrations of these subscribers, as the ranking dumped them; not everyone has one."""
    found: dict[int, bytes] = {}
    for chunk in chunks(subscribers):
        rows = tx.connection.execute(select(_c.subscriber, _c.data).where(_c.subscriber.in_(chunk)))
        found |= {row.subscriber: row.data for row in rows}
    return found


def store_calibrations(tx: Tx, calibrations: Mapping[int, bytes]) -> None:
    """Store calibrations by subscriber, in place of earlier ones."""
    rows = [{"subscriber": subscriber, "data": data} for subscriber, data in calibrations.items()]
    if rows:
        tx.connection.execute(upsert(tx, schema.calibrations, (_c.subscriber,), (_c.data,)), rows)


def embeddings(tx: Tx, model: str, papers: Iterable[int]) -> dict[int, bytes]:
    """Return the vectors of these papers from this model."""
    found: dict[int, bytes] = {}
    for chunk in chunks(papers):
        query = select(_e.paper, _e.vector).where(_e.model == model, _e.paper.in_(chunk))
        found |= {row.paper: row.vector for row in tx.connection.execute(query)}
    return found


def store_embeddings(tx: Tx, model: str, vectors: Mapping[int, bytes]) -> None:
    """Store the vectors of papers from this model."""
    rows = [{"paper": paper, "model": model, "vector": vector} for paper, vector in vectors.items()]
    if rows:
        tx.connection.execute(upsert(tx, schema.embeddings, (_e.paper, _e.model), (_e.vector,)), rows)
