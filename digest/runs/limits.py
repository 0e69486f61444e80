"""Limits: how fast and by which relay parcels may leave, and to whom nothing goes for now. The store holds them all."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence, Set
from datetime import datetime, timedelta

from digest.deliveries import Attempt, Fault, Outcome, fault_of
from digest.settings import DomainSettings, RelaySettings
from digest.smtp import Later, Parcel, Supply
from digest.storage import Store, limits
from digest.storage.limits import Breaker

LEASED = 10  # messages that leave is taken for at a time
REFUSALS_TO_TRIP = 3  # refusals about us in a row, from one provider
UNTIL_FREE = timedelta(seconds=0.05)  # before it is asked again whether a domain takes one more at a time
UNDER_WAY = timedelta(minutes=30)  # longer than any exchange takes: after that a dead sender's slot is free
AHEAD = 20  # parcels that a relay may be ahead of its share
SILENT = 1.0  # seconds after which a relay that took none is not waited for
AHEAD_PAUSE = Later(0.01)  # before it is asked again whether it still is

Clock = Callable[[], datetime]


def domain_of(address: str) -> str:
    """Gives the domain by which providers are counted."""
    return address.rpartition("@")[2].lower()


class Rate:
    """Messages a second under one name, over all processes; leave is taken for a few at a time."""

    def __init__(self, store: Store, name: str, per_second: float, clock: Clock) -> None:
        self._store, self._name, self._per_second, self._clock = store, name, per_second, clock
        self._leased = 0

    def pass_one(self) -> timedelta:
        """Takes leave for one message; gives zero, or how long to wait before asking again."""
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


class Providers:
    """The domains that mail goes to: which have a rate of their own, and which want nothing from us for now."""

    def __init__(self, store: Store, domains: Sequence[DomainSettings], owner: str, clock: Clock) -> None:
        self._store, self._owner, self._clock = store, owner, clock
        rates = {one.name.lower(): one.messages_per_second for one in domains}
        self._most = {one.name.lower(): one.connections for one in domains if one.connections}
        self._under_way: dict[int, str] = {}  # delivery to the slot that it takes
        self._full: dict[str, datetime] = {}  # until when it is not asked again
        self._rates = {name: Rate(store, f"domain {name}", rate, clock) for name, rate in rates.items()}
        self._learning = threading.Lock()  # several relays give answers at a time
        self._refusals: Counter[str] = Counter()
        self._struck: dict[str, Breaker] = {}  # not reset yet, open or not

    def refresh(self) -> None:
        """Reads which breakers are open, and which were and have not been forgotten."""
        with self._store.reading() as tx:
            self._struck = limits.struck(tx)

    def closed_until(self, domain: str) -> datetime | None:
        """Gives until when nothing goes to the domain; None when mail may go."""
        breaker = self._struck.get(f"domain {domain}")
        return breaker.until if breaker and breaker.until > self._clock() else None

    def wait_for(self, domain: str, delivery: int) -> timedelta:
        """Takes leave for one message to the domain; gives zero, or how long to wait."""
        if domain in self._most and not self._take_slot(domain, delivery):
            return UNTIL_FREE
        wait = self._rates[domain].pass_one() if domain in self._rates else timedelta()
        if wait:
            self.arrived({delivery})
        return wait

    def arrived(self, deliveries: Iterable[int]) -> None:
        """Lets others to the same domains go, after these were answered or withdrawn."""
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

    def note(self, attempts: Collection[Attempt]) -> None:
        """Learns from answers: several refusals in a row that are about us open a breaker, a success forgets them."""
        with self._learning:
            for attempt in attempts:
                if self._refusals or attempt.outcome is not Outcome.SENT:
                    self._learn(domain_of(attempt.recipient), attempt)
            if self._struck:
                self._forgive({f"domain {domain_of(a.recipient)}" for a in attempts if a.outcome is Outcome.SENT})

    def _learn(self, domain: str, attempt: Attempt) -> None:
        if attempt.outcome is Outcome.SENT:
            self._refusals.pop(domain, None)
        elif domain and _is_about_us(attempt):
            self._refusals[domain] += 1
            if self._refusals[domain] >= REFUSALS_TO_TRIP:
                self._trip(domain, attempt)

    def _forgive(self, passed: Set[str]) -> None:
        """Resets the breakers of domains that take mail again, so that the next rest is a short one."""
        now = self._clock()
        again = {name for name in passed & self._struck.keys() if self._struck[name].until <= now}
        if again:
            with self._store.transaction() as tx:
                limits.reset(tx, again, now)
            self._struck = {name: breaker for name, breaker in self._struck.items() if name not in again}

    def _trip(self, domain: str, attempt: Attempt) -> None:
        self._refusals.pop(domain, None)
        name = f"domain {domain}"
        with self._store.transaction() as tx:
            self._struck[name] = limits.trip(tx, name, f"{attempt.code} {attempt.reply}", self._clock())


def _is_about_us(attempt: Attempt) -> bool:
    refused = attempt.outcome in (Outcome.FAILED, Outcome.DEFERRED) and attempt.status is not None
    return refused and attempt.stage != "mail" and fault_of(attempt.status) is Fault.SENDER


class Shares:
    """Which relay takes the next parcel, when there are several: none gets far ahead of its share.

    One that takes nothing for a while, because its server is mute, is not waited for, and has nothing to catch up with.
    """

    def __init__(self, relays: Sequence[RelaySettings], seconds: Callable[[], float] = time.monotonic) -> None:
        self._shares = {relay.name: relay.share for relay in relays}
        self._seconds = seconds
        self._taken = dict.fromkeys(self._shares, 0.0)
        self._took_at = dict.fromkeys(self._shares, seconds())
        self._lock = threading.Lock()

    def is_ahead(self, name: str) -> bool:
        """True when the relay is too far ahead of the others that are at work."""
        if len(self._shares) == 1:
            return False
        with self._lock:
            at_work = {name, *self._at_work()}
            total = sum(self._taken[one] for one in at_work)
            fair = self._shares[name] / sum(self._shares[one] for one in at_work) * total
            return self._taken[name] >= fair + AHEAD

    def count(self, name: str) -> None:
        """Counts a parcel that the relay takes."""
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
        """Lets the others have the share of a relay that has come to its end."""
        with self._lock:
            if len(self._shares) > 1:
                del self._shares[name]

    def _at_work(self) -> list[str]:
        since = self._seconds() - SILENT
        return [name for name in self._shares if self._took_at[name] > since]


class RelaySupply:
    """The supply as one relay sees it: at its rate, in its share, and no more than it may have today."""

    def __init__(self, supply: Supply, name: str, shares: Shares, rate: Rate, allowance: int | None) -> None:
        self._supply, self._name, self._shares, self._rate = supply, name, shares, rate
        self._left = allowance
        self._has_leave = False  # taken for a parcel that the supply has not given yet

    def poll(self) -> Parcel | Later | None:
        """Gives the next parcel if it may leave at once, or when it may; None when this relay gets no more."""
        if self._left == 0:
            return None
        if self._shares.is_ahead(self._name):
            return AHEAD_PAUSE
        if not self._has_leave and (wait := self._rate.pass_one()):
            return Later(wait.total_seconds())
        found = self._supply.poll()
        self._has_leave = not isinstance(found, Parcel)
        if isinstance(found, Parcel):
            self._shares.count(self._name)
            self._left = None if self._left is None else self._left - 1
        return found


def allowance(store: Store, relay: RelaySettings, now: datetime) -> int | None:
    """Gives how many messages a relay that is warming up may still have today; None when it is warm."""
    if relay.warm_up_from is None:
        return None
    day = min(max((now.date() - relay.warm_up_from).days, 0), 40)
    allowed: int = relay.warm_up_first * 2**day
    with store.reading() as tx:
        return max(allowed - limits.sent_on(tx, relay.name, now.date()), 0)
