"""The folder of profile files: read as a whole, written one file at a time."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path

from digest.errors import ConfigurationError, UsageError

MAX_BYTES = 1_000_000  #: that are read of one file; no profile is as large
_log = logging.getLogger(__name__)


def read_profile_folder(folder: Path) -> Mapping[str, bytes]:
    """Return the content of every .toml file in the folder by path, sorted by name, without hidden files.

    Raise ConfigurationError when there is no such folder.
    """
    if not folder.is_dir():
        raise ConfigurationError(f"subscribers.folder: found {str(folder)!r}, expected a folder with profile files")
    files = sorted(path for path in folder.glob("*.toml") if not path.name.startswith(".") and path.is_file())
    return {str(path): _content(path) for path in files}


def _content(path: Path) -> bytes:
    """Return the content up to a size that no profile has; nothing, and a line in the log, when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES)
    except OSError as error:
        _log.error("%s cannot be read: %s", path, error.strerror, extra={"action": "profile file"})
        return b""


def write_new_file(path: Path, text: str) -> None:
    """Write a file that must not exist yet, atomically; create its folder when missing.

    Raise UsageError when there is such a file, or when it cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        os.link(part, path)
    except FileExistsError as error:
        raise UsageError(f"{path} exists already and was left unchanged") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def replace_file(path: Path, text: str, seen: bytes) -> None:
    """Replace a file atomically, provided its content is still `seen`.

    Raise UsageError when it has other content by now, or cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if path.read_bytes() != seen:
            raise UsageError(f"{path} was changed meanwhile and was left unchanged")
        part.write_text(text, encoding="utf-8")
        part.chmod(path.stat().st_mode & 0o7777)
        part.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
