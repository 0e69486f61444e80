"""Reasons in words: why a paper was picked, strongest first."""

from __future__ import annotations

from collections.abc import Sequence

from digest.issues import Reason, ReasonKind
from digest.rendering.excerpts import shortened
from digest.rendering.inert import inert
from digest.rendering.wording import ENGLISH, Wording

MOST_REASONS = 5
_LONGEST_LABEL = 60  # characters


def label(reason: Reason, wording: Wording = ENGLISH) -> str:
    """Gives what the chip of a reason says: of a keyword, the words that the paper has, and whether that is all."""
    said = shortened(inert(reason.said), _LONGEST_LABEL)
    if reason.share < 1:
        return wording.say("only “%(term)s”", term=said)
    if reason.kind is ReasonKind.ACRONYM and reason.said != reason.term:
        return f"{said} ({shortened(inert(reason.term), _LONGEST_LABEL)})"
    worded = {
        ReasonKind.AUTHOR: wording.say("by %(name)s", name=said),
        ReasonKind.CATEGORY: wording.say("in %(category)s", category=said),
        ReasonKind.LIKED: wording.say("you liked: %(title)s", title=said),
        ReasonKind.DISLIKED: wording.say("less: %(title)s", title=said),
        ReasonKind.SEMANTIC: wording.say("near %(term)s", term=said),
    }
    return worded.get(reason.kind, said)


def told(reasons: Sequence[Reason]) -> list[Reason]:
    """Gives the reasons that a reader is told: the strongest, and others of which the paper has enough.

    A keyword of which it has only a small part is not named: it would say what the paper is not about.
    """
    return [reason for place, reason in enumerate(reasons) if reason.tells or place == 0]


def speaking(reasons: Sequence[Reason]) -> list[Reason]:
    """Gives the reasons that a reader is told for a paper, without those against it."""
    return told([reason for reason in reasons if reason.contribution > 0])
