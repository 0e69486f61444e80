"""Sections: picks grouped by the interest that matched strongest, so that each interest is served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from digest.issues import Pick

OTHERS = "More of your interests"
TRENDING = "Trending"


@dataclass(frozen=True, kw_only=True)
class Section:
    """Some picks under one heading."""

    name: str  #: empty for picks without a heading
    picks: tuple[Pick, ...]


def sections(picks: Sequence[Pick]) -> list[Section]:
    """Gives the picks in groups: an interest with two picks or more is a section, the others share the last.

    Sections stand in the order of their best picks. Where fewer than two groups come of it, all picks stand in one
    group without a heading.
    """
    groups: dict[str, list[Pick]] = {}
    for pick in picks:
        groups.setdefault(pick.interest, []).append(pick)
    named = {name: group for name, group in groups.items() if name and len(group) > 1}
    others = tuple([pick for pick in picks if pick.interest not in named])
    if len(named) + bool(others) < 2 or not named:
        return [Section(name="", picks=tuple(picks))] if picks else []
    found = [Section(name=name, picks=tuple(group)) for name, group in named.items()]
    return [*found, Section(name=OTHERS, picks=others)] if others else found
