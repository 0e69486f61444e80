"""What the press gives back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from digest.rendering.encoded_text import decoded


@dataclass(frozen=True, kw_only=True)
class Rendering:
    """One mail, ready for the wire; who wants to read it has it decoded, and so sees what is sent."""

    subject: str
    preheader: str
    html_pieces: list[bytes]  #: the HTML part in quoted-printable, as the next
    text_pieces: list[bytes]

    @cached_property
    def html(self) -> str:
        """The HTML part."""
        return decoded(self.html_pieces)

    @cached_property
    def text(self) -> str:
        """The text part."""
        return decoded(self.text_pieces)
