"""The column types of the store: aware times, compact JSON, and 64-bit integers on both databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import JSON, BigInteger, Date, DateTime, Dialect, Integer, Time
from sqlalchemy.types import TypeDecorator

Wide = BigInteger().with_variant(Integer, "sqlite")  # SQLite increments only a column declared as INTEGER
Json = JSON(none_as_null=True)


@dataclass(frozen=True)
class Unreadable:
    """A stored value that its column cannot have. It stands in the row, so that the other rows of a query are read."""

    value: str  #: as found, shortened


def unreadable(value: Any) -> Unreadable:
    """Return what stands in for a value that cannot be read."""
    return Unreadable(repr(value)[:80])


def guarded(read: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    """Return a function that reads as `read` does, and returns Unreadable where that fails."""
    if read is None:
        return None

    def reading(value: Any) -> Any:
        try:
            return read(value)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            return unreadable(value)

    return reading


class Instant(TypeDecorator[datetime]):
    """A point in time: aware and UTC in the program, timestamptz on PostgreSQL, text that sorts on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone; times in the store are aware")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        at: datetime = value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)
        return at

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        return guarded(super().result_processor(dialect, coltype))


class Day(TypeDecorator[date]):
    """A calendar date."""

    impl = Date
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        return guarded(super().result_processor(dialect, coltype))


class ClockTime(TypeDecorator[time]):
    """A time of day, without a zone."""

    impl = Time
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        return guarded(super().result_processor(dialect, coltype))
