"""What a format reads: the bytes of a listing with what is known of them, decoded once."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from digest.errors import ListingError
from digest.papers import Listing, Problem, Sighting

HEAD_LENGTH = 65_536  #: as much of a listing as recognition looks at

_WIDE_MARKS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")


@dataclass(frozen=True, kw_only=True)
class RawListing:
    """A listing before it is read."""

    data: bytes
    origin: str  #: path or URL that it came from
    now: datetime  #: aware; a date without a year is understood as the latest one before it
    page_date: date | None = None  #: the page's date, when the caller knows it

    @cached_property
    def text(self) -> str:
        """The whole listing as text: UTF-8 with or without mark, UTF-16 with mark, else Windows-1252."""
        return decoded(self.data)

    @cached_property
    def head(self) -> str:
        """The beginning of the listing as text, for recognition."""
        return decoded(self.data[:HEAD_LENGTH])

    @cached_property
    def opening(self) -> str:
        """The first characters that are not blank, in lower case: where most formats show themselves."""
        return self.head.lstrip()[:2_000].lower()

    def listing(
        self, format_name: str, sightings: list[Sighting], problems: list[Problem], page_date: date | None = None
    ) -> Listing:
        """Return the listing that was read from this material."""
        return Listing(
            origin=self.origin,
            format=format_name,
            page_date=self.page_date or page_date,
            sightings=tuple(sightings),
            problems=tuple(problems),
        )

    def refusal(self, reason: str) -> ListingError:
        """Return the error that says why this material cannot be read."""
        return ListingError(f"{self.origin}: {reason}")


@dataclass(frozen=True, kw_only=True)
class Format:
    """One format of listings: how to tell it and how to read it."""

    name: str
    recognise: Callable[[RawListing], bool]  #: looks at the content alone, cheaply
    read: Callable[[RawListing], Listing]  #: raises nothing but ListingError


def decoded(data: bytes) -> str:
    """Return `data` as text; no byte sequence fails.

    Windows-1252 stands in for undeclared single-byte text, as browsers do; its five holes become U+FFFD.
    """
    for mark, encoding in _WIDE_MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(data, final=len(data) != HEAD_LENGTH)
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def is_binary(head: str) -> bool:
    """Tell whether `head` cannot be text: a NUL, or more than one character in fifty is a control character."""
    sample = head[:4_096]
    return "\x00" in sample or len(_CONTROLS.findall(sample)) * 50 > len(sample)


def collapsed(text: str) -> str:
    """Return `text` on one line, with single blanks: the hard wraps of a container format undone."""
    return " ".join(text.split())
