"""Sections: picks grouped by the interest that matched strongest, so that each interest is represented."""

from __future__ import annotations

from collections.abc import Sequence

from digest.issues import Pick

OTHERS = "More of your interests"
TRENDING = "Trending"


#: The heading above some picks, empty for none, and the picks. No more than a tuple, as each message takes a few.
Section = tuple[str, Sequence[Pick]]


def sections(picks: Sequence[Pick]) -> list[Section]:
    """Return the picks in groups: an interest with two picks or more is a section, the others share the last.

    Sections stand in the order of their best picks. Where fewer than two groups come of it, all picks stand in one
    group without a heading.
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
    return [*named, (OTHERS, others)] if others else named
