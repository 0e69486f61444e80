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
from digest.sources.encodings import detected

MOST_PROBLEMS = 100  #: that a listing reports; the rest is counted
HEAD_LENGTH = 65_536  #: as much of a listing as recognition looks at

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
        """The whole listing as text: in UTF-8, in UTF-16 with its mark, else in the encoding that is detected."""
        return decoded(self.data, self.encoding) if self._unicode is None else self._unicode.removeprefix("\ufeff")

    @cached_property
    def _unicode(self) -> str | None:
        """The listing as UTF-8, decoded once; None when it is something else."""
        try:
            return self.data.decode("utf-8")
        except UnicodeDecodeError:
            return None

    @cached_property
    def encoding(self) -> str:
        """The encoding of the listing: detected where the bytes are no Unicode."""
        return encoding_of(self.data) if self._unicode is None else "utf-8"

    @cached_property
    def head(self) -> str:
        """The beginning of the listing as text, for recognition."""
        return decoded(self.data[:HEAD_LENGTH], self.encoding)

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
            problems=(*problems, *self._guessed()),
        )

    def _guessed(self) -> tuple[Problem, ...]:
        """Return a problem that names the encoding, when the text was read and it was only guessed."""
        if "text" not in self.__dict__ or self.encoding in ("utf-8", "utf-16", "cp1252"):
            return ()
        return (Problem(line=None, reason=f"the encoding is not declared; read as {self.encoding}"),)

    def refusal(self, reason: str) -> ListingError:
        """Return the error that says why this material cannot be read."""
        return ListingError(f"{self.origin}: {reason}")


@dataclass(frozen=True, kw_only=True)
class Format:
    """One format of listings: how to tell it and how to read it."""

    name: str
    recognise: Callable[[RawListing], bool]  #: looks at the content alone, cheaply
    read: Callable[[RawListing], Listing]  #: raises nothing but ListingError


def encoding_of(data: bytes) -> str:
    """Return the encoding of text that is not UTF-8: UTF-16 when it has its mark, else the likeliest one."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return detected(data)


def decoded(data: bytes, encoding: str) -> str:
    """Return `data` as text; no byte sequence fails: what the encoding lacks becomes U+FFFD."""
    if encoding == "utf-8":
        return codecs.getincrementaldecoder("utf-8-sig")(errors="replace").decode(data, final=len(data) != HEAD_LENGTH)
    return data.decode(encoding, errors="replace")


def is_binary(head: str) -> bool:
    """Tell whether `head` cannot be text: a NUL, or more than one character in fifty is a control character."""
    sample = head[:4_096]
    return "\x00" in sample or len(_CONTROLS.findall(sample)) * 50 > len(sample)


def collapsed(text: str) -> str:
    """Return `text` on one line, with single blanks: the hard wraps of a container format undone."""
    return " ".join(text.split())
