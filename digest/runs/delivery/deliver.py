"""Deliver: due ledger rows are claimed, composed, sent and marked; nobody is missed, nobody gets an issue twice."""

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
from digest.fetching.dkim_keys import load_signers
from digest.messages import Message
from digest.rendering import MailRenderer
from digest.runs.delivery.paper_cache import PaperCache
from digest.runs.delivery.process_identity import new_process_name
from digest.runs.delivery.provider_limits import ProviderLimits
from digest.runs.delivery.queue import HOLD, Compose, DeliveryLedger, DeliveryQueue
from digest.runs.delivery.rate import Clock, Rate
from digest.runs.delivery.relay_share import RelayQueue, RelayShares, allowance
from digest.runs.issues.compose import Composer
from digest.runs.issues.sender_identity import check_sender
from digest.settings import RelaySettings, Settings
from digest.signed_links import Keyring
from digest.smtp import RelayClient
from digest.storage import Store
from digest.storage.database.secrets import keyring
from digest.storage.delivery import ledger, limits
from digest.storage.delivery.ledger import ClaimedDelivery
from digest.storage.delivery.runs import flag, set_flag

__all__ = ["Compose", "DeliverReport", "composer", "composers", "deliver", "hold", "relays_of", "release"]

SLOT_LEASE = timedelta(hours=6)
COLLECT_AFTER = 100_000  # objects made and not freed

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class DeliverReport:
    """The result of one delivery run."""

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
        """Return the report for --json."""
        counts = ("sent", "deferred", "failed", "unknown", "withdrawn", "waiting")
        problems = [self.problem] if self.problem else []
        return {name: getattr(self, name) for name in counts} | {"problems": problems}


def composer(renderer: MailRenderer, keyring: Keyring, settings: Settings) -> Compose:
    """Return the function that makes the messages of a run: the same as preview and render use, and signed.

    Raise ConfigurationError when the sender, the web address or a key to sign with cannot be used.
    """
    check_sender(settings)
    return _composing(Composer(renderer=renderer, keyring=keyring, settings=settings, signers=load_signers(settings)))


def composers(store: Store, renderer: MailRenderer, settings: Settings) -> Callable[[datetime], Compose]:
    """Return, for a process that goes on for long, the function that gives the composer of each delivery.

    Its links are signed by the key that is the newest when the delivery begins. Raise ConfigurationError when a key to
    sign messages with, the sender or the web address cannot be used.
    """
    check_sender(settings)
    signers = load_signers(settings)

    def at(now: datetime) -> Compose:
        with store.transaction() as tx:
            keys = keyring(tx, now)
        return _composing(Composer(renderer=renderer, keyring=keys, settings=settings, signers=signers))

    return at


def _composing(sender: Composer) -> Compose:
    def compose(row: ClaimedDelivery, papers: PaperCache) -> Message:
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
    """Send every row that is due at `now` and return the result. May run in several processes at once.

    After `stop` is set, messages under way finish and the rest stay planned. `tried` is called with the size of each
    group of attempts.
    """
    sender = _Sender(store, settings, _clock_from(now), stop or threading.Event(), tried or (lambda _count: None))
    try:
        with _few_collections():
            found, problem = sender.send(compose)
    finally:
        sender.delivery_ledger.release()
    report = sender.report(found, problem)
    _log.info("delivered: %d sent", report.sent, extra={"action": "deliver", **report.as_dict()})
    return report


