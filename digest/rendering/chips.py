"""Chips: why a paper was picked, as both parts show it, written when first met and kept for the readers to come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from digest.issues import Reason
from digest.rendering.escaping import piece
from digest.rendering.inputs import ChipInput
from digest.rendering.pieces import Piece, wire
from digest.rendering.reasons import MOST_REASONS, label, speaking
from digest.rendering.templates import TEXT_WIDTH, Templates
from digest.rendering.theme import Theme

INDENT = 4  #: columns, of what stands below a title in the text part
MOST_KEPT = 2_048  #: reasons, and as many sets of them
_BELOW = ",\n" + " " * INDENT
_Key = tuple[object, ...]
_SHOWN = ("term", "kind", "matched", "words", "share")
#: Gives all that a label is made from: reasons that differ in no more than their contribution look the same.
_key: Callable[[Reason], _Key] = itemgetter(*map(Reason._fields.index, _SHOWN))


@dataclass(slots=True)
class _Chip:
    """One reason, ready for both parts."""

    label: str
    html: bytes
    size: int  # octets of the HTML as it is read
    first: bytes  # in the text part, after the match: ": learning rate"
    next: bytes  # on the same line as the reason before


class Chips:
    """The chips of one look. Most picks share their reasons with another one, so whole sets are kept as well."""

    def __init__(self, templates: Templates, theme: Theme) -> None:
        self._wording = templates.wording
        chip = templates.pattern("mail/chip.html", ChipInput(theme=theme))
        self._chip, self._labels, self._size = chip.arranged("label"), chip.times("label"), chip.size
        self._chips: dict[_Key, _Chip] = {}
        self._sets: dict[_Key, Piece] = {}

    def of(self, reasons: Sequence[Reason]) -> Piece:
        """Gives the reasons that speak for a paper, strongest first, each once, at most five: in the text part they
        follow the match, wrapped (": learning rate, optimizer")."""
        key = tuple([_key(reason) for reason in reasons if reason.contribution > 0])
        return self._sets.get(key) or self._write(key, reasons)

    def _write(self, key: _Key, reasons: Sequence[Reason]) -> Piece:
        if len(self._sets) >= MOST_KEPT:
            self._sets.clear()
        found: dict[str, _Chip] = {}
        for reason in speaking(reasons):
            chip = self._chips.get(_key(reason)) or self._write_chip(reason)
            found[chip.label] = chip
        chips = list(found.values())[:MOST_REASONS]
        html, size = b"".join([chip.html for chip in chips]), sum([chip.size for chip in chips])
        written = self._sets[key] = Piece(html, _in_words(chips), size)
        return written

    def _write_chip(self, reason: Reason) -> _Chip:
        if len(self._chips) >= MOST_KEPT:
            self._chips.clear()
        name = label(reason, self._wording)
        said, (fixed, arrange) = piece(name), self._chip
        html, size = b"".join(arrange((*fixed, said.html))), self._size + self._labels * said.size
        chip = self._chips[_key(reason)] = _Chip(name, html, size, wire(": " + name), wire(", " + name))
        return chip


def _in_words(chips: Sequence[_Chip]) -> bytes:
    """Gives the labels in quoted-printable, on as few lines as hold them."""
    stretches: list[bytes] = []
    column = INDENT + len("100% match")
    for chip in chips:
        column += len(", ") + len(chip.label)
        if not stretches:
            stretches.append(chip.first)
        elif column < TEXT_WIDTH:
            stretches.append(chip.next)
        else:
            stretches.append(wire(_BELOW + chip.label))
            column = INDENT + len(chip.label)
    return b"".join(stretches)
