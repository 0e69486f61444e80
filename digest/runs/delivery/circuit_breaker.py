"""Circuit breakers: a provider that refuses several messages in a row because of us gets none for a while."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Set
from datetime import datetime

from digest.deliveries import Attempt, FaultSide, Outcome, fault_of
from digest.runs.delivery.rate import Clock
from digest.storage import Store
from digest.storage.delivery import limits
from digest.storage.delivery.limits import Breaker

REFUSALS_TO_TRIP = 3  # refusals about us in a row, from one provider


def domain_of(address: str) -> str:
    """Return the domain by which providers are counted."""
    return address.rpartition("@")[2].lower()


class CircuitBreakers:
    """One breaker for each provider's domain. While it is open, nothing goes to the domain."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._learning = threading.Lock()  # several relays give answers at a time
        self._refusals: Counter[str] = Counter()
        self._tripped: dict[str, Breaker] = {}  # not reset yet, open or not

    def refresh(self) -> None:
        """Read which breakers are open, and which were and have not been forgotten."""
        with self._store.reading() as tx:
            self._tripped = limits.not_reset(tx)

    def open_until(self, domain: str) -> datetime | None:
        """Return until when nothing goes to the domain; None when mail may go."""
        breaker = self._tripped.get(f"domain {domain}")
        return breaker.until if breaker and breaker.until > self._clock() else None

    def note(self, attempts: Collection[Attempt]) -> None:
        """Learn from answers: several refusals in a row that are about us open a breaker, a success forgets them."""
        with self._learning:
            for attempt in attempts:
                if self._refusals or attempt.outcome is not Outcome.SENT:
                    self._learn(domain_of(attempt.recipient), attempt)
            if self._tripped:
                self._reset_recovered(
                    {f"domain {domain_of(a.recipient)}" for a in attempts if a.outcome is Outcome.SENT}
                )

    def _learn(self, domain: str, attempt: Attempt) -> None:
        if attempt.outcome is Outcome.SENT:
            self._refusals.pop(domain, None)
        elif domain and _is_about_us(attempt):
            self._refusals[domain] += 1
            if self._refusals[domain] >= REFUSALS_TO_TRIP:
                self._trip(domain, attempt)

    def _reset_recovered(self, passed: Set[str]) -> None:
        """Reset the breakers of domains that take mail again, so that the next rest is a short one."""
        now = self._clock()
        again = {name for name in passed & self._tripped.keys() if self._tripped[name].until <= now}
        if again:
            with self._store.transaction() as tx:
                limits.reset(tx, again, now)
            self._tripped = {name: breaker for name, breaker in self._tripped.items() if name not in again}

    def _trip(self, domain: str, attempt: Attempt) -> None:
        self._refusals.pop(domain, None)
        name = f"domain {domain}"
        with self._store.transaction() as tx:
            self._tripped[name] = limits.trip(tx, name, f"{attempt.code} {attempt.reply}", self._clock())


def _is_about_us(attempt: Attempt) -> bool:
    refused = attempt.outcome in (Outcome.FAILED, Outcome.DEFERRED) and attempt.status is not None
    return refused and attempt.stage != "mail" and fault_of(attempt.status) is FaultSide.SENDER
