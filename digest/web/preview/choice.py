"""Choices: what the URL of a preview page asks for, and the URLs of related pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from digest.errors import UsageError
from digest.web.preview.client_simulation import Scheme

WIDTHS = {320: "Small phone", 375: "Phone", 768: "Tablet", 1024: "Desktop"}
NEW, RECENT, LISTING = "new", "recent", "listing-"


class Show(StrEnum):
    """The part of the e-mail that is shown."""

    HTML = "html"
    TEXT = "text"
    HEADER = "header"
    SOURCE = "source"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is shown, and how. The names are those in the URL, which leaves out defaults."""

    who: int = 0  #: number of the subscriber; 0: a profile that is not stored
    draft: str = ""  #: a profile that replaces the saved one
    papers: str = NEW  #: those new to the subscriber, all recent ones, or those of one listing
    date: date | None = None  #: the day of the issue; None: today
    show: Show = Show.HTML
    width: int = 768
    scheme: Scheme = Scheme.LIGHT
    stripped: bool = False  #: whether style blocks are removed
    good: bool = False  #: whether to use the last templates that worked
    q: str = ""  #: what is search_outcomes for in the papers
    outcome: str = ""  #: papers of this outcome only
    sort: str = ""  #: column to sort the papers by, a leading hyphen reverses; empty: the issue first
    page: int = 1

    @property
    def listing(self) -> int:
        """The number of the chosen listing; 0 without one."""
        number = self.papers.removeprefix(LISTING)
        return int(number) if self.papers.startswith(LISTING) and number.isdecimal() else 0

    def query(self, **changes: Any) -> str:
        """Return the query of the URL with these changes, with its question mark; empty for the defaults."""
        query = urlencode(self.pairs(**changes))
        return f"?{query}" if query else ""

    def pairs(self, *without: str, **changes: Any) -> tuple[tuple[str, str], ...]:
        """Return the names and values that are not defaults, with these changes, except the names in `without`."""
        changed = replace(self, **changes)
        named = ((_IN_ADDRESS.get(f.name, f.name), getattr(changed, f.name), f.default) for f in fields(self))
        return tuple(
            (name, "yes" if value is True else str(value))
            for name, value, default in named
            if value != default and name not in without
        )


_IN_ADDRESS = {"papers": "from"}  # "papers" is a field of the profile form


def read_choice(query: Mapping[str, str]) -> Choice:
    """Return the choice in the query of a URL. Raise UsageError for an invalid one."""
    given: dict[str, Any] = {}
    for item in fields(Choice):
        text = query.get(_IN_ADDRESS.get(item.name, item.name), "")
        if text:
            given[item.name] = _read(item.name, text)
    choice = Choice(**given)
    if choice.width not in WIDTHS or choice.page < 1 or choice.who < 0:
        raise UsageError("the URL of this page has an invalid width, page or subscriber")
    if choice.papers not in (NEW, RECENT) and not choice.listing:
        raise UsageError(f"from={choice.papers}: expected {NEW}, {RECENT} or {LISTING} and a number")
    return choice


def _read(name: str, text: str) -> Any:
    readers = {
        "date": date.fromisoformat,
        "show": Show,
        "scheme": Scheme,
        "stripped": lambda given: given == "yes",
        "good": lambda given: given == "yes",
    }
    read: Any = int if name in ("who", "width", "page") else readers.get(name, str)
    try:
        return read(text)
    except ValueError as error:
        raise UsageError(f"{name}={text[:60]}: {error}") from error
