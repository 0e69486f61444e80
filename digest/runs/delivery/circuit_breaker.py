"""Circuit breakers: a provider that refuses several messages in a row because of us gets none for a while."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Collection, Set
from datetime import datetime

from digest.deliveries import Attempt, Outcome
from digest.runs.delivery.rate import Clock
from digest.runs.delivery.refusal_review import RefusalReview, domain_of
from digest.storage import Store
from digest.storage.delivery import limits
from digest.storage.delivery.limits import Breaker

REFUSALS_TO_TRIP = 3  # refusals about us in a row, from one provider
EVERY_DOMAIN = "every domain"  # the breaker that stops all mail


_log = logging.getLogger(__name__)


class CircuitBreakers:
    """One breaker for each provider's domain. While it is open, nothing goes to the domain."""

    def __init__(self, store: Store, clock: Clock, review: RefusalReview | None = None) -> None:
        self._store, self._clock, self.review = store, clock, review or RefusalReview()
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

    def everything_waits_for(self) -> Breaker | None:
        """Return the open breaker that stops mail to all domains; None when mail may go."""
        breaker = self._tripped.get(EVERY_DOMAIN)
        return breaker if breaker and breaker.until > self._clock() else None

    def note(self, attempts: Collection[Attempt]) -> None:
        """Learn from answers: several refusals in a row that are about us open a breaker, a success forgets them."""
        with self._learning:
            for attempt in attempts:
                if self._refusals or attempt.outcome is not Outcome.SENT:
                    self._learn(domain_of(attempt.recipient), attempt)
            if self._tripped:
                passed = {f"domain {domain_of(a.recipient)}" for a in attempts if a.outcome is Outcome.SENT}
                self._reset_recovered({*passed, EVERY_DOMAIN} if passed else passed)

    def _learn(self, domain: str, attempt: Attempt) -> None:
        if attempt.outcome is Outcome.SENT:
            self._refusals.pop(domain, None)
        elif domain and self.review.is_about_us(attempt):
            self._refusals[domain] += 1
            if self._refusals[domain] >= REFUSALS_TO_TRIP:
                self._refusals.pop(domain, None)
                self._trip(f"domain {domain}", attempt)
        self._learn_of_all(attempt)

    def _learn_of_all(self, attempt: Attempt) -> None:
        """Open the breaker of all domains when the same refusal, which is about us, comes from several of them."""
        about_us = attempt.stage == "mail" or self.review.is_about_us(attempt)
        if not about_us or attempt.outcome is Outcome.SENT or self.everything_waits_for():
            return
        if self.review.is_everywhere(attempt):
            self._trip(EVERY_DOMAIN, attempt)

    def _reset_recovered(self, passed: Set[str]) -> None:
        """Reset the breakers of domains that take mail again, so that the next rest is a short one."""
        now = self._clock()
        again = {name for name in passed & self._tripped.keys() if self._tripped[name].until <= now}
        if again:
            with self._store.transaction() as tx:
                limits.reset(tx, again, now)
            self._tripped = {name: breaker for name, breaker in self._tripped.items() if name not in again}

    def _trip(self, name: str, attempt: Attempt) -> None:
        with self._store.transaction() as tx:
            self._tripped[name] = limits.trip(tx, name, f"{attempt.code} {attempt.reply}", self._clock())
        _log.warning("%s waits: %s %s", name, attempt.code, attempt.reply, extra={"action": "breaker", "breaker": name})
