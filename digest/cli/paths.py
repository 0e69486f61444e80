"""Paths in settings: relative to the folder of digest.toml, independent of the current folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel

from digest.settings import DATABASE, LOCATION, Settings

_SQLITE = "sqlite:///"


def with_absolute_paths(settings: Settings, folder: Path) -> Settings:
    """Return the settings with every path made absolute; empty paths stay empty."""
    changed: Settings = _absolute(settings, folder)
    return changed


def _absolute(value: Any, folder: Path) -> Any:
    if isinstance(value, BaseModel):
        return value.model_copy(update={name: _field(value, name, folder) for name in type(value).model_fields})
    if isinstance(value, tuple):
        return tuple(_absolute(item, folder) for item in value)
    return value


def _field(model: BaseModel, name: str, folder: Path) -> Any:
    value, marks = getattr(model, name), type(model).model_fields[name].metadata
    if LOCATION in marks and value:
        return str(_under(folder, value))
    if DATABASE in marks and value.startswith(_SQLITE) and ":memory:" not in value:
        return _SQLITE + str(_under(folder, value.removeprefix(_SQLITE)))
    return _absolute(value, folder)


def _under(folder: Path, path: str) -> Path:
    return folder / Path(path).expanduser()
