"""Header fields, written so that no value can start another field and no URL is folded (RFC 5322, RFC 2047)."""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import UTC, datetime
from functools import lru_cache

from digest.errors import MessageError

LINE_LIMIT = 998  # octets (RFC 5322, 2.1.1)
_LINE_LENGTH = 76
_WORD_OCTETS = 45  # of UTF-8 in one encoded word: 60 characters of base64 and the frame make at most 75 (RFC 2047, 2)
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def unfolded_field(name: str, value: str) -> bytes:
    """Return a field with its value unencoded and unfolded. Raise MessageError unless it is printable ASCII."""
    line = f"{name}: {value}"
    if not _is_plain(line) or len(line) > LINE_LIMIT:
        raise MessageError(f"{name}: {value[:100]!r} is not allowed in a header")
    return line.encode() + b"\r\n"


def unstructured_field(name: str, text: str) -> bytes:
    """Return an unstructured field (RFC 5322, 2.2.1): short ASCII as is, other text in encoded words."""
    room = _LINE_LENGTH - len(name) - 2
    if len(text) <= room and _is_plain(text) and "=?" not in text:
        return f"{name}: {text}\r\n".encode()
    return f"{name}: {encoded_words(text, room)}\r\n".encode()


def _is_plain(text: str) -> bool:
    """Return whether the text is printable ASCII."""
    return text.isascii() and text.isprintable()


def encoded_words(text: str, first_room: int = _LINE_LENGTH) -> str:
    """Return the text as encoded words in UTF-8, one per line. No character is split."""
    chunks = _chunks(text, min(_WORD_OCTETS, (first_room - 12) // 4 * 3))
    return "\r\n ".join([f"=?utf-8?b?{b64encode(chunk).decode()}?=" for chunk in chunks])


def _chunks(text: str, first_octets: int) -> list[bytes]:
    chunks: list[bytes] = []
    rest, octets = text.encode("utf-8", "replace"), max(first_octets, 4)
    while rest:
        end = min(octets, len(rest))
        while end < len(rest) and rest[end] & 0xC0 == 0x80:
            end -= 1
        chunks.append(rest[:end])
        rest, octets = rest[end:], _WORD_OCTETS
    return chunks


def mailbox(name: str, address: str) -> str:
    """Return a mailbox with its display name, quoted or in encoded words if necessary."""
    if not name:
        return address
    if _ATOMS.fullmatch(name) and "=?" not in name and len(name) + len(address) < _LINE_LENGTH:
        return f"{name} <{address}>"
    if _is_plain(name) and "=?" not in name and len(name) + len(address) < _LINE_LENGTH:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address}>'
    return f"{encoded_words(name, 60)}\r\n <{address}>"


@lru_cache(maxsize=64)
def list_id_field(name: str, list_id: str) -> bytes:
    """Return the List-Id, with the name before it if that is plain ASCII (RFC 2919)."""
    label = f"{name} " if name and _ATOMS.fullmatch(name) else ""
    return unfolded_field("List-Id", f"{label}<{list_id}>")


def address_field(field: str, name: str, address: str) -> bytes:
    """Return an address field with one mailbox; a non-ASCII address is not encoded (RFC 6532)."""
    return f"{field}: {mailbox(name, address)}\r\n".encode()


# Fields that are the same in all messages of a day are written once.
cached_address_field = lru_cache(maxsize=64)(address_field)
cached_unfolded_field = lru_cache(maxsize=64)(unfolded_field)
cached_unstructured_field = lru_cache(maxsize=1_000)(unstructured_field)


@lru_cache(maxsize=256)
def date_field(at: datetime) -> bytes:
    """Return the Date field (RFC 5322, 3.6.1) in UTC."""
    at = at.astimezone(UTC)
    text = (
        f"{_DAYS[at.weekday()]}, {at.day:02} {_MONTHS[at.month - 1]} {at.year:04} "
        f"{at.hour:02}:{at.minute:02}:{at.second:02} +0000"
    )
    return unfolded_field("Date", text)
