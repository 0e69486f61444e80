"""Text from outside in HTML: escaped by the engine, and inert for whatever reads the mail after us.

Relays and list archives run templates of their own over what passes through them, and filters look for handlers with
patterns: text that looks like a tag of theirs, or like a handler, stands in character references.
"""

from __future__ import annotations

import re
from functools import lru_cache

from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

from digest.rendering.encoded_text import EncodedText, encoded

_LOOKS_ACTIVE = re.compile(r"\{(?=[{%#])|(?<=\{)\{|(?<=\bjavascript):|(?<=[a-z])=", re.IGNORECASE)
# One line with nothing to escape or to encode, such as a keyword or a link.
_STANDS_AS_IT_IS = re.compile("(?!\\.)(?:https:)?[ !#-%(-9;?-z|~]{1,69}+(?<! )").fullmatch
_NEEDS_ESCAPING = re.compile("[&<>'\"{=:]").search


def escaped(text: str) -> Markup:
    """Return the text as HTML that shows it."""
    html = escape(text)
    if "{" not in html and "=" not in html and "javascript:" not in html.lower():
        return html
    return Markup(_LOOKS_ACTIVE.sub(lambda found: f"&#{ord(found.group())};", html))  # noqa: S704 - was escaped


@pass_eval_context
def finalize(context: EvalContext, value: object) -> object:
    """Return what a template writes for a value: in HTML, text escaped as above; in plain text, the text."""
    if not context.autoescape or hasattr(value, "__html__"):
        return value
    return escaped(value) if isinstance(value, str) else value


def piece(text: str) -> EncodedText:
    """Return text from outside as it stands in both parts."""
    if _STANDS_AS_IT_IS(text):
        said = text.encode() + b"=\r\n"
        return EncodedText(said, said, len(text))
    said = encoded(text.encode())
    if not _NEEDS_ESCAPING(text):
        return EncodedText(said, said, len(text.encode()))
    html = escaped(text).encode()
    return EncodedText(encoded(html), said, len(html))


kept_piece = lru_cache(maxsize=1_000)(piece)
