"""BibTeX syntax: entries with their fields, from files that obey it more or less.

Citation keys mean nothing here: they may be missing, empty or repeated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

ENTRY = re.compile(r"(?:^|(?<=[)}\s]))@\s*([A-Za-z]\w*)\s*[{(]", re.MULTILINE)
_NAME = re.compile(r"[\s,]*([A-Za-z][\w.:+/-]*)\s*=\s*")
_KEY = re.compile(r"\s*[^\s,{}=\"#]*\s*(?:,|(?=[})])|(?<=\s)(?=\w+\s*=))")
_BLANKS = re.compile(r"\s*")
_SEPARATORS = re.compile(r"[\s,]*")
_BARE = re.compile(r"[^\s,{}#\"()]+")
_JOIN = re.compile(r"\s*#\s*")
_ENTRY_WITH_FIELD = re.compile(r"[A-Za-z]+\s*[{(]\s*[^\s,{}]*\s*,\s*\w+\s*=")
_SIGN = re.compile(r"(?<!\\)[{}\"]|\n\s*@(?=[A-Za-z]+\s*[{(])")
_ARGUMENT = re.compile(r"(?:\\[A-Za-z]+\s*|\\[^A-Za-z\s]|[\^_]|\})$")
_LOST = re.compile(r"[,})]|\n\s*@")
_MONTHS = {
    name: name.title() for name in ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
}


@dataclass(kw_only=True)
class Entry:
    """One entry: the fields by lower-case name; of repeated ones the first that says something."""

    kind: str
    line: int  #: counted from 1
    fields: dict[str, str] = field(default_factory=dict)  #: values without their outer braces or quotation marks
    is_damaged: bool = False  #: whether a part of it could not be read


def entries(text: str) -> Iterator[Entry]:
    """Return the entries of a file in their order; strings defined by `@string` are put in.

    >>> [entry.fields for entry in entries('@string{a = "Ada"} @misc{, title = a # { B.}, }')]
    [{'title': 'Ada B.'}]
    """
    strings: dict[str, str] = dict(_MONTHS)
    line, counted, place = 1, 0, 0
    while found := ENTRY.search(text, place):
        line += text.count("\n", counted, found.start())
        counted = found.start()
        kind = found[1].lower()
        entry = Entry(kind=kind, line=line)
        reader = _Reader(text, found.end(), strings)
        if kind in ("comment", "preamble"):
            place = found.end()
            continue
        if kind != "string":
            reader.skip_key()
        reader.read_fields(entry)
        place = max(reader.place, found.end())
        if kind == "string":
            strings.update(entry.fields)
        else:
            yield entry


class _Reader:
    """Reads one entry from a place on."""

    def __init__(self, text: str, place: int, strings: Mapping[str, str]) -> None:
        self.text, self.place, self.strings = text, place, strings

    def skip_key(self) -> None:
        if not _NAME.match(self.text, self.place) and (found := _KEY.match(self.text, self.place)):
            self.place = found.end()

    def read_fields(self, entry: Entry) -> None:
        """Read fields up to the end of the entry; stop where the text is none of its fields."""
        while found := _NAME.match(self.text, self.place):
            self.place = found.end()
            value = self._value()
            name = found[1].lower()
            if value.strip() and not entry.fields.get(name, "").strip():
                entry.fields[name] = value
            elif name == "keywords" and value.strip():
                entry.fields[name] += f", {value}"
            if not self._at_separator(entry):
                break
        self._skip(_SEPARATORS)
        if self.text[self.place : self.place + 1] in ("}", ")"):
            self.place += 1
        else:
            entry.is_damaged = True

    def _skip(self, pattern: re.Pattern[str]) -> None:
        if found := pattern.match(self.text, self.place):
            self.place = found.end()

    def _at_separator(self, entry: Entry) -> bool:
        """Return whether another field may follow; a missing comma is forgiven, other text is skipped."""
        self._skip(_BLANKS)
        character = self.text[self.place : self.place + 1]
        if character in ("", "}", ")", "@"):
            return False
        if character == "," or _NAME.match(self.text, self.place):
            return True
        entry.is_damaged = True
        lost = _LOST.search(self.text, self.place)
        self.place = lost.start() if lost else len(self.text)
        return self.text[self.place : self.place + 1] == ","

    def _value(self) -> str:
        parts = [self._part()]
        while joined := _JOIN.match(self.text, self.place):
            self.place = joined.end()
            parts.append(self._part())
        return "".join(parts)

    def _part(self) -> str:
        opening = self.text[self.place : self.place + 1]
        if opening in ("{", '"'):
            start = self.place + 1
            end = self._end(start, "}" if opening == "{" else '"')
            self.place = end + 1
            return self.text[start:end]
        found = _BARE.match(self.text, self.place)
        self.place = found.end() if found else self.place
        word = found[0] if found else ""
        return self.strings.get(word.lower(), word)

    def _end(self, start: int, closing: str) -> int:
        """Return where a value ends; before the next entry when its closing sign is missing."""
        depth = 0
        for found in _SIGN.finditer(self.text, start):
            sign = found[0]
            if depth == 0 and sign == closing:
                return found.start()
            depth += (sign == "{") - (sign == "}")
            if sign.startswith("\n") and closing == '"':
                return found.start()
            if sign.startswith("\n") and _starts_entry(self.text, found.end()):
                return found.start()
        return len(self.text)


def _starts_entry(text: str, place: int) -> bool:
    """Return whether an at sign at the beginning of a line begins an entry with a field."""
    return bool(_ENTRY_WITH_FIELD.match(text, place))


def is_bibtex(head: str) -> bool:
    """Return whether a text has an entry with a field."""
    return any(entry.fields for entry in islice(entries(head), 20))


def without_groups(value: str) -> str:
    """Return a value without the braces that hold text together; those of commands, accents and formulas stay."""
    if "{" not in value:
        return value
    kept: list[str] = []
    closing: list[str] = []
    in_formula = False
    for place, character in enumerate(value):
        escaped = value[place - 1 : place] == "\\" and value[place - 2 : place - 1] != "\\"
        in_formula ^= character == "$" and not escaped and value[place - 1 : place + 2] != "{$}"
        if character == "{" and not escaped:
            is_group = (
                not in_formula
                and value[place + 1 : place + 2] != "\\"
                and not _ARGUMENT.search(value[max(place - 30, 0) : place])
            )
            closing.append("" if is_group else "}")
            kept.append("" if is_group else "{")
        elif character == "}" and not escaped:
            kept.append(closing.pop() if closing else "")
        else:
            kept.append(character)
    return "".join(kept)
