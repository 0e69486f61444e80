"""Reasons in words: why a paper was picked, strongest first."""

from __future__ import annotations

from collections.abc import Iterable

from digest.issues import Reason, ReasonKind
from digest.rendering.excerpts import shortened
from digest.rendering.inert import inert

MOST_REASONS = 5
_LONGEST_LABEL = 60  # characters
_WORDING = {
    ReasonKind.KEYWORD: "{}",
    ReasonKind.ACRONYM: "{}",
    ReasonKind.AUTHOR: "by {}",
    ReasonKind.CATEGORY: "in {}",
    ReasonKind.LIKED: "you liked: {}",
    ReasonKind.DISLIKED: "less: {}",
    ReasonKind.SEMANTIC: "near {}",
}


def labels(reasons: Iterable[Reason]) -> list[str]:
    """Gives the reasons that speak for the paper, strongest first, each once, at most five."""
    found = dict.fromkeys(label(reason.kind, reason.term) for reason in reasons if reason.contribution > 0)
    return list(found)[:MOST_REASONS]


def label(kind: ReasonKind, term: str) -> str:
    """Gives what the chip of a reason says: a keyword stands as the subscriber wrote it."""
    return _WORDING[kind].format(shortened(inert(term), _LONGEST_LABEL))
