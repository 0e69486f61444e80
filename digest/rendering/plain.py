"""Plain messages: short texts to the operator, rendered without any template, so that a broken template stops none."""

from __future__ import annotations

from collections.abc import Sequence

from digest.rendering.encoded_text import encoded_bytes
from digest.rendering.escaping import escaped
from digest.rendering.neutralizing import neutralized
from digest.rendering.result import Rendering


def plain_rendering(subject: str, paragraphs: Sequence[str]) -> Rendering:
    """Return a message of these paragraphs, in HTML and text. What comes from outside is made harmless."""
    texts = [neutralized(paragraph) for paragraph in paragraphs]
    html = "".join(f"<p>{escaped(text)}</p>\n" for text in texts)
    return Rendering(
        subject=neutralized(subject),
        preheader="",
        html_fragments=[encoded_bytes(f"<!doctype html>\n<html>\n<body>\n{html}</body>\n</html>\n".encode())],
        text_fragments=[encoded_bytes("".join(f"{text}\n\n" for text in texts).encode())],
    )
