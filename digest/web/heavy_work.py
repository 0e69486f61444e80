"""Heavy work: requests that rank or parse, of which only a few may run at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = 4


class TooBusy(Exception):
    """As much heavy work runs as is allowed; the client should try again in a moment."""


class HeavyWork:
    """Limits how many requests do heavy work at once, so that the other pages keep threads to answer with."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._slots = threading.BoundedSemaphore(at_once)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold a slot while the block runs. Raise TooBusy at once when there is none."""
        if not self._slots.acquire(blocking=False):
            raise TooBusy
        try:
            yield
        finally:
            self._slots.release()
