"""The result of rendering."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from digest.rendering.encoded_text import decoded


@dataclass(frozen=True, kw_only=True)
class Rendering:
    """One message in its transfer encoding. Its readable parts are decoded from the same bytes that are sent."""

    subject: str
    preheader: str
    html_fragments: list[bytes]  #: the HTML part in quoted-printable, like `text_fragments`
    text_fragments: list[bytes]

    @cached_property
    def html(self) -> str:
        """The HTML part."""
        return decoded(self.html_fragments)

    @cached_property
    def text(self) -> str:
        """The text part."""
        return decoded(self.text_fragments)
