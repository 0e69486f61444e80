"""The delivery ledger and the delivery queue of one process: the rows that it claims, as messages."""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import nullcontext, suppress
from datetime import datetime, timedelta

from digest.deliveries import Attempt, DeliveryState, Outcome, retry_pause
from digest.errors import MessageError, StoreError
from digest.issues import Issue
from digest.messages import Message
from digest.papers import Paper
from digest.runs.bounces.process import record_refusals
from digest.runs.delivery.paper_cache import PaperCache
from digest.runs.delivery.process_identity import is_dead
from digest.runs.delivery.provider_limits import ProviderLimits
from digest.runs.delivery.rate import Clock
from digest.runs.delivery.refusal_review import RefusalReview
from digest.smtp import OutgoingMessage, RetryAfter
from digest.storage import Store
from digest.storage.delivery import ledger, limits
from digest.storage.delivery.delivery_updates import Recorder
from digest.storage.delivery.ledger import ClaimedDelivery
from digest.storage.delivery.runs import flag
from digest.storage.papers import papers

BATCH = 500  # rows claimed at a time
LEASE = timedelta(minutes=15)
LONGEST_WAIT = timedelta(minutes=1)  # for a domain's rate; what has to wait longer is given back
CANARY = "canary"  # the slot of the process that sends it
RESCUE_PAUSES = (0.0, 1.0, 4.0)  # seconds before what servers answered is tried to be recorded over another connection
LOOK_AGAIN = 0.5  # seconds, while another process sends it
HOLD = "hold"  # the flag that stops all sending; its value says why

Compose = Callable[[ClaimedDelivery, PaperCache], Message]
"""Makes the message of a claimed row. Raises MessageError."""

_log = logging.getLogger(__name__)


