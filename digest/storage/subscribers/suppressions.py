"""Suppressions: addresses that must not be mailed, and the reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update

from digest.addresses import normalised_address
from digest.storage.database import schema
from digest.storage.database.bulk import chunks, upsert
from digest.storage.database.transactions import Tx
from digest.storage.papers.paper_rows import storable

_x = schema.suppressions.c
_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)  # a time that cannot be read
_AMONG = select(schema.suppressions).where(
    _x.address_key.in_(bindparam("keys", expanding=True)), _x.lifted_at.is_(None)
)


@dataclass(frozen=True, kw_only=True)
class Suppression:
    """An address that must not be mailed."""

    address: str  #: normalised
    reason: str  #: hard bounce, complaint, operator
    evidence: str  #: the proof: status and text of a bounce
    since: datetime
    lifted_at: datetime | None = None  #: None while it is in force


def suppress(tx: Tx, address: str, reason: str, evidence: str, now: datetime) -> None:
    """Suppress the address; a lifted suppression is in force again."""
    row = {
        "address_key": normalised_address(address),
        "reason": reason,
        "evidence": storable(evidence),
        "since": now,
        "lifted_at": None,
    }
    changed = (_x.reason, _x.evidence, _x.since, _x.lifted_at)
    tx.connection.execute(upsert(tx, schema.suppressions, (_x.address_key,), changed), row)


def lift(tx: Tx, address: str, now: datetime) -> bool:
    """Lift a suppression; return False when the address was not suppressed."""
    lifting = update(schema.suppressions).where(_x.address_key == normalised_address(address), _x.lifted_at.is_(None))
    return tx.connection.execute(lifting.values(lifted_at=now)).rowcount > 0


def lifted(tx: Tx, address: str) -> datetime | None:
    """Return when the suppression of the address was last lifted; None when it never was."""
    query = select(_x.lifted_at).where(_x.address_key == normalised_address(address))
    at: datetime | None = tx.connection.execute(query).scalar()
    return at


def among(tx: Tx, addresses: Iterable[str]) -> dict[str, Suppression]:
    """Return the suppressions in force for these addresses, by normalised address."""
    found: dict[str, Suppression] = {}
    for chunk in chunks({normalised_address(address) for address in addresses}):
        found |= {row.address_key: _suppression_of(row) for row in tx.connection.execute(_AMONG, {"keys": chunk})}
    return found


def holding(tx: Tx) -> list[Suppression]:
    """Return all suppressions in force, newest first."""
    query = select(schema.suppressions).where(_x.lifted_at.is_(None)).order_by(_x.since.desc(), _x.address_key)
    return [_suppression_of(row) for row in tx.connection.execute(query)]


def count(tx: Tx) -> int:
    """Return how many addresses are suppressed."""
    found: int = tx.connection.execute(select(func.count()).where(_x.lifted_at.is_(None))).scalar_one()
    return found


def _suppression_of(row: Any) -> Suppression:
    return Suppression(
        address=row.address_key,
        reason=row.reason,
        evidence=row.evidence,
        since=row.since if isinstance(row.since, datetime) else _UNKNOWN,  # it is in force all the same
        lifted_at=row.lifted_at,
    )
