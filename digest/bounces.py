"""Bounces: what an address sends back, and when there is too much of it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

TOO_MUCH = 4.0  # score at which an address is suppressed
HALF_LIFE = timedelta(days=7)


class BounceKind(StrEnum):
    """What came back."""

    HARD = "hard"  #: there is no such address
    SOFT = "soft"  #: it did not take this mail
    COMPLAINT = "complaint"  #: its owner called the mail spam


_WEIGHTS = {BounceKind.HARD: TOO_MUCH, BounceKind.SOFT: 1.0, BounceKind.COMPLAINT: TOO_MUCH}


@dataclass(frozen=True, kw_only=True)
class Bounce:
    """One bounce or complaint."""

    subscriber: int
    delivery: int  #: id of the ledger row
    at: datetime
    kind: BounceKind
    status: str = ""  #: enhanced status code (RFC 3463)
    evidence: str = ""  #: the words of the server or the report

    def __str__(self) -> str:
        return " ".join(word for word in (self.status, self.evidence) if word) or str(self.kind)


def score(bounces: Iterable[Bounce], now: datetime) -> float:
    """Return the recent bounce score: one hard bounce or complaint is too much, soft bounces add up.

    Each counts half as much a week later: five days in a row of a full mailbox are too much, one a week never is.
    """
    ages = [(max(now - bounce.at, timedelta()) / HALF_LIFE, _WEIGHTS[bounce.kind]) for bounce in bounces]
    return math.fsum(weight * math.exp2(-age) for age, weight in ages)
