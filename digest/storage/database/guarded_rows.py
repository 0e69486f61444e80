"""Guarded rows: read one by one, so that a row with a bad value is set aside and named, and the others are read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import RowMapping

from digest.storage.database.columns import Unreadable

T = TypeVar("T")
StoredRow = RowMapping | Mapping[str, Any]
FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RowProblem:
    """A row that cannot be read."""

    table: str
    key: str  #: what names the row to a person: an address, a key, a number
    reason: str

    def __str__(self) -> str:
        return f"{self.table} {self.key}: {self.reason}"


def checked(row: StoredRow) -> StoredRow:
    """Return the row. Raise ValueError naming the first column whose value could not be read."""
    if Unreadable in map(type, row.values()):  # at the speed of C, for it is done for every row
        column, value = next((name, one) for name, one in row.items() if isinstance(one, Unreadable))
        raise ValueError(f"{column} has {value.value}")
    return row


def read_rows(
    rows: Iterable[StoredRow],
    convert: Callable[[Any], T],
    *,
    table: str,
    key: str,
    problems: list[RowProblem] | None = None,
    log: bool = True,
) -> Iterator[T]:
    """Yield what `convert` makes of each row that can be read; log and list the others by their `key`."""
    for row in rows:
        try:
            read = convert(checked(row))
        except FAULTS as error:
            problem = RowProblem(table, str(row[key])[:200], f"cannot be read: {_reason(error)}")
            if log:
                _log.error("%s", problem, extra={"action": "set aside", "table": table})
            if problems is not None:
                problems.append(problem)
            continue
        yield read


def text_of(value: Any) -> str:
    """Return a value that must be text. Raise TypeError for any other."""
    if type(value) is not str:
        raise TypeError(f"found {str(value)[:40]!r}, expected text")
    return value


def _reason(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:200]
