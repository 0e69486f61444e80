"""Received messages: bytes -> headers and parts, for display."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.message import EmailMessage


@dataclass(frozen=True, kw_only=True)
class MessagePart:
    """One part of a message."""

    content_type: str  #: "text/html"
    filename: str  #: of an attachment; empty for other parts
    size: int  #: octets of the decoded content
    text: str | None  #: content of a text part; None for other parts


@dataclass(frozen=True, kw_only=True)
class ReadMessage:
    """A message as a mail client parses it."""

    header: tuple[tuple[str, str], ...]  #: names and values, decoded and unfolded, in order
    raw_header: str  #: the header as received
    parts: tuple[MessagePart, ...]  #: the leaf parts, in order
    defects: tuple[str, ...]  #: the defects that the parser found

    def value(self, name: str) -> str:
        """Return the first value of that field, or an empty string."""
        return next((value for key, value in self.header if key.lower() == name.lower()), "")

    def first(self, content_type: str) -> MessagePart | None:
        """Return the first part of that type."""
        return next((part for part in self.parts if part.content_type == content_type), None)


def read_message(data: bytes) -> ReadMessage:
    """Return the parsed message. Never raise for malformed input, which is listed under `defects`."""
    message = message_from_bytes(data, policy=policy.default)
    head = data.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    leaves = [part for part in message.walk() if not part.is_multipart()]
    return ReadMessage(
        header=tuple(_header(message)),
        raw_header=head.decode("utf-8", "replace"),
        parts=tuple(_part(leaf) for leaf in leaves),
        defects=tuple(type(defect).__name__ for part in message.walk() for defect in part.defects),
    )


def _header(message: EmailMessage) -> Iterator[tuple[str, str]]:
    for name, raw in message.raw_items():
        try:
            value = str(policy.default.header_fetch_parse(name, raw))
        except (HeaderParseError, ValueError, IndexError, AttributeError):  # the parser fails on some malformed values
            value = str(raw)
        yield name, " ".join(value.split())


def _part(leaf: EmailMessage) -> MessagePart:
    content = leaf.get_payload(decode=True)
    octets = content if isinstance(content, bytes) else b""
    is_text = leaf.get_content_maintype() == "text" and not leaf.is_attachment()
    return MessagePart(
        content_type=leaf.get_content_type(),
        filename=leaf.get_filename() or "",
        size=len(octets),
        text=_decoded(octets, leaf.get_content_charset("utf-8")) if is_text else None,
    )


def _decoded(octets: bytes, charset: str) -> str:
    try:
        return octets.decode(charset, "replace")
    except LookupError:
        return octets.decode("utf-8", "replace")
