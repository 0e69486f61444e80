"""Tables of subscriptions: read and write CSV for spreadsheets and JSON for programs.

Semicolons separate the items of a list in a CSV cell; a keyword may have a weight: `learning rate; optimizers=2`. A
backslash escapes a semicolon, an equals sign or a backslash. A cell that a spreadsheet would read as a formula begins
with an apostrophe, which is removed when the table is read.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from digest.errors import ProfileError
from digest.profile_files.reading import ProfileFile, read_values
from digest.profile_files.writing import subscription_values
from digest.subscribers import State, Subscription

_LISTS = ("days", "keywords", "exclude", "authors", "categories")
_NUMBERS = ("minimum_match", "papers")
_PROFILE = ("keywords", "exclude", "authors", "categories", "minimum_match", "papers", "trending")
COLUMNS = ("address", "name", "state", "language", "timezone", "hour", "days", "cadence", *_PROFILE)
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One person in a table."""

    place: int  #: line of the CSV, or position in the JSON, counted from 1
    state: State = State.ACTIVE  #: of their subscription
    values: Mapping[str, Any] = field(default_factory=dict)  #: keys and values as in a profile file

    def read(self, origin: str) -> ProfileFile:
        """Return the subscription, or every fault with its line."""
        return read_values(self.values, lambda _place: self.place, origin)


def read_table(data: bytes, origin: str, kind: str) -> list[Row]:
    """Return the rows of a CSV or JSON text. Raise ProfileError when it is neither."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProfileError(origin, data[: error.start].count(b"\n") + 1, "", "not UTF-8 text") from error
    try:
        return list(_from_json(text, origin) if kind == "json" else _from_csv(text, origin))
    except csv.Error as error:
        raise ProfileError(origin, None, "", f"not CSV: {error}") from error


def _from_json(text: str, origin: str) -> Iterator[Row]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise ProfileError(origin, error.lineno, "", f"not JSON: {error.msg}") from error
    except (RecursionError, ValueError) as error:  # Python reads no number of more than 4,300 digits
        raise ProfileError(origin, None, "", "is nested too deeply, or has a number that is too long") from error
    people = document.get("subscribers") if isinstance(document, dict) else document
    if not isinstance(people, list):
        raise ProfileError(origin, None, "subscribers", "expected a list of subscribers")
    for place, person in enumerate(people, 1):
        if not isinstance(person, dict):
            raise ProfileError(origin, None, f"subscribers[{place - 1}]", "expected an object")
        known = {key: value for key, value in person.items() if key not in ("state", "owner", "created")}
        yield Row(place=place, state=_state(person.get("state"), origin, place), values=known)


def _from_csv(text: str, origin: str) -> Iterator[Row]:
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    if "address" not in (rows.fieldnames or ()):
        expected = f"expected a header with the column address, and any of {', '.join(COLUMNS[1:])}"
        raise ProfileError(origin, 1, "address", expected)
    for row in rows:
        cells = {name: _plain(cell) for name, cell in row.items() if name and isinstance(cell, str) and cell.strip()}
        if cells:
            state = _state(cells.pop("state", None), origin, rows.line_num)
            yield Row(place=rows.line_num, state=state, values=_values(cells))


def _delimiter(text: str) -> str:
    head = text.partition("\n")[0]
    return ";" if head.count(";") > head.count(",") else ","


def _state(value: Any, origin: str, place: int) -> State:
    if value is None:
        return State.ACTIVE
    if value not in list(State):
        raise ProfileError(origin, place, "state", f"found {str(value)[:80]!r}, expected one of {', '.join(State)}")
    return State(value)


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _values(cells: Mapping[str, str]) -> dict[str, Any]:
    read = {name: _value(name, cell) for name, cell in cells.items()}
    profile = {name: read.pop(name) for name in _PROFILE if name in read}
    return {**read, "profile": profile} if profile else read


def _value(name: str, cell: str) -> Any:
    if name == "keywords":
        return [_keyword(item) for item in _items(cell)]
    if name in _LISTS:
        return ["=".join(item).strip() for item in _items(cell)]
    if name in _NUMBERS and re.fullmatch(r"\s*\d+\s*", cell):
        return int(cell)
    return {"true": True, "false": False}.get(cell.strip().lower(), cell) if name == "trending" else cell


def _items(cell: str) -> list[list[str]]:
    """Return the items of a list, each split at its equals signs; a backslash escapes a separator."""
    items, escaped = [[""]], False
    for character in cell:
        if escaped or character not in "\\;=":
            items[-1][-1] += character if not escaped or character in "\\;=" else f"\\{character}"
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == ";":
            items.append([""])
        else:
            items[-1].append("")
    return [item for item in items if any(part.strip() for part in item)]


def _keyword(item: Sequence[str]) -> dict[str, Any]:
    *term, last = item
    if term and re.fullmatch(r"\s*\d+(\.\d+)?\s*", last):
        return {"term": "=".join(term), "weight": float(last)}
    return {"term": "=".join(item)}


def _escaped(text: str) -> str:
    return re.sub(r"([\\;=])", r"\\\1", text)


def json_of(people: Iterable[tuple[Subscription, State]]) -> str:
    """Return the subscriptions as JSON, with every key of a profile file."""
    rows = [{"state": str(state), **subscription_values(subscription)} for subscription, state in people]
    return json.dumps({"subscribers": rows}, ensure_ascii=False, indent=1) + "\n"


def csv_of(people: Iterable[tuple[Subscription, State]]) -> str:
    """Return the subscriptions as CSV with a header; no cell can be read as a formula."""
    out = io.StringIO(newline="")
    table = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    table.writeheader()
    for subscription, state in people:
        values = subscription_values(subscription)
        flat = {"state": str(state), **values, **values["profile"]}
        table.writerow({name: _quoted(_cell(name, flat[name])) for name in COLUMNS})
    return out.getvalue()


def _cell(name: str, value: Any) -> str:
    if name == "keywords":
        return "; ".join(_keyword_cell(keyword) for keyword in value)
    if name in _LISTS:
        return "; ".join(map(_escaped, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _keyword_cell(keyword: Mapping[str, Any]) -> str:
    weight = keyword.get("weight", 1)
    return _escaped(keyword["term"]) + (f"={weight:g}" if weight != 1 else "")


def _quoted(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell
