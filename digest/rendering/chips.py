"""Chips: why a paper was picked, as both parts show it, written when first met and kept for the readers to come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from digest.issues import Reason
from digest.rendering.escaping import html_piece
from digest.rendering.inputs import ChipInput
from digest.rendering.pieces import Piece, joined, piece
from digest.rendering.reasons import MOST_REASONS, label, speaking
from digest.rendering.templates import TEXT_WIDTH, Templates
from digest.rendering.theme import Theme

INDENT = 4  #: columns, of what stands below a title in the text part
MOST_KEPT = 20_000  #: reasons, and as many sets of them
_Key = tuple[object, ...]
#: Gives all that a label is made from: reasons that differ in no more than their contribution look the same.
_key: Callable[[Reason], _Key] = attrgetter("term", "kind", "matched", "words", "share")


@dataclass(slots=True)
class _Chip:
    """One reason, ready for both parts."""

    label: str
    html: Piece
    first: Piece  #: for the text part, after the match: ": learning rate"
    next: Piece  #: on the same line as the reason before
    below: Piece  #: on a line of its own


@dataclass(slots=True)
class WrittenReasons:
    """All reasons of one pick, ready for both parts."""

    chips: Piece  #: for the HTML
    words: Piece  #: for the text part, after the match, wrapped: ": learning rate, optimizer"


class Chips:
    """The chips of one look. Most picks share their reasons with another one, so whole sets are kept as well."""

    def __init__(self, templates: Templates, theme: Theme) -> None:
        self._wording = templates.wording
        self._pattern = templates.pattern("mail/chip.html", ChipInput(theme=theme))
        self._chips: dict[_Key, _Chip] = {}
        self._sets: dict[_Key, WrittenReasons] = {}

    def of(self, reasons: Sequence[Reason]) -> WrittenReasons:
        """Gives the reasons that speak for a paper, strongest first, each once, at most five."""
        key = tuple([_key(reason) for reason in reasons if reason.contribution > 0])
        return self._sets.get(key) or self._write(key, reasons)

    def _write(self, key: _Key, reasons: Sequence[Reason]) -> WrittenReasons:
        found = {chip.label: chip for chip in map(self._chip, speaking(reasons))}
        chips = list(found.values())[:MOST_REASONS]
        written = WrittenReasons(joined([chip.html for chip in chips]), joined(_in_words(chips)))
        _keep(self._sets, key, written)
        return written

    def _chip(self, reason: Reason) -> _Chip:
        key = _key(reason)
        return self._chips.get(key) or self._write_chip(key, reason)

    def _write_chip(self, key: _Key, reason: Reason) -> _Chip:
        name = label(reason, self._wording)
        html = joined(self._pattern.fill({"label": html_piece(name)}))
        first, following, below = (piece(lead + name) for lead in (": ", ", ", ",\n" + " " * INDENT))
        chip = _Chip(name, html, first, following, below)
        _keep(self._chips, key, chip)
        return chip


def _keep(kept: dict[_Key, Any], key: _Key, written: object) -> None:
    if len(kept) >= MOST_KEPT:
        kept.clear()
    kept[key] = written


def _in_words(chips: Sequence[_Chip]) -> list[Piece]:
    pieces: list[Piece] = []
    column = INDENT + len("100% match")
    for chip in chips:
        column += len(", ") + len(chip.label)
        if not pieces:
            pieces.append(chip.first)
        elif column < TEXT_WIDTH:
            pieces.append(chip.next)
        else:
            pieces.append(chip.below)
            column = INDENT + len(chip.label)
    return pieces
