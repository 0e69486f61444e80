"""Values from loosely typed records: whatever a field contains, the result has the right type."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, TypeVar

from digest.sources.raw_listing import collapsed

Found = TypeVar("Found")

_DAY = re.compile(r"\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_YEAR_FIRST = re.compile(r"^\s*(\d{4})[\s-]+([A-Za-z]{3})[a-z]*\.?[\s-]+(\d{1,2})(?!\d)")
_MONTH_FIRST = re.compile(r"([A-Za-z]{3})[a-z]*\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_DAY_FIRST = re.compile(r"(?<!\d)(\d{1,2})(?:st|nd|rd|th)?[\s-]+([A-Za-z]{3})[a-z]*\.?,?[\s-]+(\d{4})")
_COMPACT = re.compile(r"\s*((?:19|20)\d{2})(\d{2})(\d{2})(?!\d)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MOST = 2_000_000_000


def first(read: Callable[[str], Found | None], texts: Iterable[str]) -> Found | None:
    """Return what `read` finds in the first text in which it finds anything; None when it finds nothing."""
    return next((found for found in map(read, texts) if found), None)


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
    return valid_day(int(found[1]), int(found[2]), int(found[3])) if found else None


def written_day(text: str) -> date | None:
    """Return the day in a text that names its month, or that is written as digits; None without a whole day.

    >>> [str(written_day(text)) for text in ("2026 Mar 10", "March 10, 2026", "10 Mar 2026", "20260310", "2026 Mar")]
    ['2026-03-10', '2026-03-10', '2026-03-10', '2026-03-10', 'None']
    """
    for pattern, (year, month, day) in ((_YEAR_FIRST, (1, 2, 3)), (_MONTH_FIRST, (3, 1, 2)), (_DAY_FIRST, (3, 2, 1))):
        found = pattern.search(text)
        if found and found[month].lower() in _MONTHS:
            return valid_day(int(found[year]), _MONTHS.index(found[month].lower()) + 1, int(found[day]))
    found = _COMPACT.match(text)
    return valid_day(*map(int, found.groups())) if found else day_of(text)


def day_of_parts(value: Any) -> date | None:
    """Return the day of a CSL date: {"date-parts": [[2026, 3, 17]]}; None unless it has year, month and day."""
    parts = value.get("date-parts") if isinstance(value, Mapping) else None
    first = parts[0] if isinstance(parts, list) and parts and isinstance(parts[0], list) else []
    if len(first) < 3:
        return None
    numbers = [str(part) for part in first[:3]]
    return valid_day(*map(int, numbers)) if all(number.isdecimal() for number in numbers) else None


def valid_day(year: int, month: int, day: int) -> date | None:
    """Return that day; None when the calendar has no such day, or it is before 1600."""
    try:
        return date(year, month, day) if year >= 1600 else None
    except (ValueError, OverflowError):
        return None


def person_in(person: Any) -> str:
    """Return the name of a person that a record describes: a text, or an object in one of the usual vocabularies.

    >>> person_in({"given": "Emmy", "family": "Noether", "suffix": "Jr."}), person_in({"literal": "The Gate Group"})
    ('Emmy Noether Jr.', 'The Gate Group')
    """
    if isinstance(person, str):
        return collapsed(person)
    if not isinstance(person, Mapping):
        return ""
    family = text_in(person, "family", "lastName", "last_name", "last", "familyName", "family_name", "surname")
    if not family:
        names = (
            "name",
            "literal",
            "fullName",
            "fullname",
            "full_name",
            "display_name",
            "raw_author_name",
            "text",
            "value",
        )
        inner = person.get("author")
        return text_in(person, *names) or (person_in(inner) if isinstance(inner, Mapping) else "")
    given = text_in(person, "given", "firstName", "first_name", "first", "givenName", "given_name", "initials")
    particles = (text_in(person, name) for name in ("dropping-particle", "non-dropping-particle"))
    return collapsed(" ".join((given, *particles, family, text_in(person, "suffix"))))


def people_in(record: Mapping[str, Any], *names: str) -> list[str]:
    """Return the names of the persons under the first of the names that has any."""
    for name in names:
        value = record.get(name)
        if isinstance(value, Mapping):
            value = [value]
        if isinstance(value, list) and (found := [text for text in map(person_in, value) if text]):
            return found
    return []


def mappings_in(record: Mapping[str, Any], *names: str) -> list[Mapping[str, Any]]:
    """Return the mappings in the first list under one of the names."""
    for name in names:
        value = record.get(name)
        if isinstance(value, list):
            return [item for item in value if isinstance(item, Mapping)]
    return []


def mapping_in(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the mapping under a name; an empty one when there is none."""
    value = record.get(name)
    return value if isinstance(value, Mapping) else {}


def web_link(text: str) -> str:
    """Return `text` when it can be a link to the web; empty otherwise."""
    link = text.strip()
    return link if link.startswith(("https://", "http://")) and len(link.split()) == 1 else ""
