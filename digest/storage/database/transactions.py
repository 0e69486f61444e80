"""The store: opens one database and provides the transactions that every storage function takes first."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, PoolProxiedConnection, text
from sqlalchemy.exc import DBAPIError

from digest.errors import StoreBusy, StoreError, StoreMissing
from digest.settings import StoreSettings
from digest.storage.database.engine import BUSY_SECONDS, engine_for, store_url, without_password
from digest.storage.database.migrations import is_current, migrate, schema_version
from digest.storage.database.write_queue import WriteQueue, WriteQueueTimeout

INGEST_LOCK = 0x64696765  # advisory locks are numbers; this is "dige"
_WRITING = "another process is writing and did not finish in time"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Tx:
    """One open transaction. Only `digest.storage` uses its attributes."""

    connection: Connection
    writes: bool = True
    ingests: bool = False  #: holds the ingest lock, under which papers are numbered

    @property
    def on_postgresql(self) -> bool:
        return self.connection.dialect.name == "postgresql"


class Store:
    """One open database."""

    def __init__(self, url: URL, engine: Engine) -> None:
        self._url, self._engine = url, engine
        self._write_queue = None if engine.dialect.name == "postgresql" else WriteQueue(engine)

    @property
    def address(self) -> str:
        """Where the store is, without the password."""
        return without_password(self._url)

    @property
    def on_postgresql(self) -> bool:
        return self._engine.dialect.name == "postgresql"

    @property
    def engine(self) -> Engine:
        """The connections; only for `digest.storage`."""
        return self._engine

    @property
    def conninfo(self) -> str:
        """The address in the form of PostgreSQL's own tools, with the password."""
        return self._url.set(drivername="postgresql").render_as_string(hide_password=False)

    @property
    def file(self) -> Path | None:
        """The SQLite file; None on PostgreSQL."""
        return None if self.on_postgresql else Path(self._url.database or "")

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """Return a transaction that commits at the end of the block and rolls back when the block raises.

        On SQLite it is the only writer from the start; transactions of threads that wait for each other are committed
        together. Raise StoreBusy when another writer does not finish.
        """
        if self._write_queue is None:
            with self._connection() as connection, connection.begin():
                yield Tx(connection=connection)
            return
        with self._store_errors(), self._write_queue.shared(BUSY_SECONDS) as connection:
            yield Tx(connection=connection)

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        """Return a read-only transaction that sees one snapshot of the store."""
        isolation = {"isolation_level": "REPEATABLE READ"} if self.on_postgresql else {}
        with self._connection(digest_begin="BEGIN", **isolation) as connection, connection.begin():
            yield Tx(connection=connection, writes=False)

    @contextmanager
    def ingesting(self, wait: float) -> Iterator[Tx]:
        """Return the only transaction that may number papers at this time.

        Raise StoreBusy when another has held it for more than `wait` seconds.
        """
        begin = "BEGIN IMMEDIATE"
        with (
            self.exclusive_writes(wait),
            self._connection(digest_begin=begin) as connection,
            _busy_timeout(connection, wait),
            connection.begin(),
        ):
            if self.on_postgresql:
                _take_ingest_lock(connection, wait)
            yield Tx(connection=connection, ingests=True)

    @contextmanager
    def exclusive_writes(self, wait: float = BUSY_SECONDS) -> Iterator[None]:
        """Keep other threads of this process from writing to SQLite while the caller uses a separate connection.

        Raise StoreBusy when they have not finished after `wait` seconds. Does nothing on PostgreSQL.
        """
        with self._store_errors(), self._write_queue.alone(wait) if self._write_queue else nullcontext():
            yield

    def driver_connection(self) -> PoolProxiedConnection:
        """Return a connection of the database driver, for the statements that run for every message."""
        with self._store_errors():
            return self._engine.raw_connection()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _connection(self, **options: str) -> Iterator[Connection]:
        with self._store_errors(), self._engine.connect() as connection:
            yield connection.execution_options(**options)

    @contextmanager
    def _store_errors(self) -> Iterator[None]:
        try:
            yield
        except WriteQueueTimeout:
            raise StoreBusy(f"store {self.address}: {_WRITING}") from None
        except DBAPIError as error:
            raise _store_error(error.orig or error, self.address) from error
        except self._engine.dialect.loaded_dbapi.Error as error:  # of a connection of the driver's own
            raise _store_error(error, self.address) from error


def store_address(settings: StoreSettings, base_folder: Path) -> str:
    """Return the address of the store that the settings name, without the password."""
    return without_password(store_url(settings.url, base_folder))


def open_store(settings: StoreSettings, base_folder: Path, *, create: bool = True) -> Store:
    """Return the store that the settings name, upgraded to this program's schema.

    A relative SQLite file is relative to `base_folder`; its folder is created when missing. Raise StoreMissing when
    there is no store and `create` is false, ConfigurationError for an invalid address, SchemaTooNew for a store that a
    newer program wrote, StoreError when it cannot be reached.
    """
    url = store_url(settings.url, base_folder)
    store = Store(url, engine_for(url))
    if store.file and create:
        store.file.parent.mkdir(parents=True, exist_ok=True)
    try:
        if store.file and not create and not store.file.is_file():
            raise _missing(store)  # before a connection, which would create the file
        _upgrade(store, create=create)
    except BaseException:
        store.close()
        raise
    return store


def _missing(store: Store) -> StoreMissing:
    return StoreMissing(
        f"store.url: there is no store at {store.address}. If there was one, look whether its disk or volume is "
        "mounted; `digest store create` makes a new one"
    )


def _upgrade(store: Store, *, create: bool) -> None:
    with store.reading() as tx:
        version, current = schema_version(tx.connection), is_current(tx.connection)
    if not version and not create:
        raise _missing(store)
    if not current:
        with store.transaction() as tx:
            steps = migrate(tx.connection)
        _log.info("store %s: %d schema steps taken", store.address, steps, extra={"action": "migrate", "steps": steps})


@contextmanager
def _busy_timeout(connection: Connection, wait: float) -> Iterator[None]:
    """Let a SQLite connection wait that long for its lock; restore the default afterwards."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.cursor()
    driver.execute(f"PRAGMA busy_timeout = {int(wait * 1000)}")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
        driver.close()


def _take_ingest_lock(connection: Connection, wait: float) -> None:
    connection.execute(
        text("SELECT set_config('lock_timeout', :wait, true)"), {"wait": f"{max(int(wait * 1000), 1)}ms"}
    )
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": INGEST_LOCK})
    connection.execute(text("SELECT set_config('lock_timeout', '0', true)"))


def _store_error(error: BaseException, address: str) -> StoreError:
    if getattr(error, "sqlstate", None) == "55P03" or "database is locked" in str(error):
        return StoreBusy(f"store {address}: {_WRITING}")
    return StoreError(f"store {address}: {' '.join(str(error).split())}")
