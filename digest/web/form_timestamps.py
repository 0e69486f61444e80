"""Signed timestamps in forms: they show how long a form was open before it was submitted."""

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
    """What a timestamp shows about a form."""

    GOOD = "good"
    TOO_FAST = "too fast"  #: submitted faster than a person can fill it in
    TOO_OLD = "too old"  #: the page was open for too long: show it again
    FORGED = "forged"


@dataclass(frozen=True)
class FormTimestamps:
    """Signs the time at which a form was shown."""

    key: bytes

    def stamp(self, now: datetime) -> str:
        """Return the value for the hidden field of the form: seconds since 1970 and a signature."""
        seconds = str(int(now.timestamp()))
        return f"{seconds}.{self._mac(seconds)}"

    def read(self, stamp: str, now: datetime) -> TimestampCheck:
        """Return what a submitted timestamp shows about its form."""
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
