"""Engines: parse the store address and set up connections to the database."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

from msgspec import MsgspecError
from msgspec.json import Decoder, Encoder
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from digest.errors import ConfigurationError
from digest.storage.database.columns import unreadable

BUSY_SECONDS = 30.0  #: how long a connection to SQLite waits for another writer
_POSTGRESQL_NAMES = frozenset({"postgres", "postgresql", "postgresql+psycopg"})
_PRAGMAS = ("synchronous = FULL", "foreign_keys = ON", "cache_size = -65536")


_decode, _write = Decoder().decode, Encoder().encode  # two and four times as fast as the json module


def _read(text: str) -> Any:
    """Return the value of a JSON text, or Unreadable, so that one bad row does not keep the others from being read."""
    try:
        return _decode(text)
    except (MsgspecError, RecursionError, TypeError, ValueError):
        return unreadable(text)


def compact(value: Any) -> str:
    """Return a value as JSON without spaces."""
    return _write(value).decode()


def store_url(address: str, base_folder: Path) -> URL:
    """Return the database that `address` names; a relative SQLite file is relative to `base_folder`.

    Raise ConfigurationError when the address is not SQLite or PostgreSQL.
    """
    try:
        url = make_url(address)
    except ArgumentError:
        raise ConfigurationError(f"store.url: {address!r} is not a database address; {_EXPECTED}") from None
    if url.drivername == "sqlite":
        return _file_url(url, base_folder)
    if url.drivername in _POSTGRESQL_NAMES:
        return url.set(drivername="postgresql+psycopg")
    raise ConfigurationError(f"store.url: {url.drivername!r} is not a database that this program supports; {_EXPECTED}")


_EXPECTED = "expected sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"


def _file_url(url: URL, base_folder: Path) -> URL:
    if not url.database or url.database == ":memory:":
        raise ConfigurationError(f"store.url: processes cannot share an in-memory SQLite database; {_EXPECTED}")
    return url.set(database=str(base_folder / url.database))


def engine_for(url: URL) -> Engine:
    """Return an engine for the database that keeps values out of error messages and logs."""
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
    _enable_wal(connection)
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()


def _enable_wal(connection: sqlite3.Connection) -> None:
    """Switch the file to a write-ahead log. SQLite does not wait for a concurrent switch, so retry here."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    # The driver's own transactions start late and end at DDL, so they are off. A writer takes its lock at once,
    # because SQLite refuses a reader that becomes a writer later without waiting.
    connection.exec_driver_sql(connection.get_execution_options().get("digest_begin", "BEGIN"))


def without_password(url: URL) -> str:
    """Return the address with the password hidden."""
    return url.render_as_string(hide_password=True)
