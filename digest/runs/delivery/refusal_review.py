"""The refusals of one delivery run, reviewed together: the same refusal for readers of several domains is about us."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Sequence

from digest.deliveries import Attempt, Outcome
from digest.refusals import FaultSide, cause_of, fingerprint, is_first_contact

DOMAINS_TO_BLAME_US = 3  # with the same refusal in one run
_REFUSED = (Outcome.FAILED, Outcome.DEFERRED)


def domain_of(address: str) -> str:
    """Return the domain by which providers are counted."""
    return address.rpartition("@")[2].lower()


class RefusalReview:
    """Holds the permanent refusals of a run until its end, when it is known how far each spread.

    A relay that refuses everybody for a reason that is ours often uses a code that blames the recipient. Nothing is
    counted against a reader before it is clear that others were not refused in the same words.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # several relays give answers at a time
        self._domains: dict[str, set[str]] = {}  # fingerprint of a refusal to the domains that gave it
        self._counts: Counter[str] = Counter()
        self._held: dict[int, Attempt] = {}
        self._tried_before: set[int] = set()
        self.accepted = 0  #: messages that were sent

    def expect_retry(self, delivery: int) -> None:
        """Note that this delivery was attempted before this run, so that a wait at first contact is over."""
        self._tried_before.add(delivery)

    def reviewed(self, attempt: Attempt) -> Attempt:
        """Return the attempt; deferred when it is a permanent refusal about us, so that its papers come again."""
        if attempt.outcome is Outcome.FAILED and attempt.code and _cause(attempt) is FaultSide.SENDER:
            return attempt._replace(outcome=Outcome.DEFERRED)
        return attempt

    def note(self, attempts: Iterable[Attempt]) -> None:
        """Learn from refusals that were recorded."""
        with self._lock:
            for attempt in attempts:
                if attempt.outcome not in _REFUSED or not (attempt.code or attempt.status):
                    continue
                mark = _mark_of(attempt)
                self._counts[mark] += 1
                if attempt.recipient:
                    self._domains.setdefault(mark, set()).add(domain_of(attempt.recipient))
                if attempt.outcome is Outcome.FAILED:
                    self._held[attempt.delivery] = attempt

    def is_about_us(self, attempt: Attempt) -> bool:
        """Return True for a refusal that our address, rights or reputation is the reason of."""
        if attempt.outcome not in _REFUSED or not (attempt.code or attempt.status):
            return False
        if is_first_contact(attempt.status, attempt.reply) and attempt.delivery not in self._tried_before:
            return False
        return _cause(attempt) is FaultSide.SENDER or self._is_spread(attempt)

    def is_everywhere(self, attempt: Attempt) -> bool:
        """Return True when several domains gave this refusal, more often than messages were accepted."""
        with self._lock:
            mark = _mark_of(attempt)
            wide = len(self._domains.get(mark, ())) >= DOMAINS_TO_BLAME_US
            return wide and self._counts[mark] > self.accepted

    def settle(self) -> tuple[Sequence[Attempt], Sequence[Attempt]]:
        """Return the held refusals that turned out to be about us, and the others; hold none any more."""
        held, self._held = list(self._held.values()), {}
        ours = [attempt for attempt in held if self._is_spread(attempt)]
        return ours, [attempt for attempt in held if attempt not in ours]

    def _is_spread(self, attempt: Attempt) -> bool:
        """Return True when the same words came from several domains, unless they are clear about the recipient.

        Even words that are clear are not believed when every message of the run was refused.
        """
        cause = cause_of(attempt.status, attempt.reply, attempt.code)
        with self._lock:
            wide = len(self._domains.get(_mark_of(attempt), ())) >= DOMAINS_TO_BLAME_US
            return wide and attempt.outcome is Outcome.FAILED and (not cause.is_clear or not self.accepted)


def _cause(attempt: Attempt) -> FaultSide:
    if attempt.stage == "mail":
        return FaultSide.OTHER  # no recipient was named yet; every reply is about us, and none about a provider
    return cause_of(attempt.status, attempt.reply, attempt.code).fault


def _mark_of(attempt: Attempt) -> str:
    return f"{attempt.code} {attempt.status or ''} {fingerprint(attempt.reply)}"
