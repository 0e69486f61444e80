"""Listings in files and folders."""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from digest.errors import FetchError
from digest.fetching.fetched import MOST_BYTES, Fetched

SETTLING = 0.2  #: seconds in which a file that is being written is expected to change
_UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp", ".swp", "~")

Stamp = tuple[int, int]  #: size and time of change of a file


def listing_paths(path: Path) -> list[Path]:
    """Return the files that a path stands for: itself, or all in a folder and below it, in the order of their names.

    Hidden files and the usual names of unfinished downloads are left out. Raise FetchError when there is no such
    path or a folder cannot be read.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise FetchError(f"{path}: no such file or folder")
    return sorted(_files_below(path))


def _files_below(folder: Path) -> list[Path]:
    def refuse(error: OSError) -> None:
        raise FetchError(f"{error.filename}: {error.strerror}") from error

    found: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(place, name) for name in names if not name.startswith(".") and not name.endswith(_UNFINISHED)]
    return [path for path in found if path.is_file()]


def stamp(path: Path) -> Stamp | None:
    """Return what changes when a file is written to; None when it is gone."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def still_changing(stamps: Collection[tuple[Path, Stamp | None]], pause: float = SETTLING) -> frozenset[Path]:
    """Return those files that changed since they were stamped, after a moment in which a writer goes on writing."""
    if stamps:
        time.sleep(pause)
    return frozenset(path for path, before in stamps if before is None or stamp(path) != before)


def read_file(path: Path) -> Fetched:
    """Return the content of a file. Raise FetchError when it cannot be read or is too large."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise FetchError(f"{path}: {error.strerror}") from error
    if len(data) > MOST_BYTES:
        raise FetchError(f"{path}: more than {MOST_BYTES:,} bytes")
    return Fetched(origin=str(path), data=data, modified=datetime.fromtimestamp(status.st_mtime, UTC))
