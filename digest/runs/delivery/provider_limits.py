"""Provider limits: how fast, and over how many connections at a time, mail may go to one provider."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from digest.runs.delivery.circuit_breaker import CircuitBreakers
from digest.runs.delivery.rate import Clock, Rate
from digest.runs.delivery.refusal_review import RefusalReview
from digest.settings import DomainSettings
from digest.storage import Store
from digest.storage.delivery import limits

UNTIL_FREE = timedelta(seconds=0.05)  # before it is asked again whether a domain takes one more at a time
UNDER_WAY = timedelta(minutes=30)  # longer than any exchange takes: after that a dead sender's slot is free


class ProviderLimits:
    """What limits mail to one provider: its rate, its number of connections, its circuit breaker."""

    breakers: CircuitBreakers  #: of all domains, with or without limits of their own

    def __init__(
        self,
        store: Store,
        domains: Sequence[DomainSettings],
        owner: str,
        clock: Clock,
        review: RefusalReview | None = None,
    ) -> None:
        self._store, self._owner, self._clock = store, owner, clock
        rates = {one.name.lower(): one.messages_per_second for one in domains}
        self._most = {one.name.lower(): one.connections for one in domains if one.connections}
        self._under_way: dict[int, str] = {}  # delivery to the slot that it takes
        self._full: dict[str, datetime] = {}  # until when it is not asked again
        self.breakers = CircuitBreakers(store, clock, review)
        self._rates = {name: Rate(store, f"domain {name}", rate, clock) for name, rate in rates.items()}

    def wait_for(self, domain: str, delivery: int) -> timedelta:
        """Take a permit for one message to the domain; return zero, or how long to wait."""
        if domain in self._most and not self._take_slot(domain, delivery):
            return UNTIL_FREE
        wait = self._rates[domain].pass_one() if domain in self._rates else timedelta()
        if wait:
            self.finished({delivery})
        return wait

    def finished(self, deliveries: Iterable[int]) -> None:
        """Free the slots of deliveries that were answered or withdrawn."""
        if not self._under_way:
            return
        names = [name for name in (self._under_way.pop(delivery, "") for delivery in deliveries) if name]
        if names:
            self._full.clear()
            with self._store.transaction() as tx:
                for name in names:
                    limits.free_slot(tx, name, self._owner, self._clock())

    def _take_slot(self, domain: str, delivery: int) -> bool:
        name, now = f"domain {domain}", self._clock()
        if self._full.get(domain, now) > now:
            return False
        with self._store.transaction() as tx:
            lease = limits.Lease(self._owner, now, now + UNDER_WAY)
            taken = limits.take_slots(tx, limits.Slots(name, self._most[domain]), 1, lease)
        if taken:
            self._under_way[delivery] = name
        else:
            self._full[domain] = now + UNTIL_FREE
        return bool(taken)
