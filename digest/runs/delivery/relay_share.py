"""Relay shares: which of several relays takes the next message, at its rate, in its share and within its day."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from digest.runs.delivery.rate import Rate
from digest.settings import RelaySettings
from digest.smtp import MessageSource, OutgoingMessage, RetryAfter
from digest.storage import Store
from digest.storage.delivery import limits

AHEAD = 20  # messages that a relay may be ahead of its share
SILENT = 1.0  # seconds after which a relay that took none is not waited for
AHEAD_PAUSE = RetryAfter(0.01)  # before it is asked again whether it still is


class RelayShares:
    """Chooses which of several relays gets the next message, so that none gets far ahead of its share.

    One that takes nothing for a while, because its server is mute, is not waited for, and has nothing to catch up with.
    """

    def __init__(self, relays: Sequence[RelaySettings], seconds: Callable[[], float] = time.monotonic) -> None:
        self._shares = {relay.name: relay.share for relay in relays}
        self._seconds = seconds
        self._taken = dict.fromkeys(self._shares, 0.0)
        self._took_at = dict.fromkeys(self._shares, seconds())
        self._lock = threading.Lock()

    def is_ahead(self, name: str) -> bool:
        """Return True when the relay is too far ahead of the others that are at work."""
        if len(self._shares) == 1:
            return False
        with self._lock:
            at_work = {name, *self._at_work()}
            total = sum(self._taken[one] for one in at_work)
            fair = self._shares[name] / sum(self._shares[one] for one in at_work) * total
            return self._taken[name] >= fair + AHEAD

    def count(self, name: str) -> None:
        """Count a message that the relay takes."""
        if len(self._shares) == 1:
            return
        with self._lock:
            at_work = self._at_work()
            if at_work and name not in at_work:
                level = max(self._taken[one] / self._shares[one] for one in at_work)
                self._taken[name] = max(self._taken[name], level * self._shares[name])
            self._taken[name] += 1
            self._took_at[name] = self._seconds()

    def leave(self, name: str) -> None:
        """Give the share of a relay that has finished to the others."""
        with self._lock:
            if len(self._shares) > 1:
                del self._shares[name]

    def _at_work(self) -> list[str]:
        since = self._seconds() - SILENT
        return [name for name in self._shares if self._took_at[name] > since]


class RelayQueue:
    """The message source of one relay: within its rate, its share and its daily allowance."""

    def __init__(
        self, source: MessageSource, name: str, shares: RelayShares, rate: Rate, allowance: int | None
    ) -> None:
        self._source, self._name, self._shares, self._rate = source, name, shares, rate
        self._left = allowance
        self._has_permit = False  # for a message that the source has not given yet

    def poll(self) -> OutgoingMessage | RetryAfter | None:
        """Return the next message if it may be sent at once, or when it may; None when this relay gets no more."""
        if self._left == 0:
            return None
        if self._shares.is_ahead(self._name):
            return AHEAD_PAUSE
        if not self._has_permit and (wait := self._rate.pass_one()):
            return RetryAfter(wait.total_seconds())
        found = self._source.poll()
        self._has_permit = not isinstance(found, OutgoingMessage)
        if isinstance(found, OutgoingMessage):
            self._shares.count(self._name)
            self._left = None if self._left is None else self._left - 1
        return found


def allowance(store: Store, relay: RelaySettings, now: datetime) -> int | None:
    """Return how many messages a relay that is warming up may still have today; None when it is warm."""
    if relay.warm_up_from is None:
        return None
    day = min(max((now.date() - relay.warm_up_from).days, 0), 40)
    allowed: int = relay.warm_up_first * 2**day
    with store.reading() as tx:
        return max(allowed - limits.sent_on(tx, relay.name, now.date()), 0)
