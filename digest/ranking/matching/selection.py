"""Selection: which of the matching papers a reader gets, never padded, each interest served, no text twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

ALSO = 5  #: papers shown as one line each below the picks


class Candidate(NamedTuple):
    """A paper that reaches a reader's minimum."""

    row: int  #: by which the caller knows it
    interest: int  #: the interest that contributes most; -1 when none does
    group: int  #: nearly identical papers share one


@dataclass(frozen=True, kw_only=True)
class Selected:
    """The choice from a reader's candidates, each list best first."""

    picks: Sequence[Candidate]
    also: Sequence[Candidate]
    beyond: Sequence[Candidate]  #: further candidates, not shown
    near_identical: Sequence[Candidate]  #: left out for a stronger one of the same group


def select(candidates: Sequence[Candidate], length: int) -> Selected:
    """Return the choice from candidates in order, best first: at most `length` picks."""
    distinct, near_identical = _once(candidates)
    chosen = _varied(distinct, length)
    rest = [c for c in distinct if c.row not in chosen]
    return Selected(
        picks=[c for c in distinct if c.row in chosen],
        also=rest[:ALSO],
        beyond=rest[ALSO:],
        near_identical=near_identical,
    )


def _once(candidates: Sequence[Candidate]) -> tuple[Sequence[Candidate], Sequence[Candidate]]:
    seen: set[int] = set()
    distinct: list[Candidate] = []
    near_identical: list[Candidate] = []
    for candidate in candidates:
        (near_identical if candidate.group in seen else distinct).append(candidate)
        seen.add(candidate.group)
    return distinct, near_identical


def _varied(candidates: Sequence[Candidate], length: int) -> set[int]:
    """Return the rows of the best of each interest while there is room, then of the best of the others."""
    if len(candidates) <= length:
        return {c.row for c in candidates}
    best: dict[int, Candidate] = {}
    for candidate in candidates:
        best.setdefault(candidate.interest, candidate)
    chosen = {c.row for c in list(best.values())[:length]}
    others = [c.row for c in candidates if c.row not in chosen]
    return chosen.union(others[: length - len(chosen)])
