"""Pieces: text that is encoded for the wire once, and patterns that leave slots for what changes.

A piece holds its text twice: as read, and in quoted-printable (RFC 2045, 6.7). The encoded form starts on a fresh
line and ends with a line break, hard or soft, so pieces can be joined in any order and every line stays within 76
octets. A full stop at the start of a line is written as =2E: no dot needs stuffing on the way (RFC 5321, 4.5.2).
"""

from __future__ import annotations

import re
from binascii import b2a_qp
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any, NamedTuple

from markupsafe import Markup

LINE_LENGTH = 76  #: octets of an encoded line at most (RFC 2045, 6.7)
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"  # noncharacters: `inert` takes them out of all text from outside
_SLOT = re.compile(f"{_OPEN}([a-z_]+){_CLOSE}")
_LEADING_DOTS = re.compile(rb"(?m)^\.+")


class Piece(NamedTuple):
    """A stretch of a part, ready in both forms."""

    plain: str  #: as read
    wire: bytes  #: in quoted-printable, lines ended by CRLF
    size: int  #: octets of `plain` in UTF-8


Filling = Piece | tuple[Piece, ...]
EMPTY = Piece("", b"", 0)


def piece(text: str) -> Piece:
    """Gives the text as a piece; line ends in the text are "\\n"."""
    data = text.encode()
    return Piece(text, encoded(data), len(data)) if data else EMPTY


def encoded(data: bytes) -> bytes:
    """Gives the data in quoted-printable: from a fresh line to a line break."""
    wire = b2a_qp(data, istext=True)
    if b"." in wire:
        wire = _LEADING_DOTS.sub(_escaped_dots, wire)
    if b"\n" in wire:
        wire = wire.replace(b"\n", b"\r\n")
    return wire if wire.endswith(b"\n") else _soft_ended(wire)


def _soft_ended(wire: bytes) -> bytes:
    """Gives the lines with a soft break at the end; a last line that has no room for it gives up its last octet."""
    if len(wire) - wire.rfind(b"\n") - 1 < LINE_LENGTH:
        return wire + b"=\r\n"
    cut = -3 if wire[-3:-2] == b"=" else -1
    last = b"=2E" if wire.endswith(b".") else wire[cut:]
    return wire[:cut] + b"=\r\n" + last + b"=\r\n"


def _escaped_dots(found: re.Match[bytes]) -> bytes:
    return b"=2E=\n" * len(found.group())


def slot(name: str) -> Any:
    """Gives a dataclass field whose value is a slot: a mark that is filled after the template was rendered."""
    return field(default=Markup(f"{_OPEN}{name}{_CLOSE}"))  # noqa: S704 - made here of a name in the code


class Pattern:
    """A rendered template, split at its slots."""

    def __init__(self, rendered: str) -> None:
        parts = _SLOT.split(rendered)
        self._parts: tuple[Piece | str, ...] = tuple(
            part if place % 2 else piece(part) for place, part in enumerate(parts) if part
        )
        self.size = sum(part.size for part in self._parts if isinstance(part, Piece))
        self.slots = frozenset(parts[1::2])

    def fill(self, fillings: Mapping[str, Filling]) -> tuple[Piece, ...]:
        """Gives the pieces with each slot filled. KeyError names a slot that has no filling."""
        pieces: list[Piece] = []
        for part in self._parts:
            filling = fillings[part] if isinstance(part, str) else part
            if isinstance(filling, Piece):
                pieces.append(filling)
            else:
                pieces.extend(filling)
        return tuple(pieces)

    def fill_one(self, fillings: Mapping[str, Filling]) -> Piece:
        """Gives the filled pattern as one piece, for what is kept and used again."""
        return piece("".join([part.plain for part in self.fill(fillings)]))


def plain_of(pieces: Iterable[Piece]) -> str:
    """Gives the pieces as one text."""
    return "".join([part.plain for part in pieces])


def wire_of(pieces: Iterable[Piece]) -> bytes:
    """Gives the pieces as one body in quoted-printable."""
    return b"".join([part.wire for part in pieces])


def size_of(pieces: Iterable[Piece]) -> int:
    """Gives the length of the text in octets of UTF-8."""
    return sum([part.size for part in pieces])
