"""Values out of loosely typed records: whatever stands there, what comes back has the right type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from digest.sources.raw_listing import collapsed

_DAY = re.compile(r"\s*(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?!\d)")
_MOST = 2_000_000_000


def text_in(record: Mapping[str, Any], *names: str) -> str:
    """Return the first text under one of the names, on one line; the first of a list of texts; empty without one."""
    for name in names:
        value = record.get(name)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, str) and (text := collapsed(value)):
            return text
    return ""


def texts_in(record: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    """Return the texts of the first list under one of the names, without repetitions."""
    for name in names:
        value = record.get(name)
        if isinstance(value, list):
            return tuple(dict.fromkeys(collapsed(text) for text in value if isinstance(text, str) and text.strip()))
    return ()


def count_in(record: Mapping[str, Any], *names: str) -> int | None:
    """Return the first whole number from 0 under one of the names."""
    for name in names:
        value = record.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST:
            return value
    return None


def day_in(record: Mapping[str, Any], *names: str) -> date | None:
    """Return the day that the first date or time under one of the names begins with (ISO 8601)."""
    for name in names:
        value = record.get(name)
        if isinstance(value, str) and (day := day_of(value)):
            return day
    return None


def day_of(text: str) -> date | None:
    """Return the day that a text begins with: "2024-05-02" or "2024/5/2", whatever follows; None without one."""
    found = _DAY.match(text)
    if not found:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def mapping_in(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the mapping under a name; an empty one when there is none."""
    value = record.get(name)
    return value if isinstance(value, Mapping) else {}


def web_link(text: str) -> str:
    """Return `text` when it can be a link to the web; empty otherwise."""
    link = text.strip()
    return link if link.startswith(("https://", "http://")) and len(link.split()) == 1 else ""
