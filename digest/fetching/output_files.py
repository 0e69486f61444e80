"""Files that a command writes: what it was asked for, and a note of the store that was here."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from digest.errors import UsageError

STORE_NOTE = ".digest-store"  #: beside digest.toml: the address of the store that was opened last


def write_files(folder: Path, contents: Mapping[str, bytes]) -> list[Path]:
    """Write files into a folder, over those of the same name, and return their paths; makes the folder when missing.

    Raise UsageError when they cannot be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in contents.items():
            (folder / name).write_bytes(data)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written to: {error.strerror}") from error
    return [folder / name for name in contents]


def noted_store(folder: Path) -> str:
    """Return the address of the store that was last opened with the settings of this folder; empty without a note."""
    try:
        return (folder / STORE_NOTE).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def note_store(folder: Path, address: str) -> None:
    """Note the store that was opened, so that a missing one is not replaced by an empty one without a word."""
    if noted_store(folder) != address:
        with suppress(OSError):  # a folder that cannot be written to has no note
            (folder / STORE_NOTE).write_text(f"{address}\n", encoding="utf-8")
