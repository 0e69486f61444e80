"""Signed times in forms: that a person had the page before them for a while, and not since last week."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

SHORTEST = timedelta(seconds=3)
LONGEST = timedelta(hours=1)
_MAC_LENGTH = 32  # characters of hexadecimal, 128 bits


class TimestampCheck(Enum):
    """What a stamp tells of a form."""

    GOOD = "good"
    TOO_FAST = "too fast"  #: filled in quicker than a person can
    TOO_OLD = "too old"  #: the page stood open too long: show it again
    FORGED = "forged"


@dataclass(frozen=True)
class FormTimestamps:
    """Stamps forms with the time at which they were shown."""

    key: bytes

    def stamp(self, now: datetime) -> str:
        """Return the text for the form's hidden field: seconds since 1970 and a signature."""
        seconds = str(int(now.timestamp()))
        return f"{seconds}.{self._mac(seconds)}"

    def read(self, stamp: str, now: datetime) -> TimestampCheck:
        """Return what the stamp tells about the form that brought it back."""
        seconds, _, mac = stamp.partition(".")
        if not (seconds.isascii() and seconds.isdigit()) or not hmac.compare_digest(
            mac.encode(), self._mac(seconds).encode()
        ):
            return TimestampCheck.FORGED
        age = now - datetime.fromtimestamp(int(seconds), UTC)
        if age < SHORTEST:
            return TimestampCheck.TOO_FAST
        return TimestampCheck.TOO_OLD if age > LONGEST else TimestampCheck.GOOD

    def _mac(self, seconds: str) -> str:
        return hmac.new(self.key, b"form:" + seconds.encode(), hashlib.sha256).hexdigest()[:_MAC_LENGTH]
