"""Read TOML texts of people, and find the lines of keys in them, for messages about faulty values."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

Place = Sequence[str | int]  #: keys and positions from the top: ("profile", "keywords", 2, "weight")

_POSITION = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_BLANKS = re.compile(r"(?:[ \t]|#[^\n]*|\r?\n)*")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}(?!")|' + r"'''.*?'{3,5}(?!')|" + r'"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*'", re.DOTALL
)
_KEY = re.compile(rf"[ \t]*([A-Za-z0-9_-]+|{_STRING.pattern})[ \t]*", re.DOTALL)
_PLAIN = re.compile(r"\d{4}-\d\d-\d\d \d\d:[^\s,\]}#]*|[^\s,\]}#]+")


class TomlFault(ValueError):
    """A text that is not TOML, or nothing that this program reads."""

    def __init__(self, line: int | None, reason: str) -> None:
        self.line, self.reason = line, reason
        super().__init__(reason)


def read_toml(text: str) -> dict[str, Any]:
    """Return the values of a TOML text.

    Raise TomlFault with the line and the reason when the text is not TOML, is nested too deeply, or has a number of
    thousands of digits.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TomlFault(*_syntax_fault(text, error)) from error
    except RecursionError as error:
        raise TomlFault(None, "is nested too deeply") from error
    except ValueError as error:  # Python reads no number of more than 4,300 digits
        raise TomlFault(None, f"has a value that cannot be read: {str(error).partition(';')[0]}") from error


class TomlLines:
    """The lines on which the values of a valid TOML text begin. The text is scanned once, at the first question."""

    def __init__(self, text: str) -> None:
        self._text = text

    def line(self, place: Place) -> int | None:
        """Return the line, counted from 1, on which the value at `place` begins.

        Return that of the nearest key above it when there is no such value, None when there is none of them.
        """
        for length in range(len(place), 0, -1):
            if (offset := self._offsets.get(tuple(place[:length]))) is not None:
                return self._text.count("\n", 0, offset) + 1
        return None

    @cached_property
    def _offsets(self) -> dict[tuple[str | int, ...], int]:
        scanner = _Scanner(self._text)
        with suppress(RecursionError, IndexError, AttributeError):  # what was found so far still helps
            scanner.scan()
        return scanner.offsets


def line_of(text: str, place: Place) -> int | None:
    """Return the line of one place, as `TomlLines` does."""
    return TomlLines(text).line(place)


class _Scanner:
    """Walks through a valid TOML text and notes where each value begins."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.offsets: dict[tuple[str | int, ...], int] = {}
        self._tables: Counter[tuple[str | int, ...]] = Counter()  # of each array of tables

    def scan(self) -> None:
        """Note the offset of every value and of every table's header."""
        prefix: tuple[str | int, ...] = ()
        self._skip()
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                prefix = self._header()
            else:
                self._pair(prefix)
            self._skip()

    def _skip(self) -> None:
        self.at = _BLANKS.match(self.text, self.at).end()  # type: ignore[union-attr]  # it can be empty

    def _header(self) -> tuple[str | int, ...]:
        start, is_array = self.at, self.text.startswith("[[", self.at)
        self.at += 2 if is_array else 1
        *above, last = self._keys()
        self.at += 2 if is_array else 1
        place = (*self._resolved(above), last)
        self.offsets.setdefault(place, start)
        if is_array:
            self._tables[place] += 1
            place = (*place, self._tables[place] - 1)
            self.offsets.setdefault(place, start)
        return place

    def _resolved(self, keys: Sequence[str]) -> tuple[str | int, ...]:
        place: tuple[str | int, ...] = ()
        for key in keys:
            place = (*place, key)
            if place in self._tables:
                place = (*place, self._tables[place] - 1)
        return place

    def _keys(self) -> list[str]:
        return list(self._dotted())

    def _dotted(self) -> Iterator[str]:
        while True:
            found = _KEY.match(self.text, self.at)
            key = found[1]  # type: ignore[index]  # the text is valid
            self.at = found.end()  # type: ignore[union-attr]
            yield tomllib.loads(f"key = {key}")["key"] if key[0] in "\"'" else key
            if self.text[self.at] != ".":
                return
            self.at += 1

    def _pair(self, prefix: tuple[str | int, ...]) -> None:
        start, keys = self.at, self._keys()
        for length in range(1, len(keys)):
            self.offsets.setdefault((*prefix, *keys[:length]), start)
        self.at += 1  # the equals sign
        self._skip()
        self._value((*prefix, *keys))

    def _value(self, place: tuple[str | int, ...]) -> None:
        self.offsets.setdefault(place, self.at)
        opening = self.text[self.at]
        if opening in "[{":
            self.at += 1
            self._items(place, closing="]" if opening == "[" else "}")
        else:
            pattern = _STRING if opening in "\"'" else _PLAIN
            self.at = pattern.match(self.text, self.at).end()  # type: ignore[union-attr]  # the text is valid

    def _items(self, place: tuple[str | int, ...], closing: str) -> None:
        position = 0
        self._skip()
        while self.text[self.at] != closing:
            if closing == "]":
                self._value((*place, position))
            else:
                self._pair(place)
            position += 1
            self._skip()
            if self.text[self.at] == ",":
                self.at += 1
                self._skip()
        self.at += 1


def _syntax_fault(text: str, error: tomllib.TOMLDecodeError) -> tuple[int, str]:
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
