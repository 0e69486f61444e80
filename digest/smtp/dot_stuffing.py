"""Message data for the SMTP DATA phase: no bare CR or LF, no NUL, dots at line starts doubled."""

from __future__ import annotations

import re

from digest.errors import MessageError

_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")


def dot_stuffed(data: bytes) -> bytes:
    """Return the message as it is sent after DATA, without the final dot. Raise MessageError.

    A bare CR or LF would let a message end early in one server's eyes and not in another's (SMTP smuggling), so a
    message that has one is refused, not fixed.
    """
    if not data.endswith(b"\r\n"):
        raise MessageError("the message does not end with a line break")
    if _BARE.search(data):
        raise MessageError("the message has a bare CR or LF")
    if b"\0" in data:
        raise MessageError("the message has a NUL")
    return (b"\r\n" + data).replace(b"\r\n.", b"\r\n..")[2:]
