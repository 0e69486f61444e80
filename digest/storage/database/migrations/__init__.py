"""Numbered migrations from an empty database to the current schema, run in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, Inspector, inspect, text

from digest.errors import SchemaTooNew
from digest.storage.database.migrations import (
    step_0001,
    step_0002,
    step_0003,
    step_0004,
    step_0005,
    step_0006,
    step_0007,
)

Step = Callable[[Operations], None]

_MODULES = (step_0001, step_0002, step_0003, step_0004, step_0005, step_0006, step_0007)
STEPS: Sequence[Step] = tuple(module.upgrade for module in _MODULES)
MIGRATION_LOCK = 0x6469676D


def migrate(connection: Connection, upto: int | None = None) -> int:
    """Bring the schema to version `upto` (default: the current one), and return how many steps that took.

    Raise SchemaTooNew, and change nothing, when a newer program wrote the store.
    """
    wanted = len(STEPS) if upto is None else upto
    present = schema_version(connection)
    if present < wanted:
        lock_migrations(connection)
        present = schema_version(connection)
    operations = Operations(MigrationContext.configure(connection))
    for version in range(present + 1, wanted + 1):
        STEPS[version - 1](operations)
        _set_version(connection, version)
    return max(wanted - present, 0)


def is_current(connection: Connection) -> bool:
    """Return whether the schema is up to date. Raise SchemaTooNew when a newer program wrote the store."""
    return schema_version(connection) == len(STEPS)


def schema_version(connection: Connection) -> int:
    """Return the schema version of the store; 0 for an empty one. Raise SchemaTooNew when it is too high."""
    inspector: Inspector = inspect(connection)
    if not inspector.has_table("schema_version"):
        return 0
    present: int = connection.execute(text("SELECT version FROM schema_version")).scalar() or 0
    if present > len(STEPS):
        raise SchemaTooNew(
            f"the store has schema version {present}, this program knows {len(STEPS)}: a newer version wrote it"
        )
    return present


def lock_migrations(connection: Connection) -> None:
    """Wait until no other process changes tables, and keep others from it until the transaction ends."""
    # Two processes may open the same empty store at once; on SQLite the transaction itself is exclusive.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})


def _set_version(connection: Connection, version: int) -> None:
    if not connection.execute(text("UPDATE schema_version SET version = :v"), {"v": version}).rowcount:
        connection.execute(text("INSERT INTO schema_version (version) VALUES (:v)"), {"v": version})
