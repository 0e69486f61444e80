"""Lists in a profile file, changed in place, so that the comments between their rows stay."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

import tomlkit
from tomlkit.items import Array, InlineTable, Item

Row = Mapping[str, Any]  #: a keyword as plain values: term, and weight and acronyms where they are not the default


def keyword_list(rows: Sequence[Row]) -> Array:
    """Return a new list of keywords, one a line."""
    array = tomlkit.array()
    for row in rows:
        array.append(_inline(row))
    return array.multiline(len(rows) > 1)


def change_keywords(array: Array, rows: Sequence[Row]) -> None:
    """Change the list to these rows: edit known terms in place, remove or append the others."""
    wanted, present = {row["term"]: row for row in rows}, set(map(_term, array))
    for row in rows:  # first: a row appended after the last row was removed can end up in that row's comment
        if row["term"] not in present:
            array.append(_inline(row))
    for place in reversed(range(len(array))):
        term = _term(array[place])
        if term not in wanted or term in map(_term, array[:place]):
            del array[place]
        elif _row(array[place]) != dict(wanted[term]):
            _change(array, place, wanted[term])


def change_texts(array: Array, texts: Sequence[str]) -> None:
    """Change the list to these texts: leave known ones untouched, remove or append the others."""
    for text in texts:
        if text not in array:
            array.append(text)
    for place in reversed(range(len(array))):
        if array[place] not in texts or array[place] in array[:place]:
            del array[place]


def is_sound(array: Array) -> bool:
    """Return whether the list, as written, parses to its own values."""
    try:
        return bool(tomllib.loads(f"list = {array.as_string()}")["list"] == array.unwrap())
    except tomllib.TOMLDecodeError:
        return False


def _change(array: Array, place: int, row: Row) -> None:
    item = array[place]
    if not isinstance(item, InlineTable):
        array[place] = _inline(row)
        return
    for key in set(item) - set(row):
        del item[key]
    for key, value in row.items():
        if item.get(key) != value:
            item[key] = value


def _term(item: Any) -> str:
    return str(item.get("term", "") if isinstance(item, Mapping) else item).strip()


def _row(item: Any) -> dict[str, Any]:
    plain = item.unwrap() if isinstance(item, Item) else item
    return dict(plain) if isinstance(plain, Mapping) else {"term": str(plain).strip()}


def _inline(row: Row) -> InlineTable:
    table = tomlkit.inline_table()
    table.update(row)
    return table
