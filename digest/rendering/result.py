"""What the press gives back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from digest.rendering.pieces import Piece, plain_of


@dataclass(frozen=True, kw_only=True)
class Rendering:
    """One mail, ready to read and ready for the wire."""

    subject: str
    preheader: str
    html_pieces: list[Piece]
    text_pieces: list[Piece]

    @cached_property
    def html(self) -> str:
        """The HTML part."""
        return plain_of(self.html_pieces)

    @cached_property
    def text(self) -> str:
        """The text part."""
        return plain_of(self.text_pieces)
