"""Chips: why a paper was picked, as both parts show it, written when first met and kept for the readers to come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter

from digest.issues import Reason
from digest.rendering.encoded_text import LINE_LENGTH, EncodedText, encoded
from digest.rendering.escaping import encoded_fragment
from digest.rendering.inputs import ChipInput
from digest.rendering.reasons import MAX_REASONS, label, reasons_in_favour
from digest.rendering.templates import TEXT_WIDTH, Templates
from digest.rendering.theme import Theme

INDENT = 4  #: columns, of what stands below a title in the text part
MAX_KEPT = 2_048  #: reasons, and as many sets of them
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
        chip = templates.encoded("mail/chip.html", ChipInput(theme=theme))
        self._chip, self._labels, self._size = chip.arranged("label"), chip.times("label"), chip.size
        self._chips: dict[_Key, _Chip] = {}
        self._sets: dict[_Key, EncodedText] = {}

    def of(self, reasons: Sequence[Reason]) -> EncodedText:
        """Return the reasons that speak for a paper, strongest first, each once, at most five: in the text part they
        follow the match, wrapped (": learning rate, optimizer")."""
        key = tuple([_key(reason) for reason in reasons if reason.contribution > 0])
        return self._sets.get(key) or self._write(key, reasons)

    def _write(self, key: _Key, reasons: Sequence[Reason]) -> EncodedText:
        if len(self._sets) >= MAX_KEPT:
            self._sets.clear()
        found: dict[str, _Chip] = {}
        for reason in reasons_in_favour(reasons):
            shown = _key(reason)
            chip = self._chips.get(shown) or self._write_chip(shown, reason)
            found[chip.label] = chip
        written = self._sets[key] = _joined(found.values())
        return written

    def _write_chip(self, key: _Key, reason: Reason) -> _Chip:
        if len(self._chips) >= MAX_KEPT:
            self._chips.clear()
        name = label(reason, self._wording)
        said, (fixed, arrange) = encoded_fragment(name), self._chip
        html, size = b"".join(arrange((*fixed, said.html))), self._size + self._labels * said.size
        chip = self._chips[key] = _Chip(name, html, size, _after(": ", name, said), _after(", ", name, said))
        return chip


def _after(lead: str, name: str, said: EncodedText) -> bytes:
    """Return the name after two characters, in quoted-printable: put together where the line has room for them."""
    has_room = 0 < len(said.text) < LINE_LENGTH and not name.startswith(".")
    return lead.encode() + said.text if has_room else encoded(lead + name)


def _joined(chips: Iterable[_Chip]) -> EncodedText:
    """Return the first chips as one piece: in the text part on as few lines as hold their labels."""
    html: list[bytes] = []
    text: list[bytes] = []
    size, column = 0, INDENT + len("100% match")
    for chip in islice(chips, MAX_REASONS):
        html.append(chip.html)
        size += chip.size
        column += len(", ") + len(chip.label)
        if not text:
            text.append(chip.first)
        elif column < TEXT_WIDTH:
            text.append(chip.next)
        else:
            text.append(encoded(_BELOW + chip.label))
            column = INDENT + len(chip.label)
    return EncodedText(b"".join(html), b"".join(text), size)
