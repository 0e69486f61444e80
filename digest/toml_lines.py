"""Find the line of a key in a TOML text, for messages about faulty values."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Table

Place = Sequence[str | int]  #: keys and positions from the top: ("profile", "keywords", 2, "weight")

_MARKER = "\ue000here\ue000"
_POSITION = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


def line_of(text: str, place: Place) -> int | None:
    """Return the line, counted from 1, on which the value at `place` begins; that of the nearest key above it
    when there is no such value, None when there is none of them.

    tomlkit writes a document back as it was, so the line of a value is the line of a mark put in its place.
    """
    for length in range(len(place), 0, -1):
        try:
            return _marked_line(text, place[:length])
        except (TOMLKitError, KeyError, IndexError, TypeError):
            continue
    return None


def _marked_line(text: str, place: Place) -> int:
    document = tomlkit.parse(text)
    holder: Any = document
    for key in place[:-1]:
        holder = holder[key]
    value = holder[place[-1]]
    table = value[0] if isinstance(value, AoT) else value
    if isinstance(table, Table):
        table.comment(_MARKER)  # on the line of its header; a string in its place would move to the top
    else:
        holder[place[-1]] = _MARKER
    before, mark, _ = tomlkit.dumps(document).partition(_MARKER)
    if not mark:
        raise KeyError(place)  # a table without a header of its own
    return before.count("\n") + 1


def syntax_fault(text: str, error: tomllib.TOMLDecodeError) -> tuple[int, str]:
    """Return the line and the reason of a syntax error, from the parser's message."""
    message = str(error)
    found = _POSITION.search(message)
    line = int(found[1]) if found and found[1] else text.rstrip("\n").count("\n") + 1
    return line, _POSITION.sub("", message)


def dotted(place: Place) -> str:
    """Return the name of a place as people write it: "profile.keywords[2].weight"."""
    name = ""
    for key in place:
        name += f"[{key}]" if isinstance(key, int) else f".{key}" if name else key
    return name
