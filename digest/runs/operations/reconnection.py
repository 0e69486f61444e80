"""Reconnection: wait for a database that cannot be reached, with growing pauses and two log lines."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from digest.errors import SchemaTooNew, StoreError

T = TypeVar("T")
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  #: seconds
_log = logging.getLogger(__name__)


class Outage:
    """Whether the database can be reached, as this program has seen it; logs when that changes."""

    def __init__(self) -> None:
        self._failures = 0

    @property
    def is_on(self) -> bool:
        """True while the database cannot be reached."""
        return self._failures > 0

    def failed(self, error: BaseException) -> float:
        """Record a failed attempt, and return the seconds to wait before the next."""
        if not self._failures:
            reason = " ".join(str(error).split())
            _log.warning("the database cannot be reached, trying again: %s", reason, extra={"action": "reconnect"})
        self._failures += 1
        pause: float = FIRST_PAUSE * 2 ** min(self._failures - 1, 10)
        return min(pause, LONGEST_PAUSE)

    def over(self) -> None:
        """Record that the database can be reached."""
        if self._failures:
            _log.warning("the database can be reached again", extra={"action": "reconnect"})
        self._failures = 0


def patiently(attempt: Callable[[], T], stop: threading.Event) -> T:
    """Return what the attempt returns, trying again for as long as the store cannot be reached and `stop` is not set.

    Raise StoreError when `stop` is set meanwhile, SchemaTooNew at once.
    """
    outage = Outage()
    while True:
        try:
            result = attempt()
        except SchemaTooNew:
            raise
        except StoreError as error:
            if stop.wait(outage.failed(error)):
                raise
        else:
            outage.over()
            return result
