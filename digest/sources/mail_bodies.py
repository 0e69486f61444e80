"""E-mails as files: their subject and their texts."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage

_TELLTALE = re.compile(
    r"^(?:From|Subject|Date|Message-ID|Received|MIME-Version|Return-Path|Delivered-To): ", re.M | re.I
)


def is_mail(head: str) -> bool:
    """Tell whether a text begins like a mail: at least two of the well-known headers in its first block."""
    block = re.split(r"\r?\n\r?\n", head.lstrip()[:20_000], maxsplit=1)[0]
    return bool(re.match(r"[A-Za-z-]+: |From ", block)) and len(_TELLTALE.findall(block)) >= 2


def subject_of(data: bytes) -> str:
    """Return the subject of a mail, decoded and on one line; empty without one."""
    try:
        header = email.message_from_bytes(data.lstrip(), policy=email.policy.default)["Subject"]
        return " ".join(str(header or "").split())
    except (LookupError, ValueError, TypeError, AttributeError, AssertionError, RecursionError):
        return ""


def plain_body(data: bytes) -> str:
    """Return the plain text of a mail; empty without one."""
    return _body(data, "plain")


def html_body(data: bytes) -> str:
    """Return the HTML text of a mail; empty without one."""
    return _body(data, "html")


def _body(data: bytes, kind: str) -> str:
    # The parser and its parts raise a variety of errors on damaged mails; each means that there is no such text.
    try:
        message = email.message_from_bytes(data.lstrip(), policy=email.policy.default)
        part = message.get_body((kind,)) if isinstance(message, EmailMessage) else None
        content = part.get_content() if part is not None else ""
    except (LookupError, ValueError, TypeError, AttributeError, AssertionError, RecursionError):
        return ""
    return content.replace("\r\n", "\n") if isinstance(content, str) else ""
