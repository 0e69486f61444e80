"""Files that a command was asked to write."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from digest.errors import UsageError


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
