"""Sections: picks grouped by the interest that matched strongest, so that each interest is represented."""

from __future__ import annotations

from collections.abc import Sequence

from digest.issues import Pick

OTHERS = "Other matches"  #: heading of picks without an interest
TRENDING = "Trending"
MAX_NAMED = 3  #: interests in the heading of the last section


#: The heading above some picks, empty for none, and the picks. No more than a tuple, as each message takes a few.
Section = tuple[str, Sequence[Pick]]


def sections(picks: Sequence[Pick]) -> list[Section]:
    """Return the picks in sections: one for each interest with two or more picks, and a last one for the others.

    Sections are in the order of their best picks. The last one is named by its interests. If there are fewer than two
    sections, all picks are in one without a heading.
    """
    groups: dict[str, list[Pick]] = {}
    for pick in picks:
        interest = pick.interest
        if interest in groups:
            groups[interest].append(pick)
        else:
            groups[interest] = [pick]
    named: list[Section] = [(name, group) for name, group in groups.items() if name and len(group) > 1]
    others = [group[0] for name, group in groups.items() if name and len(group) == 1]
    if "" in groups:
        others = [pick for pick in picks if not pick.interest or len(groups[pick.interest]) == 1]
    if len(named) + bool(others) < 2 or not named:
        return [("", picks)] if picks else []
    return [*named, (_heading_of(others), others)] if others else named


def _heading_of(others: Sequence[Pick]) -> str:
    """Return the interests of these picks, up to three, or `OTHERS` if they have none."""
    interests = list(dict.fromkeys(pick.interest for pick in others if pick.interest))
    if not interests or len(interests) < len({pick.interest for pick in others}):
        return OTHERS
    return ", ".join(interests[:MAX_NAMED]) + (", …" if interests[MAX_NAMED:] else "")
