"""Reasons in words: why a paper was picked, strongest first."""

from __future__ import annotations

from collections.abc import Sequence

from digest.issues import Reason, ReasonKind
from digest.rendering.excerpts import shortened
from digest.rendering.neutralizing import neutralized
from digest.rendering.wording import ENGLISH, Wording

MAX_REASONS = 5
_LONGEST_LABEL = 60  # characters


def label(reason: Reason, wording: Wording = ENGLISH) -> str:
    """Return what the chip of a reason says: the words of a keyword, or what it is related to if some are missing."""
    said = shortened(neutralized(reason.shown_text), _LONGEST_LABEL)
    if reason.share < 1:
        return wording.gettext("related to %(term)s", term=shortened(neutralized(reason.term), _LONGEST_LABEL))
    if reason.kind is ReasonKind.ACRONYM and reason.shown_text != reason.term:
        return f"{said} ({shortened(neutralized(reason.term), _LONGEST_LABEL)})"
    match reason.kind:
        case ReasonKind.KEYWORD | ReasonKind.ACRONYM:
            return said
        case ReasonKind.AUTHOR:
            return wording.gettext("by %(name)s", name=said)
        case ReasonKind.CATEGORY:
            return wording.gettext("in %(category)s", category=said)
        case ReasonKind.LIKED:
            return wording.gettext("you liked: %(title)s", title=said)
        case ReasonKind.DISLIKED:
            return wording.gettext("less: %(title)s", title=said)
        case ReasonKind.SEMANTIC:
            return wording.gettext("near %(term)s", term=said)


def reasons_to_show(reasons: Sequence[Reason]) -> list[Reason]:
    """Return the reasons that a reader is told: the strongest, and others of which the paper has enough.

    A keyword of which it has only a small part is not named: it would say what the paper is not about.
    """
    return [*reasons[:1], *[reason for reason in reasons[1:] if reason.is_whole]]


def reasons_in_favour(reasons: Sequence[Reason]) -> list[Reason]:
    """Return the reasons that a reader is told for a paper, without those against it."""
    return reasons_to_show([reason for reason in reasons if reason.contribution > 0])
