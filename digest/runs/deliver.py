"""Deliver: ledger rows whose time has come are claimed, composed, sent and marked; nobody is missed or repeated."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from digest.deliveries import Attempt, DeliveryState, Outcome
from digest.errors import MessageError, RelayError
from digest.fetching.keys import load_signers
from digest.issues import Issue
from digest.messages import Message
from digest.papers import Paper
from digest.rendering import Press
from digest.runs.bounces import note_refusals
from digest.runs.compose import compose as compose_issue
from digest.runs.senders import is_dead, new_sender
from digest.settings import Settings
from digest.smtp import Courier, Parcel
from digest.storage import Store, ledger, papers
from digest.storage.ledger import Claimed
from digest.storage.marks import Recorder
from digest.tokens import Keyring

BATCH = 200  # rows claimed at a time
LEASE = timedelta(minutes=15)
MAX_PAPERS_KEPT = 5000  # papers in memory between batches

Compose = Callable[[Claimed, Mapping[int, Paper]], Message]
"""Makes the message of a claimed row from its papers, given by number. Raises MessageError."""

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
    signers = load_signers(settings)

    def compose(row: Claimed, known: Mapping[int, Paper]) -> Message:
        return compose_issue(row.issue, row.id, row.subscription, known, press, keyring, settings, signers)

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
    clock = _clock_from(now)
    stop = stop or threading.Event()
    book = _Book(store, new_sender(), clock, tried or (lambda _count: None))
    found = book.recover()
    supply = _Supply(book, compose, clock)
    courier = Courier(settings.smtp, book.record, clock=clock, stop=stop)
    try:
        problem = courier.carry(supply)
    finally:
        book.release()
    report = replace(book.report(found, problem), stopped=stop.is_set() and not problem)
    _log.info("delivered: %d sent", report.sent, extra={"action": "deliver", **report.as_dict()})
    return report


def _clock_from(now: datetime) -> Callable[[], datetime]:
    """Gives a clock that stands at `now` and goes on from there: sending takes time, and leases run out by it."""
    start = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - start)


class _Book:
    """The ledger as one sender uses it: one name, one writer at a time on SQLite, and a tally."""

    def __init__(self, store: Store, owner: str, clock: Callable[[], datetime], tried: Callable[[int], None]) -> None:
        self._store, self._owner, self._clock, self._tried = store, owner, clock, tried
        self._recorder = Recorder(store, owner)
        self._tally: Counter[Outcome] = Counter()
        self._intended = 0
        # SQLite lets one writer in and makes the others poll; within a process a lock hands over at once.
        self._turn = nullcontext() if store.on_postgresql else threading.Lock()

    def recover(self) -> int:
        """Deals with the rows of senders that died; gives how many are in doubt."""
        with self._turn, self._store.transaction() as tx:
            dead = [owner for owner in ledger.owners(tx) if is_dead(owner)]
            recovered = ledger.recover(tx, self._clock(), dead=dead)
            ledger.expire_unwanted(tx)
        if recovered.unknown:
            _log.warning(
                "%d deliveries are in doubt after a sender died; digest deliver --resend-unknown sends them again",
                len(recovered.unknown),
                extra={"action": "recover", "deliveries": list(recovered.unknown)},
            )
        return len(recovered.unknown)

    def claim(self) -> list[Claimed]:
        """Gives the next rows, leased to us."""
        with self._turn, self._store.transaction() as tx:
            return ledger.claim(tx, self._owner, self._clock(), lease=LEASE, limit=BATCH)

    def papers(self, numbers: Collection[int]) -> dict[int, Paper]:
        """Gives the papers with these numbers."""
        if not numbers:
            return {}
        with self._store.reading() as tx:
            return papers.by_numbers(tx, numbers)

    def record(self, attempts: Sequence[Attempt], intents: Sequence[int]) -> set[int]:
        """Writes marks and intents in one durable commit; gives the intents that hold.

        What was not sent is rare and takes more than a mark, so it has a commit of its own, before.
        """
        sent = [attempt for attempt in attempts if attempt.outcome is Outcome.SENT]
        with self._turn:
            if len(sent) < len(attempts):
                self._record_unsent([attempt for attempt in attempts if attempt.outcome is not Outcome.SENT])
            held = self._recorder.record(sent, intents, self._clock())
        self._tally.update(attempt.outcome for attempt in attempts)
        self._tried(len(attempts))
        self._intended += len(intents) - len(held)
        return held

    def _record_unsent(self, attempts: Sequence[Attempt]) -> None:
        with self._store.transaction() as tx:
            ledger.mark(tx, self._owner, attempts)
            note_refusals(tx, attempts, self._clock())

    def release(self) -> None:
        """Gives back what was claimed and not begun."""
        self._recorder.close()
        with self._turn, self._store.transaction() as tx:
            ledger.release(tx, self._owner)

    def report(self, found: int, problem: RelayError | None) -> DeliverReport:
        """Gives what happened."""
        with self._store.reading() as tx:
            waiting = ledger.waiting(tx, self._clock())
        states: Counter[DeliveryState] = Counter()
        for outcome, count in self._tally.items():
            states[outcome.state] += count
        return DeliverReport(
            sent=states[DeliveryState.SENT],
            deferred=states[DeliveryState.DEFERRED],
            failed=states[DeliveryState.FAILED],
            unknown=states[DeliveryState.UNKNOWN] + found,
            withdrawn=self._intended,
            waiting=waiting,
            problem=str(problem or ""),
        )


class _Supply:
    """Claims rows as they are wanted and composes their messages, each in the thread that is going to send it."""

    def __init__(self, book: _Book, compose: Compose, clock: Callable[[], datetime]) -> None:
        self._book, self._compose, self._clock = book, compose, clock
        self._lock = threading.Lock()
        self._rows: deque[Claimed] = deque()
        self._papers: dict[int, Paper] = {}
        self._dry = False

    def take(self) -> Parcel | None:
        """Gives the next parcel; None when no row is due any more."""
        while row := self._next():
            try:
                message = self._compose(row, self._papers)
            except MessageError as error:
                self._book.record([self._refused(row, error)], ())
                continue
            return Parcel(row.id, message.sender, message.recipient, message.data)
        return None

    poll = take

    def _next(self) -> Claimed | None:
        with self._lock:
            if not self._rows and not self._dry:
                self._refill()
            return self._rows.popleft() if self._rows else None

    def _refill(self) -> None:
        rows = self._book.claim()
        known = {} if len(self._papers) > MAX_PAPERS_KEPT else self._papers
        wanted = {number for row in rows for number in _papers_of(row.issue)}
        self._papers = known | self._book.papers(wanted - known.keys())
        self._rows.extend(rows)
        self._dry = not rows

    def _refused(self, row: Claimed, error: MessageError) -> Attempt:
        _log.error("delivery %d cannot be composed: %s", row.id, error, extra={"action": "compose", "id": row.id})
        return Attempt(delivery=row.id, outcome=Outcome.FAILED, at=self._clock(), reply=str(error), stage="compose")


def _papers_of(issue: Issue) -> set[int]:
    return {pick.paper for pick in (*issue.picks, *issue.also, *issue.trending)}
