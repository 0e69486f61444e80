"""Operators: people who may see and do more than manage their own subscription, known by a hashed token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, insert, select, update

from digest.storage.database import web_schema as tables
from digest.storage.database.transactions import Tx

_o, _s = tables.operators.c, tables.operator_sessions.c


class Role(StrEnum):
    """What an operator may do; each includes the ones before it."""

    READ = "read"  #: see runs, deliveries, subscribers
    SEND = "send"  #: also retry and lift suppressions
    ADMINISTER = "administer"  #: also groups, invitations, imports, exports

    def includes(self, wanted: Role) -> bool:
        """Return True when this role may do what `wanted` may."""
        order = list(Role)
        return order.index(self) >= order.index(wanted)


@dataclass(frozen=True, kw_only=True)
class Operator:
    """One operator."""

    id: int
    name: str
    role: Role
    created: datetime
    revoked_at: datetime | None = None


def add(tx: Tx, name: str, role: Role, token_hash: str, now: datetime) -> None:
    """Store an operator, or give the one of that name another role and token."""
    row = {"role": role.value, "token_hash": token_hash, "created": now, "revoked_at": None}
    changed = tx.connection.execute(update(tables.operators).where(_o.name == name).values(**row))
    if not changed.rowcount:
        tx.connection.execute(insert(tables.operators), {"name": name, **row})


def revoke(tx: Tx, name: str, now: datetime) -> bool:
    """End an operator's token and sessions; False when there is no such operator."""
    present = (_o.name == name) & _o.revoked_at.is_(None)
    sessions = select(_o.id).where(_o.name == name).scalar_subquery()
    tx.connection.execute(delete(tables.operator_sessions).where(_s.operator == sessions))
    return tx.connection.execute(update(tables.operators).where(present).values(revoked_at=now)).rowcount == 1


def all_of(tx: Tx) -> list[Operator]:
    """Return all operators, including revoked ones, by name."""
    columns = (_o.id, _o.name, _o.role, _o.created, _o.revoked_at)
    rows = tx.connection.execute(select(*columns).order_by(_o.name)).mappings()
    return [Operator(**{**row, "role": Role(row["role"])}) for row in rows]


def by_token(tx: Tx, token_hash: str) -> Operator | None:
    """Return the operator with that token; None for a wrong or revoked one."""
    return _one(tx, (_o.token_hash == token_hash) & _o.revoked_at.is_(None))


def by_session(tx: Tx, session_hash: str, now: datetime) -> Operator | None:
    """Return the operator of a session that has not expired."""
    current = select(_s.operator).where((_s.hash == session_hash) & (_s.expires > now))
    return _one(tx, _o.id.in_(current) & _o.revoked_at.is_(None))


def open_session(tx: Tx, operator: int, session_hash: str, expires: datetime) -> None:
    """Start a session."""
    tx.connection.execute(
        insert(tables.operator_sessions), {"hash": session_hash, "operator": operator, "expires": expires}
    )


def close_session(tx: Tx, session_hash: str) -> None:
    """End a session, if it exists."""
    tx.connection.execute(delete(tables.operator_sessions).where(_s.hash == session_hash))


def tidy_sessions(tx: Tx, now: datetime) -> None:
    """Delete expired sessions."""
    tx.connection.execute(delete(tables.operator_sessions).where(_s.expires <= now))


def _one(tx: Tx, condition: object) -> Operator | None:
    columns = (_o.id, _o.name, _o.role, _o.created, _o.revoked_at)
    row = tx.connection.execute(select(*columns).where(condition)).mappings().first()  # type: ignore[arg-type]
    return Operator(**{**row, "role": Role(row["role"])}) if row else None
