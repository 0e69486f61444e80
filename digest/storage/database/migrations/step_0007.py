"""Step 7: addresses in their canonical form, so that two spellings of one address are one person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations

from digest.addresses import normalised_address
from digest.storage.database.columns import Instant, Wide

_subscribers = sa.table(
    "subscribers",
    sa.column("number", Wide),
    *map(sa.column, ("address", "address_key", "state")),
    sa.column("next_due", Instant),
)
_consents = sa.table(
    "consents", sa.column("subscriber", Wide), sa.column("at", Instant), *map(sa.column, ("state", "cause"))
)
_suppressions = sa.table(
    "suppressions", *map(sa.column, ("address_key", "reason", "evidence")), sa.column("lifted_at", Instant)
)
_ENDED = ("unsubscribed", "bounced")


def upgrade(op: Operations) -> None:
    """Compute the keys of addresses anew; of several subscribers with one address, only the first can get issues."""
    connection = op.get_bind()
    _subscribers_by_key(connection)
    _suppressions_by_key(connection)


def _subscribers_by_key(connection: sa.Connection) -> None:
    for key, people in _grouped(connection, _subscribers).items():
        first, *others = sorted(people, key=lambda person: int(person["number"]))
        for other in others:
            _end(connection, other, f"{key} (as subscriber {first['number']})", f"same address as {first['number']}")
        if first["address_key"] != key:
            _change(connection, first, {"address_key": key})
        if first["state"] not in _ENDED and (state := _ended_state(others)):
            _end(connection, first, key, f"{state} under another spelling of the address")


def _grouped(connection: sa.Connection, table: sa.TableClause) -> dict[str, list[Mapping[str, Any]]]:
    """Return the rows whose key is not canonical, by canonical key, with the row that has that key already."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in connection.execute(sa.select(table)).mappings():
        key = row["address_key"]
        if not key.isascii() and (canonical := normalised_address(key)) != key:
            found.setdefault(canonical, []).append(dict(row))
    for canonical, rows in found.items():
        present = connection.execute(sa.select(table).where(table.c.address_key == canonical)).mappings()
        rows.extend(dict(row) for row in present)
    return found


def _ended_state(people: Iterable[Mapping[str, Any]]) -> str:
    return next((person["state"] for person in people if person["state"] in _ENDED), "")


def _end(connection: sa.Connection, person: Mapping[str, Any], key: str, cause: str) -> None:
    _change(connection, person, {"address_key": key, "state": "unsubscribed", "next_due": None})
    note = {"subscriber": person["number"], "at": datetime.now(UTC), "state": "unsubscribed", "cause": cause}
    connection.execute(sa.insert(_consents), note)


def _change(connection: sa.Connection, person: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    changed = sa.update(_subscribers).where(_subscribers.c.number == person["number"])
    connection.execute(changed.values(**values))


def _suppressions_by_key(connection: sa.Connection) -> None:
    for key, same in _grouped(connection, _suppressions).items():
        kept, *others = sorted(same, key=lambda row: row["lifted_at"] is not None)
        for other in others:
            connection.execute(sa.delete(_suppressions).where(_suppressions.c.address_key == other["address_key"]))
        renamed = sa.update(_suppressions).where(_suppressions.c.address_key == kept["address_key"])
        connection.execute(renamed.values(address_key=key))
