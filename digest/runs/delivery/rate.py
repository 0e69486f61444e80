"""Rates: how many messages a second may be sent under one name, over all processes. The store counts them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from digest.storage import Store
from digest.storage.delivery import limits

LEASED = 10  # permits taken at a time

Clock = Callable[[], datetime]


class Rate:
    """Messages a second under one name, over all processes; permits are taken a few at a time."""

    def __init__(self, store: Store, name: str, per_second: float, clock: Clock) -> None:
        self._store, self._name, self._per_second, self._clock = store, name, per_second, clock
        self._leased = 0

    def pass_one(self) -> timedelta:
        """Take a permit for one message; return zero, or how long to wait before asking again."""
        if not self._per_second:
            return timedelta()
        if not self._leased:
            count = max(1, min(LEASED, int(self._per_second)))
            with self._store.transaction() as tx:
                wait = limits.take(tx, self._name, count, self._per_second, self._clock())
            if wait:
                return wait
            self._leased = count
        self._leased -= 1
        return timedelta()