class DeliveryLedger:
    """The ledger as one process uses it: one owner name, one writer at a time, and a tally."""

    def __init__(self, store: Store, owner: str, clock: Clock, tried: Callable[[int], None]) -> None:
        self._store, self._owner, self._clock, self._tried = store, owner, clock, tried
        self._recorder = Recorder(store, owner)
        self.review = RefusalReview()
        self.tally: Counter[DeliveryState] = Counter()
        self.withdrawn = 0  #: intents that did not hold
        self.held_because = ""  #: why the operator holds everything
        self._warming: frozenset[str] = frozenset()
        self._turn = threading.Lock()
        # SQLite lets one writer in and makes the others poll; within a process a lock hands over at once.
        self._claim_turn = nullcontext() if store.on_postgresql else self._turn

    def count_for(self, relays: Collection[str]) -> None:
        """Have what these relays send counted by day, because they are warming up."""
        self._warming = frozenset(relays)

    def recover(self) -> int:
        """Recover the rows of processes that died; return how many are in doubt."""
        with self._turn, self._store.transaction() as tx:
            dead = {owner for owner in ledger.owners(tx) | limits.slot_owners(tx, self._clock()) if is_dead(owner)}
            recovered = ledger.recover(tx, self._clock(), dead=dead)
            limits.free_slots(tx, dead, self._clock())
            ledger.expire_unwanted(tx)
            self.held_because = flag(tx, HOLD)
        if recovered.unknown:
            _log.warning(
                "%d deliveries are in doubt after a sender died; digest deliver --resend-unknown sends them again",
                len(recovered.unknown),
                extra={"action": "recover", "deliveries": list(recovered.unknown)},
            )
        return len(recovered.unknown)

    def claim(self, limit: int) -> list[ClaimedDelivery]:
        """Return the next rows, leased to us."""
        with self._claim_turn, self._store.transaction() as tx:
            return ledger.claim(tx, self._owner, self._clock(), lease=LEASE, limit=limit)

    def postpone(self, delivery: int, until: datetime) -> None:
        """Release a claimed row and postpone it until then."""
        with self._claim_turn, self._store.transaction() as tx:
            ledger.postpone(tx, self._owner, [delivery], until)

    def papers(self, numbers: Collection[int]) -> dict[int, Paper]:
        """Return the papers with these numbers."""
        if not numbers:
            return {}
        with self._store.reading() as tx:
            return papers.by_numbers(tx, numbers)

    def record(self, attempts: Sequence[Attempt], intents: Sequence[int]) -> set[int]:
        """Write marks and intents in one durable commit; return the intents that hold.

        What was not sent is rare and takes more than a mark, so it has a commit of its own, before. Raise StoreError
        when the store fails, and then has tried to keep what servers answered over another connection.
        """
        sent = [attempt for attempt in attempts if attempt.outcome is Outcome.SENT]
        if len(sent) < len(attempts):
            attempts = [self.review.reviewed(attempt) for attempt in attempts]
        self.review.accepted += len(sent)
        with self._turn:
            try:
                if len(sent) < len(attempts):
                    self._record_unsent([attempt for attempt in attempts if attempt.outcome is not Outcome.SENT])
                held = self._recorder.record(sent, intents, self._clock())
            except StoreError:
                if attempts:
                    self._rescue(attempts)
                raise
            if self._warming:
                self._count_day(sent)
            self.tally[DeliveryState.SENT] += len(sent)
        self._tried(len(attempts))
        if len(held) < len(intents):
            self.withdrawn += len(intents) - len(held)
            self._check_hold()
        return held

    def claim_canary(self, stop: threading.Event) -> bool:
        """Return True when this process must send the canary; else wait until it is sent and return False."""
        waited = False
        while not stop.is_set():
            with self._turn, self._store.transaction() as tx:
                now = self._clock()
                if limits.take_slots(tx, limits.Slots(CANARY, 1), 1, limits.Lease(self._owner, now, now + LEASE)):
                    break
            waited = True
            stop.wait(LOOK_AGAIN)
        if waited:
            self.release_canary()
            self._check_hold()
        return not waited and not stop.is_set()

    def release_canary(self) -> None:
        """Free the canary slot, so that waiting processes proceed."""
        with self._turn, self._store.transaction() as tx:
            limits.free_slot(tx, CANARY, self._owner, self._clock())

    def release(self) -> None:
        """Settle the refusals of the run and release rows that were claimed and not begun."""
        self._recorder.close()
        ours, others = self.review.settle()
        with self._turn, self._store.transaction() as tx:
            reopened = ledger.reopen(tx, [attempt.delivery for attempt in ours], self._clock() + retry_pause(1))
            self.tally.update({DeliveryState.DEFERRED: reopened, DeliveryState.FAILED: -reopened})
            record_refusals(tx, others, self._clock())
            ledger.release(tx, self._owner)
            limits.free_slots(tx, [self._owner], self._clock())

    def waiting(self) -> int:
        """Return the number of rows that can be sent now."""
        with self._store.reading() as tx:
            return ledger.waiting(tx, self._clock())

    def _rescue(self, attempts: Sequence[Attempt]) -> None:
        """Record the servers' replies over another connection; log those that cannot be recorded."""
        for pause in RESCUE_PAUSES:
            time.sleep(pause)
            with suppress(StoreError):
                self._mark(attempts)
                return
        answers = ", ".join(f"{attempt.delivery} {attempt.outcome}" for attempt in attempts)
        _log.error("these answers could not be recorded: %s", answers, extra={"action": "record", "answers": answers})

    def _mark(self, attempts: Sequence[Attempt]) -> None:
        """Record the attempts, each once however often it is tried."""
        with self._store.transaction() as tx:
            took = ledger.mark(tx, self._owner, attempts)
        self.review.note(attempt for attempt in attempts if attempt.delivery in took)

    def _record_unsent(self, attempts: Sequence[Attempt]) -> None:
        self._mark(attempts)
        self.tally.update(attempt.outcome.state for attempt in attempts)

    def _count_day(self, sent: Sequence[Attempt]) -> None:
        counts = Counter(attempt.relay for attempt in sent if attempt.relay in self._warming)
        if counts:
            with self._store.transaction() as tx:
                for relay, count in counts.items():
                    limits.count_sent(tx, relay, self._clock().date(), count)

    def _check_hold(self) -> None:
        with self._store.reading() as tx:
            self.held_because = flag(tx, HOLD)


