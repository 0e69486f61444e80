"""Templates and themes: those that ship with the program, and the operator's replacements."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import digest
from digest.errors import ConfigurationError

_KINDS = frozenset({".mjml", ".html", ".txt", ".toml", ".xml", ".css", ".js", ".svg", ".po"})


def load_templates(folder: str = "") -> Mapping[str, str]:
    """Return the text of each template by its name relative to the folder: "mail/issue.mjml".

    A file of the same name in the operator's folder wins. Raise ConfigurationError when that folder is not there.
    """
    shipped = _texts(_shipped_folder())
    if not folder:
        return shipped
    if not Path(folder).is_dir():
        raise ConfigurationError(f"templates.folder: {folder!r} is not a folder")
    return {**shipped, **_texts(Path(folder))}


def _shipped_folder() -> Path:
    package = Path(digest.__file__).parent
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


def _texts(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): _text(path) for path in sorted(root.rglob("*")) if path.suffix in _KINDS}


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: is not UTF-8: {error.reason} at byte {error.start}") from error
