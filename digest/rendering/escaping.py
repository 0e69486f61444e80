"""Outside text in HTML: escaped by the template engine, and harmless to the programs that process the message later.

Relays and list archives run their own templates over the messages that they handle, and filters search for event
handlers with patterns. Text that looks like a template tag or a handler is therefore written with character references.
"""

from __future__ import annotations

import re
from functools import lru_cache

from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

from digest.rendering.encoded_text import EncodedText, encoded_bytes

_LOOKS_ACTIVE = re.compile(r"\{(?=[{%#])|(?<=\{)\{|(?<=\bjavascript):|(?<=[a-z])=", re.IGNORECASE)
# One line that needs neither escaping nor encoding, such as a keyword or a link.
_NEEDS_NO_ENCODING = re.compile("(?!\\.)(?:https:)?[ !#-%(-9;?-z|~]{1,69}+(?<! )").fullmatch
_NEEDS_ESCAPING = re.compile("[&<>'\"{=:]").search


def escaped(text: str) -> Markup:
    """Return HTML that displays the text."""
    html = escape(text)
    if "{" not in html and "=" not in html and "javascript:" not in html.lower():
        return html
    return Markup(_LOOKS_ACTIVE.sub(lambda found: f"&#{ord(found.group())};", html))  # noqa: S704 - was escaped


@pass_eval_context
def finalize(context: EvalContext, value: object) -> object:
    """Return the output of a template for a value: escaped text in HTML, the text itself in plain text."""
    if not context.autoescape or hasattr(value, "__html__"):
        return value
    return escaped(value) if isinstance(value, str) else value


def encoded_fragment(text: str) -> EncodedText:
    """Return outside text for both parts."""
    if _NEEDS_NO_ENCODING(text):
        plain = text.encode() + b"=\r\n"
        return EncodedText(plain, plain, len(text))
    plain = encoded_bytes(text.encode())
    if not _NEEDS_ESCAPING(text):
        return EncodedText(plain, plain, len(text.encode()))
    html = escaped(text).encode()
    return EncodedText(encoded_bytes(html), plain, len(html))


cached_fragment = lru_cache(maxsize=1_000)(encoded_fragment)
