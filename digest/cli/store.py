"""`digest store`: the database as a whole."""

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
    """Look after the database."""


@command(group=store, reports=True)
@click.option("--to", required=True, metavar="URL", help="An empty database: postgresql+psycopg://… or sqlite:///FILE.")
def move(invocation: Invocation, to: str) -> None:
    """Copy everything into another, empty database.

    Stop every `digest serve`, `digest worker` and cron job first. The store that is moved stays as it is: set store.url
    to the new address when all has arrived.
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
        {"to": address, "rows": dict(moved)}, f"{counted(rows, 'row')} moved to {address}; set store.url to it"
    )


@command(group=store, reports=True)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(invocation: Invocation, file: Path) -> None:
    """Write a copy of a SQLite store into a new file, while others go on using it.

    To restore it, stop all programs and put the copy in the place of the store. PostgreSQL brings pg_dump for this.
    """
    with invocation.store() as source:
        back_up_store(source, file)
    invocation.show({"file": str(file)}, f"The store was copied to {file}")
