"""Leadership: of several programs at one store, at most one leads; the lock falls with the process that holds it."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from digest.storage.database.transactions import Store

LEADER_LOCK = 0x6469676C


class LeadershipCandidate(Protocol):
    """One program that leads or would lead."""

    def leads(self) -> bool:
        """Return whether this program leads now; takes the lead when nobody has it, notices when it was lost."""
        ...

    def resign(self) -> None:
        """Return the lead up, if it is held."""
        ...


def leadership_candidate(store: Store) -> LeadershipCandidate:
    """Return this program's candidacy at the store. The lead saves work; correctness rests on the ledger's rows."""
    if store.file:
        return _FileCandidate(store.file.with_name(f"{store.file.name}.leader"))
    return _ServerCandidate(store.engine)


class _FileCandidate:
    """Leads by a lock on a file beside the SQLite file: the kernel frees it when the process dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def leads(self) -> bool:
        if self._handle is None:
            self._handle = self._try()
        return self._handle is not None

    def resign(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _try(self) -> int | None:
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        return handle


class _ServerCandidate:
    """Leads by an advisory lock of a connection of its own: the server frees it when the connection ends."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def leads(self) -> bool:
        if self._connection is None:
            return self._take()
        try:
            self._connection.execute(text("SELECT 1"))
        except DBAPIError:
            self.resign()
            return False
        return True

    def resign(self) -> None:
        if self._connection is not None:
            with suppress(DBAPIError):  # it may be what broke; invalidated, it does not return to the pool
                self._connection.invalidate()
                self._connection.close()
            self._connection = None

    def _take(self) -> bool:
        try:
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        except DBAPIError:
            return False
        if connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LEADER_LOCK}).scalar():
            self._connection = connection
            return True
        connection.close()
        return False
