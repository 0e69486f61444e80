"""Deliver: ledger rows whose time has come are claimed, composed, sent and marked; nobody is missed or repeated."""

from __future__ import annotations

import gc
import logging
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import chain
from typing import Any

from digest.deliveries import Attempt, DeliveryState
from digest.fetching.keys import load_signers
from digest.messages import Message
from digest.rendering import Press
from digest.runs.compose import Composer
from digest.runs.limits import Clock, Providers, Rate, RelaySupply, Shares, allowance
from digest.runs.papers_at_hand import PapersAtHand
from digest.runs.senders import new_sender
from digest.runs.sending import HOLD, Book, ClaimedSupply, Compose
from digest.settings import RelaySettings, Settings
from digest.smtp import Courier
from digest.storage import Store, ledger, limits
from digest.storage.ledger import Claimed
from digest.storage.runs import flag, set_flag
from digest.storage.secrets import keyring
from digest.tokens import Keyring

__all__ = ["Compose", "DeliverReport", "composer", "composers", "deliver", "hold", "relays_of", "release"]

SLOT_LEASE = timedelta(hours=6)
COLLECT_AFTER = 100_000  # objects made and not freed

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class DeliverReport:
    """What became of the ledger rows that were due."""

    sent: int = 0
    deferred: int = 0  #: refused for now or lost on the way: to be tried again
    failed: int = 0
    unknown: int = 0  #: perhaps delivered: by this run, or found after a sender died
    withdrawn: int = 0  #: no longer wanted, or no longer ours, when they were about to leave
    waiting: int = 0  #: rows that could be sent now and were not, because a relay failed or we were stopped
    problem: str = ""  #: why the relay could not be used to the end
    stopped: bool = False  #: whether we were told to stop: then it is no fault that something waits

    @property
    def is_complete(self) -> bool:
        """True when everything that was due was sent, or all that was begun when we were told to stop."""
        return not (self.deferred or self.failed or self.unknown or (self.waiting and not self.stopped))

    def as_dict(self) -> dict[str, Any]:
        """Gives the report for --json."""
        counts = ("sent", "deferred", "failed", "unknown", "withdrawn", "waiting")
        problems = [self.problem] if self.problem else []
        return {name: getattr(self, name) for name in counts} | {"problems": problems}


def composer(press: Press, keyring: Keyring, settings: Settings) -> Compose:
    """Gives the function that makes the messages of a run: the same as preview and render use, and signed.

    Raises ConfigurationError when a key to sign with cannot be used.
    """
    return _composing(Composer(press=press, keyring=keyring, settings=settings, signers=load_signers(settings)))


def composers(store: Store, press: Press, settings: Settings) -> Callable[[datetime], Compose]:
    """Gives, for a process that goes on for long, the function that gives the composer of each delivery.

    Its links are signed by the key that is the newest when the delivery begins. Raises ConfigurationError when a key to
    sign messages with cannot be used.
    """
    signers = load_signers(settings)

    def at(now: datetime) -> Compose:
        with store.transaction() as tx:
            keys = keyring(tx, now)
        return _composing(Composer(press=press, keyring=keys, settings=settings, signers=signers))

    return at


def _composing(sender: Composer) -> Compose:
    def compose(row: Claimed, papers: PapersAtHand) -> Message:
        issue = row.issue
        return sender.message(issue, row.id, row.subscription, papers.of(issue))

    return compose


def deliver(
    store: Store,
    compose: Compose,
    settings: Settings,
    now: datetime,
    *,
    stop: threading.Event | None = None,
    tried: Callable[[int], None] | None = None,
) -> DeliverReport:
    """Sends every row that is due at `now` and gives what became of them. May run in several processes at once.

    Setting `stop` lets what is under way come to its end; what was not begun stays planned. `tried` is told of each
    group of attempts, how many they were.
    """
    sender = _Sender(store, settings, _clock_from(now), stop or threading.Event(), tried or (lambda _count: None))
    try:
        with _few_collections():
            found, problem = sender.send(compose)
    finally:
        sender.book.release()
    report = sender.report(found, problem)
    _log.info("delivered: %d sent", report.sent, extra={"action": "deliver", **report.as_dict()})
    return report


