"""Reasons in words: why a paper was picked, strongest first."""

from __future__ import annotations

from collections.abc import Sequence

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


def label(reason: Reason) -> str:
    """Gives what the chip of a reason says: of a keyword, the words that the paper has, and whether that is all."""
    said = shortened(inert(reason.said), _LONGEST_LABEL)
    if reason.share < 1:
        return f"only “{said}”"
    if reason.kind is ReasonKind.ACRONYM and reason.said != reason.term:
        return f"{said} ({shortened(inert(reason.term), _LONGEST_LABEL)})"
    return _WORDING[reason.kind].format(said)


def told(reasons: Sequence[Reason]) -> list[Reason]:
    """Gives the reasons that a reader is told: the strongest, and others of which the paper has enough.

    A keyword of which it has only a small part is not named: it would say what the paper is not about.
    """
    return [reason for place, reason in enumerate(reasons) if reason.tells or place == 0]


def speaking(reasons: Sequence[Reason]) -> list[Reason]:
    """Gives the reasons that a reader is told for a paper, without those against it."""
    return told([reason for reason in reasons if reason.contribution > 0])
