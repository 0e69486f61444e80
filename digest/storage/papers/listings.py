"""Listings in the store: which were read, what they held, their problems, and the state of each source."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import RowMapping, func, insert, select

from digest.papers import Problem, Sighting
from digest.storage.database import schema
from digest.storage.database.bulk import chunks, insert_or_ignore, upsert
from digest.storage.database.columns import Unreadable
from digest.storage.database.transactions import Tx
from digest.storage.papers.paper_rows import storable

MAX_COUNT = 2**31 - 1
_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)  # a time that cannot be read
_l, _s = schema.listings.c, schema.sources.c


@dataclass(frozen=True, kw_only=True)
class ListingRecord:
    """One listing that was read."""

    source: str  #: name of the source
    origin: str  #: path or URL
    format: str
    sha256: str  #: of the content, in hexadecimal; identifies the listing together with the source
    read_at: datetime
    page_date: date | None = None
    papers: int = 0  #: papers it held
    new: int = 0  #: of these, unknown before
    updated: int = 0  #: of these, enriched by this listing
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SourceState:
    """Whether a source works, and the validators for the next conditional request."""

    name: str
    etag: str = ""
    last_modified: str = ""
    last_ok: datetime | None = None
    failing_since: datetime | None = None  #: None while it works
    last_error: str = ""


def known(tx: Tx, source: str, sha256: Collection[str]) -> frozenset[str]:
    """Return the content hashes that were read from the source before."""
    found: set[str] = set()
    for chunk in chunks(sha256):
        query = select(_l.sha256).where(_l.source == source, _l.sha256.in_(chunk))
        found.update(tx.connection.execute(query).scalars())
    return frozenset(found)


def held(tx: Tx, source: str, sha256: str) -> ListingRecord | None:
    """Return the record of that content from that source; None when it was never read."""
    query = select(schema.listings).where(_l.source == source, _l.sha256 == sha256)
    row = tx.connection.execute(query).mappings().first()
    return _record_of(row) if row else None


def add(tx: Tx, record: ListingRecord, shown: Sequence[tuple[int, Sighting]] = ()) -> int:
    """Store a listing and its sightings (paper number, sighting); return the listing's id.

    If a paper occurs twice, the first sighting counts.
    """
    texts = {name: storable(getattr(record, name)) for name in ("source", "origin", "format")}
    row = vars(record) | texts | {"problems": [[p.line, storable(p.reason)] for p in record.problems]}
    result = tx.connection.execute(insert(schema.listings).returning(_l.id), row)
    listing: int = result.scalar_one()
    if shown:
        rows = [_sighting_row(record, listing, paper, sighting) for paper, sighting in shown]
        tx.connection.execute(insert_or_ignore(tx, schema.sightings), rows)
    return listing


def recent(tx: Tx, limit: int = 50) -> list[ListingRecord]:
    """Return the listings read last, newest first."""
    query = select(schema.listings).order_by(_l.read_at.desc(), _l.id.desc()).limit(limit)
    return [_record_of(row) for row in tx.connection.execute(query).mappings()]


def numbered(tx: Tx, limit: int = 50) -> dict[int, ListingRecord]:
    """Return the latest listings that held papers, by id, newest first."""
    query = select(schema.listings).where(_l.papers > 0).order_by(_l.read_at.desc(), _l.id.desc()).limit(limit)
    return {row["id"]: _record_of(row) for row in tx.connection.execute(query).mappings()}


def latest(tx: Tx) -> int:
    """Return the id of the latest listing; 0 before the first."""
    return tx.connection.execute(select(func.max(_l.id))).scalar() or 0


def shown(tx: Tx, listing: int) -> list[int]:
    """Return the numbers of the papers that a listing showed, in the order of its page."""
    sighted = schema.sightings.c
    query = select(sighted.paper).where(sighted.listing == listing).order_by(sighted.position, sighted.paper)
    return list(tx.connection.execute(query).scalars())


def source_states(tx: Tx) -> dict[str, SourceState]:
    """Return the state of each source, by name."""
    rows = tx.connection.execute(select(schema.sources)).mappings()
    return {row["name"]: SourceState(**_without_unreadable(row)) for row in rows}


def source_worked(tx: Tx, name: str, at: datetime, *, etag: str = "", last_modified: str = "") -> None:
    """Record that a source was read, with the validators for the next conditional request."""
    state = SourceState(name=name, etag=etag, last_modified=last_modified, last_ok=at)
    changed = (_s.etag, _s.last_modified, _s.last_ok, _s.failing_since, _s.last_error)
    tx.connection.execute(upsert(tx, schema.sources, (_s.name,), changed), vars(state))


def source_failed(tx: Tx, name: str, at: datetime, error: str) -> None:
    """Record that a source could not be reached or read, and keep when that began."""
    present = source_states(tx).get(name, SourceState(name=name))
    row = vars(present) | {"failing_since": present.failing_since or at, "last_error": storable(error)}
    tx.connection.execute(upsert(tx, schema.sources, (_s.name,), (_s.failing_since, _s.last_error)), row)


def _sighting_row(record: ListingRecord, listing: int, paper: int, sighting: Sighting) -> Mapping[str, Any]:
    return {
        "paper": paper,
        "listing": listing,
        "source": storable(record.source),
        "seen_at": record.read_at,
        "position": _counted(sighting.position),
        "votes": _counted(sighting.votes),
        "comments": _counted(sighting.comments),
        "arxiv_version": _counted(sighting.arxiv_version),
    }


def _counted(count: int | None) -> int | None:
    """Return a count that an integer column takes: listings say what they like, and PostgreSQL refuses more."""
    return None if count is None else max(-MAX_COUNT, min(count, MAX_COUNT))


def _record_of(row: RowMapping) -> ListingRecord:
    """Return the record of a row; what cannot be read of it is left out, so that the listing still counts as read."""
    values: dict[str, Any] = {name: row[name] for name in ListingRecord.__dataclass_fields__}
    values = _without_unreadable(values) | {"problems": tuple(_problems_of(row["problems"]))}
    return ListingRecord(**values | {"read_at": values["read_at"] or _UNKNOWN})


def _problems_of(rows: Any) -> Iterator[Problem]:
    for row in rows if isinstance(rows, list) else ():
        match row:
            case [int() | None as line, str() as reason]:
                yield Problem(line=line, reason=reason)


def _without_unreadable(values: RowMapping | Mapping[str, Any]) -> dict[str, Any]:
    return {name: None if isinstance(value, Unreadable) else value for name, value in values.items()}
