"""Wording: the fixed text of the messages in one language."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal
from babel.support import NullTranslations

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Wording:
    """One language: its message catalogue, dates and numbers. English needs no catalogue."""

    language: str = "en"
    catalogue: NullTranslations = field(default_factory=NullTranslations)

    def gettext(self, message: str, **values: object) -> str:
        """Return the translated message with its values: `gettext("by %(name)s", name="Ada")`."""
        return str(self.catalogue.gettext(message) % values)

    def ngettext(self, one: str, many: str, number: int, **values: object) -> str:
        """Return the translated message in the plural form for a number, which it can show as `%(num)s`."""
        text = self.catalogue.ngettext(one, many, number)
        return str(text % {"num": _decimal(number, self.language), **values})

    def long_date(self, day: date) -> str:
        """Return "Thursday, 13 March"."""
        if self.language == "en":
            return f"{_WEEKDAYS[day.weekday()]}, {day.day} {_MONTHS[day.month - 1]}"
        return f"{_weekday(day, self.language)}, {self.short_date(day)}"

    def short_date(self, day: date) -> str:
        """Return "13 March"."""
        if self.language == "en":
            return f"{day.day} {_MONTHS[day.month - 1]}"
        return _day_of_month(day, self.language)

    def full_date(self, day: date) -> str:
        """Return "13 March 2025"."""
        return f"{self.short_date(day)} {day.year}" if self.language == "en" else _date_with_year(day, self.language)


# A run writes the same few dates and numbers into all its messages, and babel needs 5 to 7 µs for each.
@lru_cache(maxsize=4096)
def _decimal(number: int, language: str) -> str:
    return str(format_decimal(number, locale=language))


@lru_cache(maxsize=64)
def _weekday(day: date, language: str) -> str:
    return str(format_date(day, "EEEE", locale=language))


@lru_cache(maxsize=64)
def _day_of_month(day: date, language: str) -> str:
    return str(format_skeleton("MMMMd", day, locale=language))


@lru_cache(maxsize=1024)
def _date_with_year(day: date, language: str) -> str:
    return str(format_date(day, "long", locale=language))


ENGLISH = Wording()