@contextmanager
def _few_collections() -> Iterator[None]:
    """Has the garbage collector look around less often: thousands of objects make a message, none in a cycle."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], COLLECT_AFTER), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _clock_from(now: datetime) -> Clock:
    """Gives a clock that stands at `now` and goes on from there: sending takes time, and leases run out by it."""
    start = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - start)


class _Sender:
    """One delivery: what is found, a first share if so wished, then the rest, over all relays."""

    def __init__(
        self, store: Store, settings: Settings, clock: Clock, stop: threading.Event, tried: Callable[[int], None]
    ) -> None:
        self._store, self._settings, self._clock, self._stop = store, settings, clock, stop
        self._owner = new_sender()
        self.book = Book(store, self._owner, clock, tried)
        self._providers = Providers(store, settings.domains, self._owner, clock)

    def send(self, compose: Compose) -> tuple[int, str]:
        """Sends what is due; gives how many rows were found in doubt, and why not all could be sent."""
        found = self.book.recover()
        if self._settings.delivery.resend_unknown:
            with self._store.transaction() as tx:
                found -= ledger.resend_unknown(tx, self._clock())
        supply = ClaimedSupply(self.book, compose, self._providers, self._clock)
        if not self.book.held_because:
            problem = self._send_share(supply) or self._carry(supply)
        return max(found, 0), f"held: {self.book.held_because}" if self.book.held_because else problem

    def report(self, found: int, problem: str) -> DeliverReport:
        """Gives what happened."""
        tally = self.book.tally
        return DeliverReport(
            sent=tally[DeliveryState.SENT],
            deferred=tally[DeliveryState.DEFERRED],
            failed=tally[DeliveryState.FAILED],
            unknown=tally[DeliveryState.UNKNOWN] + found,
            withdrawn=self.book.withdrawn,
            waiting=self.book.waiting(),
            problem=problem,
            stopped=self._stop.is_set() and not problem,
        )

    def _send_share(self, supply: ClaimedSupply) -> str:
        """Sends the first share, and holds everything when too much of it failed; gives why nothing more may go."""
        delivery = self._settings.delivery
        waiting = self.book.waiting() if delivery.canary else 0
        if not waiting or not self.book.goes_first(self._stop):
            return ""
        supply.left = math.ceil(delivery.canary * waiting)
        try:
            problem = self._carry(supply)
            self._judge_share()
        finally:
            supply.left = None
            self.book.end_first()
        return problem or self.book.held_because

    def _judge_share(self) -> None:
        """Holds everything when too much of the first share failed."""
        tried = self.book.tally.total()
        failures = tried - self.book.tally[DeliveryState.SENT]
        if tried and failures / tried > self._settings.delivery.canary_failures:
            reason = f"{failures} of the first {tried} messages failed"
            hold(self._store, reason)
            self.book.held_because = reason

    def _carry(self, supply: ClaimedSupply) -> str:
        """Carries what the supply gives over all relays; what one that is given up leaves goes over the others."""
        relays, problems = self._relays, list[str]()
        if not relays:
            return "all connections that the relays allow are in use"
        self.book.count_for([relay.name for relay in relays if relay.warm_up_from])
        while relays:
            found = self._carry_over_all(relays, supply)
            problems += filter(None, found)
            relays = [relay for relay, problem in zip(relays, found, strict=True) if not problem]
            if not any(found) or not supply.has_returns or self._stop.is_set():
                break
        return "; ".join(problems)

    def _carry_over_all(self, relays: Sequence[RelaySettings], supply: ClaimedSupply) -> list[str]:
        """Gives each relay's problem, or nothing; each has a thread of its own when there are several."""
        shares = Shares(relays)
        if len(relays) == 1:
            return [self._carry_over(relays[0], supply, shares)]
        with ThreadPoolExecutor(len(relays), thread_name_prefix="relay") as pool:
            return list(pool.map(lambda relay: self._carry_over(relay, supply, shares), relays))

    def _carry_over(self, relay: RelaySettings, supply: ClaimedSupply, shares: Shares) -> str:
        rate = Rate(self._store, f"relay {relay.name}", relay.messages_per_second, self._clock)
        allowed = allowance(self._store, relay, self._clock())
        own = RelaySupply(supply, relay.name, shares, rate, allowed)
        courier = Courier(relay, self._record, clock=self._clock, stop=self._stop)
        try:
            return str(courier.carry(own) or "")
        finally:
            supply.give_back(courier.returned)
            shares.leave(relay.name)

    def _record(self, attempts: Sequence[Attempt], intents: Sequence[int]) -> set[int]:
        held = self.book.record(attempts, intents)
        self._providers.note(attempts)
        self._providers.arrived(chain((attempt.delivery for attempt in attempts), set(intents) - held))
        return held

    @cached_property
    def _relays(self) -> list[RelaySettings]:
        return [relay for relay in map(self._with_slots, relays_of(self._settings)) if relay]

    def _with_slots(self, relay: RelaySettings) -> RelaySettings | None:
        """Gives the relay with as many connections as are free; None when none is."""
        if not relay.connections_in_all:
            return relay
        now = self._clock()
        with self._store.transaction() as tx:
            slots = limits.Slots(relay.name, relay.connections_in_all)
            lease = limits.Lease(self._owner, now, now + SLOT_LEASE)
            taken = limits.take_slots(tx, slots, relay.connections, lease)
        return relay.model_copy(update={"connections": taken}) if taken else None


def relays_of(settings: Settings) -> tuple[RelaySettings, ...]:
    """Gives the relays that mail goes through: those listed, else the one of the section [smtp]."""
    smtp = settings.smtp
    return settings.relays or (RelaySettings.model_construct(name=f"{smtp.host}:{smtp.port}", **dict(smtp)),)


def hold(store: Store, reason: str) -> None:
    """Stops all sending at once, in every process, until it is released."""
    with store.transaction() as tx:
        set_flag(tx, HOLD, reason)


def release(store: Store) -> str:
    """Lets mail go again; gives why it was held, empty when it was not."""
    with store.transaction() as tx:
        reason = flag(tx, HOLD)
        set_flag(tx, HOLD, "")
    return reason
