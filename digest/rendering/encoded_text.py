"""Pieces: text that is encoded for the wire once, and patterns that leave slots for what changes.

A stretch of a part is kept in quoted-printable only (RFC 2045, 6.7): a message needs no other form, and who wants to
read a part has it decoded. The encoded form starts on a fresh line and ends with a line break, hard or soft, so
stretches can be joined in any order and every line stays within 76 octets. A full stop at the start of a line is
written as =2E: no dot needs stuffing on the way (RFC 5321, 4.5.2).
"""

from __future__ import annotations

import re
from binascii import a2b_qp, b2a_qp
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import Any

from markupsafe import Markup

MOST_DECODED = 4096  #: stretches whose text is kept: most stand in many mails
LINE_LENGTH = 76  #: octets of an encoded line at most (RFC 2045, 6.7)
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"  # noncharacters: `inert` takes them out of all text from outside
_SLOT = re.compile(f"{_OPEN}([a-z_]+){_CLOSE}")
_LEADING_DOTS = re.compile(rb"(?m)^\.+")
# One line in which nothing is to be encoded, such as a link.
_STANDS_AS_IT_IS = re.compile(r"(?!\.)[ -<>-~]{1,75}+(?<! )").fullmatch

Filling = bytes | list[bytes]
#: The fixed stretches of a pattern, and a function that puts them and what fills it, behind them, in order.
Arrangement = tuple[tuple[bytes, ...], Callable[[tuple[bytes, ...]], tuple[bytes, ...]]]


@dataclass(slots=True)
class EncodedText:
    """What stands in both parts of a mail, in quoted-printable. Never changed; not frozen, which would make it four
    times as slow to make, and a mail takes dozens."""

    html: bytes
    text: bytes
    size: int  #: octets of the HTML as it is read


def wire(text: str) -> bytes:
    """Return the text in quoted-printable; line ends in the text are "\\n"."""
    return text.encode() + b"=\r\n" if _STANDS_AS_IT_IS(text) else encoded(text.encode())


def encoded(data: bytes) -> bytes:
    """Return the data in quoted-printable: from a fresh line to a line break. Line ends of any kind become CRLF."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    wire = b2a_qp(data, istext=True)
    if wire.startswith(b".") or b"\n." in wire:
        wire = _LEADING_DOTS.sub(_escaped_dots, wire)
    if b"\n" in wire:
        wire = wire.replace(b"\n", b"\r\n")
    return wire if not wire or wire.endswith(b"\n") else _soft_ended(wire)


def decoded(stretches: Sequence[bytes]) -> str:
    """Return the text that was encoded in these stretches, its line ends as "\\n"."""
    return "".join(map(_decoded, stretches))


@lru_cache(MOST_DECODED)
def _decoded(stretch: bytes) -> str:
    return a2b_qp(stretch).replace(b"\r\n", b"\n").decode()


def _soft_ended(wire: bytes) -> bytes:
    """Return the lines with a soft break at the end; a last line that has no room for it gives up its last octet."""
    if len(wire) - wire.rfind(b"\n") - 1 < LINE_LENGTH:
        return wire + b"=\r\n"
    cut = -3 if wire[-3:-2] == b"=" else -1
    last = b"=2E" if wire.endswith(b".") else wire[cut:]
    return wire[:cut] + b"=\r\n" + last + b"=\r\n"


def _escaped_dots(found: re.Match[bytes]) -> bytes:
    return b"=2E=\n" * len(found.group())


def mark(name: str) -> Markup:
    """Return the mark of a slot, to be filled after the template was rendered."""
    return Markup(f"{_OPEN}{name}{_CLOSE}")  # noqa: S704 - made here of a name in the code


def slot(name: str) -> Any:
    """Return a dataclass field whose value is a slot."""
    return field(default=mark(name))


class EncodedTemplate:
    """A rendered template, encoded and split at its slots."""

    def __init__(self, rendered: str) -> None:
        parts = _SLOT.split(rendered)
        self._stretches = [wire(part) if place % 2 == 0 else b"" for place, part in enumerate(parts)]
        self._slots = list(enumerate(parts))[-2::-2]  # last first: filling one leaves the places of the others
        self.size = sum(len(part.encode()) for part in parts[::2])  #: octets of the fixed text, as it is read
        self._times = Counter(parts[1::2])

    def times(self, name: str) -> int:
        """Return how often this slot stands in the pattern."""
        return self._times[name]

    def fill(self, fillings: Mapping[str, Filling]) -> list[bytes]:
        """Return the stretches with each slot filled. KeyError names a slot that has no filling."""
        stretches = self._stretches.copy()
        for place, name in self._slots:
            filling = fillings[name]
            if isinstance(filling, list):
                stretches[place : place + 1] = filling
            else:
                stretches[place] = filling
        return stretches

    def around(self, inner: str, *names: str) -> Callable[[list[bytes], tuple[bytes, ...]], list[bytes]]:
        """Return a function from what fills the slot `inner`, and fillings in the order of the others, to the filled
        stretches: a third of the time."""
        (fixed, arrange), mark = self.arranged(inner, *names), b"inner"
        places = [at for at, part in enumerate(arrange((*fixed, mark, *[b""] * len(names)))) if part is mark][::-1]

        def fill(filling: list[bytes], fillings: tuple[bytes, ...]) -> list[bytes]:
            stretches = list(arrange((*fixed, b"", *fillings)))
            for place in places:  # last first, as above
                stretches[place : place + 1] = filling
            return stretches

        return fill

    def arranged(self, *names: str) -> Arrangement:
        """Return what fills the pattern in a fifth of the time: `arrange(fixed + fillings)`, the fillings in the order
        of these slots. KeyError names a slot that has no filling.
        """
        fixed, slots = tuple(self._stretches), dict(self._slots)
        places = {name: len(fixed) + place for place, name in enumerate(names)}
        order = [places[slots[at]] if at in slots else at for at in range(len(fixed))]
        wanted = [at for at in order if at >= len(fixed) or fixed[at]]
        if len(wanted) < 2:  # then itemgetter gives no tuple
            return fixed, lambda stretches: tuple([stretches[at] for at in wanted])
        return fixed, itemgetter(*wanted)
