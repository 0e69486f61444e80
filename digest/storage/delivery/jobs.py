"""Jobs on PostgreSQL: Procrastinate's tables beside ours, so that jobs and rows commit and roll back together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.schema import SchemaManager
from sqlalchemy import inspect, text

from digest.errors import ConfigurationError
from digest.storage.database.migrations import lock_migrations
from digest.storage.database.transactions import Store, Tx
from digest.storage.delivery import runs

APPLIED = "procrastinate"  #: flag that names the last of Procrastinate's own schema steps taken

CONNECT_SECONDS = 5.0  #: that a worker waits for a connection before it counts the database as unreachable


class Jobs:
    """The queue of one store."""

    def __init__(self, store: Store) -> None:
        self._deferring = App(connector=SyncPsycopgConnector(conninfo=store.conninfo))
        self._conninfo = store.conninfo

    def defer(self, tx: Tx, task: str, arguments: Mapping[str, Any], *, only_one: str = "") -> bool:
        """Enqueue a job when the transaction commits; return False when one named `only_one` waits already."""
        connection = tx.connection.connection.driver_connection
        task_in = self._deferring.configure_task(task, connection=connection, queueing_lock=only_one or None)
        if not only_one:
            task_in.defer(**arguments)
            return True
        try:
            with tx.connection.begin_nested():  # a refused insert would spoil the whole transaction
                task_in.defer(**arguments)
        except AlreadyEnqueued:
            return False
        return True

    def worker_app(self) -> App:
        """Return an app of which a worker can be run."""
        return App(connector=PsycopgConnector(conninfo=self._conninfo, timeout=CONNECT_SECONDS))


def open_jobs(store: Store) -> Jobs:
    """Return the queue of the store, its tables made or brought up.

    Raise ConfigurationError on SQLite, where one process does all the work.
    """
    if not store.on_postgresql:
        raise ConfigurationError(
            "workers need a store on PostgreSQL; on SQLite `digest serve` or `digest run` works alone"
        )
    with store.transaction() as tx:
        lock_migrations(tx.connection)
        _bring_up(tx)
    return Jobs(store)


def outstanding(tx: Tx, task: str) -> int:
    """Return how many jobs of this task wait or are being worked on."""
    query = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = :task AND status IN ('todo', 'doing')"
    count: int = tx.connection.execute(text(query), {"task": task}).scalar_one()
    return count


def _bring_up(tx: Tx) -> None:
    if not inspect(tx.connection).has_table("procrastinate_jobs"):
        _execute(tx, SchemaManager.get_schema())
    else:
        applied = runs.flag(tx, APPLIED)
        for step in _steps():
            if applied and step.name > applied:
                _execute(tx, step.read_text(encoding="utf-8"))
    runs.set_flag(tx, APPLIED, _steps()[-1].name)


def _steps() -> list[Path]:
    return sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))


def _execute(tx: Tx, script: str) -> None:
    connection: Any = tx.connection.connection.driver_connection
    connection.execute(script.encode())  # without parameters: a percent sign is one
