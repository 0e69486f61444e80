"""Selection: which of the matching papers a reader gets, never padded, each interest served, no text twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ALSO = 5  #: papers shown as one line each below the picks


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A paper that reaches a reader's minimum."""

    paper: int  #: place in the index
    match: int
    interest: int  #: the interest that contributes most; -1 when none does
    group: int  #: nearly identical papers share one
    parts: Mapping[int, float]  #: interest -> part of the score


@dataclass(frozen=True, kw_only=True)
class Selected:
    """The choice from a reader's candidates, each list best first."""

    picks: Sequence[Candidate]
    also: Sequence[Candidate]
    beyond: Sequence[Candidate]  #: further candidates, not shown
    near_identical: Sequence[Candidate]  #: left out for a stronger one of the same group


def select(candidates: Sequence[Candidate], length: int) -> Selected:
    """Gives the choice from candidates in order, best first: at most `length` picks."""
    distinct, near_identical = _once(candidates)
    chosen = {id(c) for c in _varied(distinct, length)}
    rest = [c for c in distinct if id(c) not in chosen]
    return Selected(
        picks=[c for c in distinct if id(c) in chosen],
        also=rest[:ALSO],
        beyond=rest[ALSO:],
        near_identical=near_identical,
    )


def _once(candidates: Sequence[Candidate]) -> tuple[list[Candidate], list[Candidate]]:
    seen: set[int] = set()
    distinct: list[Candidate] = []
    near_identical: list[Candidate] = []
    for candidate in candidates:
        (near_identical if candidate.group in seen else distinct).append(candidate)
        seen.add(candidate.group)
    return distinct, near_identical


def _varied(candidates: Sequence[Candidate], length: int) -> list[Candidate]:
    """Gives the best of each interest while there is room, then the best of the others."""
    if len(candidates) <= length:
        return list(candidates)
    best: dict[int, Candidate] = {}
    for candidate in candidates:
        best.setdefault(candidate.interest, candidate)
    first = list(best.values())[:length]
    served = {id(c) for c in first}
    return first + [c for c in candidates if id(c) not in served][: length - len(first)]
