"""JSON as sources write it: one document, a value on each line, or a document that breaks off in the middle."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from digest.papers import Problem

DEEPEST_WRAPPER = 5  #: objects and lists around the records

_BLANK = re.compile(r"[\s,]*")
_DECODER = json.JSONDecoder()
MOST_PROBLEMS = 100


def json_values(text: str) -> tuple[list[Any], list[Problem]]:
    """Return the values of JSON lines, the items of an array, or one document, and what could not be read.

    A list counts as its items. An array that breaks off gives the items before the break.
    """
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return _piecewise(text)
    return (whole if isinstance(whole, list) else [whole]), []


def records_in(values: Any, is_record: Callable[[Mapping[str, Any]], bool]) -> list[Mapping[str, Any]]:
    """Return the records in JSON values, whatever objects and lists a service wraps around them."""
    return list(_records(values, is_record, 0))


def _records(value: Any, is_record: Callable[[Mapping[str, Any]], bool], depth: int) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        if is_record(value):
            yield value
            return
        value = list(value.values())
    if isinstance(value, list) and depth <= DEEPEST_WRAPPER:
        for inner in value:
            if isinstance(inner, list | Mapping):
                yield from _records(inner, is_record, depth + 1)


def _piecewise(text: str) -> tuple[list[Any], list[Problem]]:
    start = _skip(text, 0)
    if text.startswith("[", start):
        return _items(text, start + 1)
    return _lines(text)


def _items(text: str, place: int) -> tuple[list[Any], list[Problem]]:
    values: list[Any] = []
    while (place := _skip(text, place)) < len(text) and text[place] != "]":
        try:
            value, place = _DECODER.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            return values, [_problem(text, place, error)]
        values.append(value)
    problems = [] if place < len(text) else [Problem(line=text.count("\n") + 1, reason="the list breaks off")]
    return values, problems


def _lines(text: str) -> tuple[list[Any], list[Problem]]:
    values: list[Any] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip(" \t\r,"):
            continue
        try:
            values.append(json.loads(line))
        except (ValueError, RecursionError) as error:
            problems.append(Problem(line=number, reason=f"not JSON: {_words(error)}"))
        if len(problems) == MOST_PROBLEMS:
            problems.append(Problem(line=None, reason="the lines after that were not looked at"))
            break
    return values, problems


def _skip(text: str, place: int) -> int:
    found = _BLANK.match(text, place)
    return found.end() if found else place


def _problem(text: str, place: int, error: Exception) -> Problem:
    at = getattr(error, "pos", place)
    return Problem(line=text.count("\n", 0, at) + 1, reason=f"not JSON: {_words(error)}; what follows is lost")


def _words(error: Exception) -> str:
    return str(getattr(error, "msg", "")) or ("nested too deeply" if isinstance(error, RecursionError) else str(error))
