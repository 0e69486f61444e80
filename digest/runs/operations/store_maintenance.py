"""The store as a whole: move it to another database, back it up, and elect the program that leads at it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from digest.errors import UsageError
from digest.storage import Store, store_copy
from digest.storage.database.leader_election import LeadershipCandidate, leadership_candidate

__all__ = ["LeadershipCandidate", "back_up_store", "leadership_candidate", "move_store"]


def move_store(source: Store, target: Store) -> Mapping[str, int]:
    """Copy everything into another, empty store; return the number of rows by table.

    Raise UsageError when the target is the source or is not empty.
    """
    if target.address == source.address:
        raise UsageError(f"{target.address} is the store that you are moving")
    return store_copy.move(source, target)


def back_up_store(store: Store, file: Path) -> None:
    """Write a copy of a SQLite store into a new file. Raise UsageError on PostgreSQL, and when the file exists."""
    store_copy.backup(store, file)