@contextmanager
def _few_collections() -> Iterator[None]:
    """Run the garbage collector less often: a message is made of thousands of objects, none of them in a cycle."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], COLLECT_AFTER), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _clock_from(now: datetime) -> Clock:
    """Return a clock that starts at `now` and advances: sending takes time, and leases expire by it."""
    start = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - start)


class _Sender:
    """One delivery run: recovery, the canary if configured, then the rest, over all relays."""

    def __init__(
        self, store: Store, settings: Settings, clock: Clock, stop: threading.Event, tried: Callable[[int], None]
    ) -> None:
        self._store, self._settings, self._clock, self._stop = store, settings, clock, stop
        self._owner = new_process_name()
        self.delivery_ledger = DeliveryLedger(store, self._owner, clock, tried)
        self._providers = ProviderLimits(store, settings.domains, self._owner, clock, self.delivery_ledger.review)

    def send(self, compose: Compose) -> tuple[int, str]:
        """Send what is due; return the number of rows found in doubt, and the reason why some could not be sent."""
        found = self.delivery_ledger.recover()
        if self._settings.delivery.resend_unknown:
            with self._store.transaction() as tx:
                found -= ledger.resend_unknown(tx, self._clock())
        self._providers.breakers.refresh()
        source = DeliveryQueue(self.delivery_ledger, compose, self._providers, self._clock)
        problem = ""
        if not self.delivery_ledger.held_because:
            problem = self._send_canary(source) or self._send_all(source)
        return max(found, 0), problem

    def _reason_to_wait(self, waiting: int) -> str:
        """Return why no message may be sent at present; empty when they may."""
        if self.delivery_ledger.held_because:
            return f"held: {self.delivery_ledger.held_because}"
        breaker = self._providers.breakers.everything_waits_for()
        if not breaker or not waiting:
            return ""
        return f"nothing is sent until {breaker.until:%Y-%m-%d %H:%M} UTC, several domains refused us: {breaker.reason}"

    def report(self, found: int, problem: str) -> DeliverReport:
        """Return what happened."""
        tally, waiting = self.delivery_ledger.tally, self.delivery_ledger.waiting()
        problem = self._reason_to_wait(waiting) or problem
        return DeliverReport(
            sent=tally[DeliveryState.SENT],
            deferred=tally[DeliveryState.DEFERRED],
            failed=tally[DeliveryState.FAILED],
            unknown=tally[DeliveryState.UNKNOWN] + found,
            withdrawn=self.delivery_ledger.withdrawn,
            waiting=waiting,
            problem=problem,
            stopped=self._stop.is_set() and not problem,
        )

    def _send_canary(self, source: DeliveryQueue) -> str:
        """Send the canary and hold all mail when too much of it failed; return the reason to stop."""
        delivery = self._settings.delivery
        waiting = self.delivery_ledger.waiting() if delivery.canary else 0
        if not waiting or not self.delivery_ledger.claim_canary(self._stop):
            return ""
        source.left = math.ceil(delivery.canary * waiting)
        try:
            problem = self._send_all(source)
            self._check_canary()
        finally:
            source.left = None
            self.delivery_ledger.release_canary()
        return problem or self.delivery_ledger.held_because

    def _check_canary(self) -> None:
        """Hold all mail when too much of the canary failed."""
        tried = self.delivery_ledger.tally.total()
        failures = tried - self.delivery_ledger.tally[DeliveryState.SENT]
        if tried and failures / tried > self._settings.delivery.canary_failures:
            reason = f"{failures} of the first {tried} messages failed"
            hold(self._store, reason)
            self.delivery_ledger.held_because = reason

    def _send_all(self, source: DeliveryQueue) -> str:
        """Send the messages over all relays; those left by a relay that is given up go over the others."""
        relays, problems = self._relays, list[str]()
        if not relays:
            return "all connections that the relays allow are in use"
        self.delivery_ledger.count_for([relay.name for relay in relays if relay.warm_up_from])
        while relays:
            found = self._send_over_all(relays, source)
            problems += filter(None, found)
            relays = [relay for relay, problem in zip(relays, found, strict=True) if not problem]
            if not any(found) or not source.has_returns or self._stop.is_set():
                break
        return "; ".join(problems)

    def _send_over_all(self, relays: Sequence[RelaySettings], source: DeliveryQueue) -> list[str]:
        """Return each relay's problem, empty without one; several relays run in a thread each."""
        shares = RelayShares(relays)
        if len(relays) == 1:
            return [self._send_over(relays[0], source, shares)]
        with ThreadPoolExecutor(len(relays), thread_name_prefix="relay") as pool:
            return list(pool.map(lambda relay: self._send_over(relay, source, shares), relays))

    def _send_over(self, relay: RelaySettings, source: DeliveryQueue, shares: RelayShares) -> str:
        rate = Rate(self._store, f"relay {relay.name}", relay.messages_per_second, self._clock)
        allowed = allowance(self._store, relay, self._clock())
        own = RelayQueue(source, relay.name, shares, rate, allowed)
        client = RelayClient(relay, self._record, clock=self._clock, stop=self._stop)
        try:
            return str(client.send_all(own) or "")
        finally:
            source.give_back(client.returned)
            shares.leave(relay.name)

    def _record(self, attempts: Sequence[Attempt], intents: Sequence[int]) -> set[int]:
        held = self.delivery_ledger.record(attempts, intents)
        self._providers.breakers.note(attempts)
        self._providers.finished(chain((attempt.delivery for attempt in attempts), set(intents) - held))
        return held

    @cached_property
    def _relays(self) -> list[RelaySettings]:
        return [relay for relay in map(self._with_slots, relays_of(self._settings)) if relay]

    def _with_slots(self, relay: RelaySettings) -> RelaySettings | None:
        """Return the relay with as many connections as are free; None when none is."""
        if not relay.connections_in_all:
            return relay
        now = self._clock()
        with self._store.transaction() as tx:
            slots = limits.Slots(relay.name, relay.connections_in_all)
            lease = limits.Lease(self._owner, now, now + SLOT_LEASE)
            taken = limits.take_slots(tx, slots, relay.connections, lease)
        return relay.model_copy(update={"connections": taken}) if taken else None


def relays_of(settings: Settings) -> tuple[RelaySettings, ...]:
    """Return the relays that mail goes through: those listed, else the one of the section [smtp]."""
    smtp = settings.smtp
    return settings.relays or (RelaySettings.model_construct(name=f"{smtp.host}:{smtp.port}", **dict(smtp)),)


def hold(store: Store, reason: str) -> None:
    """Stop all sending at once, in every process, until it is released."""
    with store.transaction() as tx:
        set_flag(tx, HOLD, reason)


def release(store: Store) -> str:
    """Release held mail; return the reason for the hold, empty when there was none."""
    with store.transaction() as tx:
        reason = flag(tx, HOLD)
        set_flag(tx, HOLD, "")
    return reason


def resend_unknown(store: Store, now: datetime) -> int:
    """Plan again every delivery that may or may not have arrived; return how many."""
    with store.transaction() as tx:
        return ledger.resend_unknown(tx, now)
