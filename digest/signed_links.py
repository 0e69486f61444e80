"""Signed, fixed-length tokens for the links of a message: one purpose each, nothing to look up, nothing to guess.

A token is 30 octets: key id (1), purpose (1), delivery (6), paper (5), day of issue since 1970 (2), and the first
15 octets of an HMAC-SHA256 over them. In a link it is 40 characters of URL-safe base64; in a VERP address, where
case may be lost, 48 characters of base32. The length never changes, so that a message can be built around it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from functools import lru_cache
from typing import Protocol

LINK_LENGTH = 40
VERP_LENGTH = 48
MAX_KEYS = 256  #: that a keyring holds: one octet of a token names its key
_EPOCH = date(1970, 1, 1)
_MAC_LENGTH = 15
_OCTETS = [bytes([number]) for number in range(256)]
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_DIGITS = "abcdefghijklmnopqrstuvwxyz234567"
_TWO_DIGITS = [first + second for first in _DIGITS for second in _DIGITS]
_SHIFTS = range(230, -1, -10)


class Purpose(IntEnum):
    """What the holder of a token may do; the number stands in the token."""

    UNSUBSCRIBE = 1
    VOTE_UP = 2  #: on one paper; no longer made, but the mails that hold it live on
    VOTE_DOWN = 3
    PAUSE = 4
    VIEW = 5
    BOUNCE = 6
    VOTE = 7  #: on any paper that the issue shows; the link goes on with the paper and the way


LIFETIME: dict[Purpose, timedelta | None] = {
    Purpose.UNSUBSCRIBE: None,
    Purpose.VOTE_UP: timedelta(days=90),
    Purpose.VOTE_DOWN: timedelta(days=90),
    Purpose.PAUSE: timedelta(days=90),
    Purpose.VIEW: timedelta(days=90),
    Purpose.BOUNCE: timedelta(days=30),
    Purpose.VOTE: timedelta(days=90),
}


@dataclass(frozen=True, kw_only=True)
class LinkClaim:
    """What a token says."""

    purpose: Purpose
    delivery: int  #: id of the ledger row
    paper: int = 0  #: sequence number, for votes
    issued: date = _EPOCH


class Series(Protocol):
    """Signs the tokens of one delivery."""

    def __call__(self, purpose: Purpose, paper: int = 0) -> bytes: ...


@dataclass(frozen=True)
class Keyring:
    """The secret keys that tokens are signed with: the newest signs, all verify."""

    keys: tuple[bytes, ...]  #: oldest first, 1 to MAX_KEYS of them, each of 32 octets or more

    def sign(self, claim: LinkClaim) -> bytes:
        """Return the 30 octets of the token."""
        return self.series(claim.delivery, claim.issued)(claim.purpose, claim.paper)

    def series(self, delivery: int, issued: date) -> Series:
        """Return a function that signs what one delivery needs, by purpose and paper: a mail needs dozens."""
        key_id = len(self.keys) - 1
        mac, octets = _mac(self.keys[key_id]), delivery.to_bytes(6)
        start, day = _OCTETS[key_id], (issued - _EPOCH).days.to_bytes(2)

        def sign(purpose: Purpose, paper: int = 0) -> bytes:
            head = start + _OCTETS[purpose] + octets + paper.to_bytes(5) + day
            return head + mac(head)

        return sign

    def lacks_key_of(self, token: bytes) -> bool:
        """Return whether a token names a key that is not here: it is forged, or the key was added since."""
        return bool(token) and token[0] >= len(self.keys)

    def verify(self, token: bytes, today: date) -> LinkClaim | None:
        """Return what the token says; None when it is forged, torn or past its time."""
        head, mac = token[:-_MAC_LENGTH], token[-_MAC_LENGTH:]
        if len(token) != 30 or self.lacks_key_of(token) or head[1] not in Purpose.__members__.values():
            return None
        if not hmac.compare_digest(mac, _mac(self.keys[head[0]])(head)):
            return None
        purpose, issued = Purpose(head[1]), _EPOCH + timedelta(days=int.from_bytes(head[13:15]))
        lifetime = LIFETIME[purpose]
        if lifetime is not None and today > issued + lifetime:
            return None
        return LinkClaim(
            purpose=purpose, delivery=int.from_bytes(head[2:8]), paper=int.from_bytes(head[8:13]), issued=issued
        )


@lru_cache(maxsize=64)
def _mac(key: bytes) -> Callable[[bytes], bytes]:
    """Return a function for the first octets of the HMAC-SHA256 under this key (RFC 2104).

    The hash of the padded key is made once and copied for each message, which takes a third of the time.
    """
    block = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    inner, outer = (hashlib.sha256(bytes(octet ^ pad for octet in block)) for pad in (0x36, 0x5C))

    def mac(message: bytes) -> bytes:
        first, second = inner.copy(), outer.copy()
        first.update(message)
        second.update(first.digest())
        return second.digest()[:_MAC_LENGTH]

    return mac


def link_form(token: bytes) -> str:
    """Return the 40 characters that stand in a link."""
    return binascii.b2a_base64(token, newline=False).translate(_URL_SAFE).decode()


def verp_form(token: bytes) -> str:
    """Return the 48 characters of base32 (RFC 4648, in lower case) that stand in an envelope sender."""
    number = int.from_bytes(token)
    return "".join([_TWO_DIGITS[number >> shift & 0x3FF] for shift in _SHIFTS])


def from_link(text: str) -> bytes:
    """Return the octets of a token in a link; empty when it cannot be one."""
    try:
        return base64.b64decode(text, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def from_verp(text: str) -> bytes:
    """Return the octets of a token in an address, whatever its case; empty when it cannot be one."""
    try:
        return base64.b32decode(text, casefold=True)
    except (binascii.Error, ValueError):
        return b""
