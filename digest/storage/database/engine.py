"""Engines: which database a store address means, and how a connection to it is set up."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

from msgspec.json import Decoder, Encoder
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from digest.errors import ConfigurationError

BUSY_SECONDS = 30.0  #: how long a connection to SQLite waits for another writer
_POSTGRESQL_NAMES = frozenset({"postgres", "postgresql", "postgresql+psycopg"})
_PRAGMAS = ("synchronous = FULL", "foreign_keys = ON", "cache_size = -65536")


_read, _write = Decoder().decode, Encoder().encode  # in half the time of Python's own, and a quarter


def compact(value: Any) -> str:
    """Return a value as JSON without spaces."""
    return _write(value).decode()


def store_url(address: str, base_folder: Path) -> URL:
    """Return the database that `address` names; a relative SQLite file lies in `base_folder`.

    Raise ConfigurationError for an address that is none of ours.
    """
    try:
        url = make_url(address)
    except ArgumentError:
        raise ConfigurationError(f"store.url: {address!r} is not a database address; {_EXPECTED}") from None
    if url.drivername == "sqlite":
        return _file_url(url, base_folder)
    if url.drivername in _POSTGRESQL_NAMES:
        return url.set(drivername="postgresql+psycopg")
    raise ConfigurationError(f"store.url: {url.drivername!r} is no database this program knows; {_EXPECTED}")


_EXPECTED = "expected sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"


def _file_url(url: URL, base_folder: Path) -> URL:
    if not url.database or url.database == ":memory:":
        raise ConfigurationError(f"store.url: SQLite in memory cannot be shared by processes; {_EXPECTED}")
    return url.set(database=str(base_folder / url.database))


def engine_for(url: URL) -> Engine:
    """Return an engine for the database, with statements' values kept out of error messages and logs."""
    if url.drivername == "sqlite":
        return _sqlite_engine(url)
    try:
        return create_engine(
            url,
            hide_parameters=True,
            json_serializer=compact,
            json_deserializer=_read,
            pool_pre_ping=True,
            pool_size=8,
            max_overflow=8,
            connect_args={"options": "-c timezone=UTC", "application_name": "digest"},
        )
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "store.url names PostgreSQL, whose driver is not installed: pip install 'paper-digest[postgresql]'"
        ) from error


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        json_serializer=compact,
        json_deserializer=_read,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False, "isolation_level": None},
    )
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    _write_ahead(connection)
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Make the file one with a write-ahead log; of several programs that do so at once, SQLite lets none wait."""
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    # The driver's own transactions start late and break at DDL, so they are off; a writer takes its lock at once,
    # because a reader that turns writer later is refused without waiting.
    connection.exec_driver_sql(connection.get_execution_options().get("digest_begin", "BEGIN"))


def without_password(url: URL) -> str:
    """Return the address as it may be shown."""
    return url.render_as_string(hide_password=True)
