"""The keys of a profile file, and how the value of each is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import time
from difflib import get_close_matches
from typing import Any, TypeAlias

from digest.profiles import Keyword
from digest.subscribers import MAX_NAME_LENGTH, WEEKDAYS, Cadence, known_zones
from digest.toml_lines import Place

_HOUR = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_LONG_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MAX_SHOWN = 80  # characters of a value in a message
_MAX_WHOLE = 1_000_000_000
_PLACEHOLDER = "x"
DAYS = {name: day for names in (WEEKDAYS, _LONG_DAYS) for day, name in enumerate(names)}


class InvalidValue(ValueError):
    """A value that its key cannot have; the text names what was found and what is expected."""


class FieldReader:
    """Reads tables key by key and collects the faults; a faulty value is left out, so that its default applies."""

    def __init__(self) -> None:
        self.faults: list[tuple[Place, str]] = []

    def fault(self, place: Place, reason: str) -> None:
        self.faults.append((place, reason))

    def table(self, place: Place, values: Any, fields: Mapping[str, Field]) -> dict[str, Any]:
        """Return the values of the known keys of a table; report every other key as a fault."""
        if not isinstance(values, Mapping):
            self.fault(place, f"found {_shown(values)}, expected a table")
            return {}
        read = {}
        for key, value in values.items():
            if key not in fields:
                self.fault((*place, key), f"unknown key{_suggestion(key, fields)}")
                continue
            try:
                read[key] = fields[key](self, (*place, key), value)
            except InvalidValue as error:
                self.fault((*place, key), str(error))
        return read


Field: TypeAlias = Callable[[FieldReader, Place, Any], Any]  #: raises InvalidValue


def _shown(value: Any) -> str:
    """Return a value as a message shows it, however long or deep it is."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # Python writes no number of more than 4,300 digits
        return "a value that is too long to show"
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


def _suggestion(key: str, fields: Mapping[str, Any]) -> str:
    close = get_close_matches(key[:_MAX_SHOWN], fields, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; the keys are: {', '.join(fields)}"


def _text(_reader: FieldReader, _place: Place, value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidValue(f"found {_shown(value)}, expected text in quotes")
    return value.strip()


def _name(reader: FieldReader, place: Place, value: Any) -> str:
    name = _text(reader, place, value)
    if not name.isprintable() or len(name) > MAX_NAME_LENGTH:
        raise InvalidValue(f"expected one line of at most {MAX_NAME_LENGTH} characters")
    return name


def _language(reader: FieldReader, place: Place, value: Any) -> str:
    language = _text(reader, place, value)
    if not _LANGUAGE.fullmatch(language):
        raise InvalidValue(f'found {_shown(language)}, expected a language tag such as "en"')
    return language


def _zone(reader: FieldReader, place: Place, value: Any) -> str:
    zone = _text(reader, place, value)
    if zone not in known_zones():
        close = get_close_matches(zone[:_MAX_SHOWN], sorted(known_zones()), n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise InvalidValue(f'{zone!r} is not a known time zone; expected a name such as "Europe/Berlin"{hint}')
    return zone


def _hour(_reader: FieldReader, _place: Place, value: Any) -> time:
    if isinstance(value, time):
        return value.replace(second=0, microsecond=0)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 23:
        return time(value)
    found = _HOUR.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        raise InvalidValue(f'found {_shown(value)}, expected a time of day such as "07:30"')
    return time(int(found[1]), int(found[2]))


def _days(reader: FieldReader, place: Place, value: Any) -> frozenset[int]:
    days = set()
    for position, name in enumerate(_list(value)):
        if isinstance(name, str) and name.strip().lower() in DAYS:
            days.add(DAYS[name.strip().lower()])
        else:
            reader.fault((*place, position), f"found {_shown(name)}, expected one of {', '.join(WEEKDAYS)}")
    if not days and not value:
        raise InvalidValue("found no day, expected at least one")
    return frozenset(days)


def _cadence(_reader: FieldReader, _place: Place, value: Any) -> Cadence:
    if value not in list(Cadence):
        raise InvalidValue(f"found {_shown(value)}, expected {' or '.join(repr(str(cadence)) for cadence in Cadence)}")
    return Cadence(value)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidValue(f"found {_shown(value)}, expected a list in square brackets")
    return value


def _texts(reader: FieldReader, place: Place, value: Any) -> tuple[str, ...]:
    return tuple(_each(reader, place, _list(value), _text, _PLACEHOLDER))


def _keywords(reader: FieldReader, place: Place, value: Any) -> tuple[Keyword, ...]:
    return tuple(_each(reader, place, _list(value), _keyword, Keyword(term=_PLACEHOLDER)))


def _each(reader: FieldReader, place: Place, values: list[Any], field: Field, placeholder: Any) -> list[Any]:
    """Return the items; a placeholder replaces each faulty one, so that the others keep their positions."""
    read = []
    for position, value in enumerate(values):
        try:
            read.append(field(reader, (*place, position), value))
        except InvalidValue as error:
            reader.fault((*place, position), str(error))
            read.append(placeholder)
    return read


def _keyword(reader: FieldReader, place: Place, value: Any) -> Keyword:
    if isinstance(value, str):
        return Keyword(term=value.strip())
    if not isinstance(value, Mapping):
        raise InvalidValue(f'found {_shown(value)}, expected text in quotes or {{ term = "…", weight = … }}')
    given = reader.table(place, value, _KEYWORD_FIELDS)
    if "term" not in value:
        raise InvalidValue("has no term")
    return Keyword(**{"term": _PLACEHOLDER, **given})


def _weight(_reader: FieldReader, _place: Place, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidValue(f"found {_shown(value)}, expected a number")
    if abs(value) > _MAX_WHOLE:
        raise InvalidValue(f"found {_shown(value)}, which is too large")
    return float(value)


def _whole(_reader: FieldReader, _place: Place, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidValue(f"found {_shown(value)}, expected a whole number")
    if abs(value) > _MAX_WHOLE:
        raise InvalidValue(f"found {_shown(value)}, which is too large")
    return value


def _flag(_reader: FieldReader, _place: Place, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidValue(f"found {_shown(value)}, expected true or false")
    return value


def _as_given(_reader: FieldReader, _place: Place, value: Any) -> Any:
    return value


_KEYWORD_FIELDS: dict[str, Field] = {"term": _text, "weight": _weight, "acronyms": _flag}

PROFILE_FIELDS: dict[str, Field] = {
    "keywords": _keywords,
    "exclude": _texts,
    "authors": _texts,
    "categories": _texts,
    "minimum_match": _whole,
    "papers": _whole,
    "trending": _flag,
}

SUBSCRIPTION_FIELDS: dict[str, Field] = {
    "address": _text,
    "name": _name,
    "language": _language,
    "timezone": _zone,
    "hour": _hour,
    "days": _days,
    "cadence": _cadence,
    "profile": _as_given,
}
