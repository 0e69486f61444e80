"""Pieces: text that is encoded for the wire once, and patterns that leave slots for what changes.

A piece holds its text twice: as read, and in quoted-printable (RFC 2045, 6.7). The encoded form starts on a fresh
line and ends with a line break, hard or soft, so pieces can be joined in any order and every line stays within 76
octets. A full stop at the start of a line is written as =2E: no dot needs stuffing on the way (RFC 5321, 4.5.2).
"""

from __future__ import annotations

import re
from binascii import b2a_qp
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from markupsafe import Markup

LINE_LENGTH = 76  #: octets of an encoded line at most (RFC 2045, 6.7)
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"  # noncharacters: `inert` takes them out of all text from outside
_SLOT = re.compile(f"{_OPEN}([a-z_]+){_CLOSE}")
_LEADING_DOTS = re.compile(rb"(?m)^\.+")


@dataclass(slots=True)
class Piece:
    """A stretch of a part, ready in both forms. Never changed; not frozen, which would make it four times as slow to
    make, and a mail takes hundreds."""

    plain: str  #: as read
    wire: bytes  #: in quoted-printable, lines ended by CRLF
    size: int  #: octets of `plain` in UTF-8


Filling = Piece | list[Piece]
Arrange = Callable[[tuple[Piece, ...]], tuple[Piece, ...]]
EMPTY = Piece("", b"", 0)


def piece(text: str) -> Piece:
    """Gives the text as a piece; line ends in the text are "\\n"."""
    data = text.encode()
    return Piece(text, encoded(data), len(data)) if data else EMPTY


def encoded(data: bytes) -> bytes:
    """Gives the data in quoted-printable: from a fresh line to a line break. Line ends of any kind become CRLF."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
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


def mark(name: str) -> Markup:
    """Gives the mark of a slot, to be filled after the template was rendered."""
    return Markup(f"{_OPEN}{name}{_CLOSE}")  # noqa: S704 - made here of a name in the code


def slot(name: str) -> Any:
    """Gives a dataclass field whose value is a slot."""
    return field(default=mark(name))


class Pattern:
    """A rendered template, split at its slots."""

    def __init__(self, rendered: str) -> None:
        parts = _SLOT.split(rendered)
        self._pieces = [piece(part) if place % 2 == 0 else EMPTY for place, part in enumerate(parts)]
        self._slots = list(enumerate(parts))[-2::-2]  # last first: filling one leaves the places of the others
        self.size = sum(part.size for part in self._pieces)  #: octets of the fixed text
        self.slots = frozenset(parts[1::2])

    def fill(self, fillings: Mapping[str, Filling]) -> list[Piece]:
        """Gives the pieces with each slot filled. KeyError names a slot that has no filling."""
        pieces = self._pieces.copy()
        for place, name in self._slots:
            filling = fillings[name]
            if isinstance(filling, list):
                pieces[place : place + 1] = filling
            else:
                pieces[place] = filling
        return pieces

    def arranged(self, *names: str) -> Arrange:
        """Gives a function from fillings, in the order of these slots, to the filled pieces: a fifth of the time.

        KeyError names a slot that has no filling.
        """
        fixed, slots = tuple(self._pieces), dict(self._slots)
        places = {name: len(fixed) + place for place, name in enumerate(names)}
        order = [places[slots[at]] if at in slots else at for at in range(len(fixed))]
        wanted = [at for at in order if at >= len(fixed) or fixed[at] is not EMPTY]
        if len(wanted) < 2:  # then itemgetter gives no tuple
            return lambda fillings: tuple([(*fixed, *fillings)[at] for at in wanted])
        arrange = itemgetter(*wanted)
        return lambda fillings: arrange((*fixed, *fillings))


def size_of(pieces: Iterable[Piece]) -> int:
    """Gives the octets of the pieces as one text."""
    return sum([part.size for part in pieces])


def joined(pieces: Sequence[Piece]) -> Piece:
    """Gives the pieces as one, for what is kept and used again."""
    return Piece(plain_of(pieces), wire_of(pieces), size_of(pieces))


def plain_of(pieces: Sequence[Piece]) -> str:
    """Gives the pieces as one text."""
    return "".join([part.plain for part in pieces])


def wire_of(pieces: Sequence[Piece]) -> bytes:
    """Gives the pieces as one body in quoted-printable."""
    return b"".join([part.wire for part in pieces])
