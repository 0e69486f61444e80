"""`digest store`: manage the database."""

from __future__ import annotations

from pathlib import Path

import click

from digest.cli.invocation import Invocation, command
from digest.cli.tables import counted
from digest.runs.operations.store_maintenance import back_up_store, move_store
from digest.settings import StoreSettings
from digest.storage import open_store


@click.group()
def store() -> None:
    """Manage the database."""


@command(group=store, reports=True)
def create(invocation: Invocation) -> None:
    """Create the database that store.url names, if there is none.

    `digest init` does so too. `digest run`, `deliver`, `serve` and `worker` do not: without the old store they would no
    longer know who unsubscribed.
    """
    with invocation.store(create=True) as made:
        address = made.address
    invocation.show({"store": address}, f"The store is at {address}")


@command(group=store, reports=True)
@click.option("--to", required=True, metavar="URL", help="An empty database: postgresql+psycopg://… or sqlite:///FILE.")
def move(invocation: Invocation, to: str) -> None:
    """Copy everything into another, empty database.

    Stop every `digest serve`, `digest worker` and cron job first. The old store is not changed: set store.url to the
    new URL when the copy is complete.
    """
    with invocation.store() as source:
        target = open_store(StoreSettings(url=to), invocation.configuration.folder)
        try:
            moved = move_store(source, target)
        finally:
            target.close()
        address = target.address
    rows = sum(moved.values())
    invocation.show(
        {"to": address, "rows": dict(moved)}, f"{counted(rows, 'row')} copied to {address}; set store.url to it"
    )


@command(group=store, reports=True)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(invocation: Invocation, file: Path) -> None:
    """Write a copy of a SQLite store to a new file while it is in use.

    To restore it, stop all programs and replace the store with the copy. For PostgreSQL, use pg_dump.
    """
    with invocation.store() as source:
        back_up_store(source, file)
    invocation.show({"file": str(file)}, f"The store was copied to {file}")