class DeliveryQueue:
    """Claims rows as needed and composes their messages, each in the thread that sends it.

    Several threads ask at a time when there are several relays.
    """

    def __init__(
        self, delivery_ledger: DeliveryLedger, compose: Compose, providers: ProviderLimits, clock: Clock
    ) -> None:
        self._ledger, self._compose, self._providers, self._clock = delivery_ledger, compose, providers, clock
        self._lock = threading.Lock()
        self._rows: deque[ClaimedDelivery] = deque()
        self._delayed: list[tuple[datetime, int, ClaimedDelivery]] = []  # a heap: wait for the rate of their domain
        self._returned: deque[OutgoingMessage] = deque()  # by relays that were given up
        self._papers = PaperCache(delivery_ledger.papers, self._waiting)
        self._dry = False
        self.left: int | None = None  #: how many more are to be given; None: all

    def poll(self) -> OutgoingMessage | RetryAfter | None:
        """Return the next message that may be sent now, or when one may; None when no more rows are due."""
        if self._returned and not self._ledger.held_because:
            with self._lock:
                if self._returned:
                    return self._returned.popleft()
        while row := self._next():
            if outgoing := self._outgoing(row):
                return outgoing
        with self._lock:
            if self._is_over or not self._delayed:
                return None
            return RetryAfter(max((self._delayed[0][0] - self._clock()).total_seconds(), 0.001))

    def give_back(self, outgoing_messages: Iterable[OutgoingMessage]) -> None:
        """Take back messages that a relay could not send, for the others."""
        with self._lock:
            self._returned.extend(outgoing_messages)

    @property
    def has_returns(self) -> bool:
        """True when returned messages wait."""
        return bool(self._returned) and not self._ledger.held_because

    @property
    def _is_over(self) -> bool:
        return self.left == 0 or bool(self._ledger.held_because or self._providers.breakers.everything_waits_for())

    def _outgoing(self, row: ClaimedDelivery) -> OutgoingMessage | None:
        try:
            message = self._compose(row, self._papers)
        except MessageError as error:
            _log.error("delivery %d cannot be composed: %s", row.id, error, extra={"action": "compose", "id": row.id})
            at = self._clock()
            refused = Attempt(delivery=row.id, outcome=Outcome.FAILED, at=at, reply=str(error), stage="compose")
            self._ledger.record([refused], ())
            self._providers.finished({row.id})
            return None
        return OutgoingMessage.of(row.id, message)

    def _next(self) -> ClaimedDelivery | None:
        with self._lock:
            if self._is_over:
                return None
            while row := self._candidate():
                if self._may_leave(row):
                    self.left = None if self.left is None else self.left - 1
                    return row
            return None

    def _candidate(self) -> ClaimedDelivery | None:
        if self._delayed and self._delayed[0][0] <= self._clock():
            return heapq.heappop(self._delayed)[2]
        if not self._rows and not self._dry and len(self._delayed) < BATCH:
            self._refill()
        return self._rows.popleft() if self._rows else None

    def _may_leave(self, row: ClaimedDelivery) -> bool:
        """Return whether a row may be sent now; otherwise keep it for a short wait, or release it for a longer one.

        A row whose lease expired while it waited for a slow relay is released as well, to be claimed again.
        """
        if row.lease_until <= self._clock():
            self._ledger.postpone(row.id, self._clock())
            self._dry = False
            return False
        if row.attempts:
            self._ledger.review.expect_retry(row.id)
        if until := self._providers.breakers.open_until(row.domain):
            self._ledger.postpone(row.id, until)
            return False
        wait = self._providers.wait_for(row.domain, row.id)
        if wait > LONGEST_WAIT:
            self._ledger.postpone(row.id, self._clock() + wait)
        elif wait:
            heapq.heappush(self._delayed, (self._clock() + wait, row.id, row))
        return not wait

    def _refill(self) -> None:
        self._providers.breakers.refresh()
        rows = self._ledger.claim(BATCH)
        self._rows.extend(rows)
        self._dry = not rows

    def _waiting(self) -> Iterator[Issue]:
        """Return the issues of waiting rows; an unreadable one is reported when it is composed."""
        with self._lock:
            rows = tuple(self._rows)
        for row in rows:
            with suppress(MessageError):
                yield row.issue
