"""Reasons in words: why a paper was picked, strongest first."""

from __future__ import annotations

from digest.issues import ReasonKind
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


def label(kind: ReasonKind, term: str) -> str:
    """Gives what the chip of a reason says: a keyword stands as the subscriber wrote it."""
    return _WORDING[kind].format(shortened(inert(term), _LONGEST_LABEL))
