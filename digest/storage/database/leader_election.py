"""Leader election: at most one process per store leads; the lock is released when that process ends."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from digest.errors import StoreError
from digest.storage.database.transactions import Store

LEADER_LOCK = 0x6469676C


class LeadershipCandidate(Protocol):
    """A process that leads or wants to lead."""

    def leads(self) -> bool:
        """Return whether this process leads now. Take the lead if nobody has it; notice if it was lost.

        Raise StoreError when the database cannot be reached.
        """
        ...

    def resign(self) -> None:
        """Give up the lead, if this process has it."""
        ...


def leadership_candidate(store: Store) -> LeadershipCandidate:
    """Return this process as a candidate. A leader only saves work; correctness depends on the rows of the ledger."""
    if store.file:
        return _FileCandidate(store.file.with_name(f"{store.file.name}.leader"))
    return _ServerCandidate(store.engine, store.address)


class _FileCandidate:
    """Leads by a lock on a file next to the SQLite file; the kernel releases it when the process dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def leads(self) -> bool:
        if self._handle is None:
            self._handle = self._try_lock()
        return self._handle is not None

    def resign(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _try_lock(self) -> int | None:
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        return handle


class _ServerCandidate:
    """Leads by an advisory lock of a separate connection; the server releases it when the connection ends."""

    def __init__(self, engine: Engine, address: str) -> None:
        self._engine, self._address = engine, address
        self._connection: Connection | None = None

    def leads(self) -> bool:
        if self._connection is None:
            return self._acquire()
        try:
            self._connection.execute(text("SELECT 1"))
        except DBAPIError:
            self.resign()
            return False
        return True

    def resign(self) -> None:
        if self._connection is not None:
            with suppress(SQLAlchemyError):  # at once: the end of the connection reaches the server a moment later
                self._connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LEADER_LOCK})
            with suppress(DBAPIError):  # the connection may be broken; invalidated, it does not return to the pool
                self._connection.invalidate()
                self._connection.close()
            self._connection = None

    def _acquire(self) -> bool:
        try:
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            if connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LEADER_LOCK}).scalar():
                self._connection = connection
                return True
            connection.close()
        except DBAPIError as error:
            raise StoreError(f"store {self._address}: {' '.join(str(error.orig or error).split())}") from error
        return False
