"""Which papers the sightings of a run show: known ones, new ones, and two that turn out to be one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from digest.identity import candidate_keys, joined, mergeable, new_paper, same_work
from digest.papers import Paper, Sighting


@dataclass(frozen=True, kw_only=True)
class PreparedSightings:
    """A sighting with everything that can be computed before the store is read."""

    sighting: Sighting
    keys: tuple[str, ...]  #: under which its work may be known, strongest first
    paper: Paper  #: what it would be if it were new

    @classmethod
    def of(cls, sighting: Sighting, source: str, now: datetime) -> PreparedSightings:
        """Return the prepared sighting; the cleaning happens here."""
        paper = new_paper(sighting, source=source, now=now)
        return cls(sighting=sighting, keys=candidate_keys(sighting), paper=paper)

    @property
    def is_old_work(self) -> bool:
        """True when the source says that this only replaces what was announced before."""
        return self.sighting.announcement is not None and not self.sighting.announcement.is_news


@dataclass(frozen=True, kw_only=True)
class PlacedSighting:
    """The paper that a sighting belongs to."""

    paper: int  #: number of a stored paper, or a negative stand-in for one that has none yet
    is_new: bool = False
    is_enriched: bool = False


@dataclass
class Deduplication:
    """The papers of one ingest: begins with those in the store; the caller writes the result back."""

    papers: dict[int, Paper]  #: by number, or by stand-in
    owners: dict[str, int]  #: identity key to paper
    new: dict[int, None] = field(default_factory=dict)  #: stand-ins of new papers, in order
    changed: set[int] = field(default_factory=set)
    keys: dict[str, int] = field(default_factory=dict)  #: identity keys that the store does not have yet
    joins: list[tuple[int, int]] = field(default_factory=list)  #: stored papers: (kept, gone)
    _led: dict[int, int] = field(default_factory=dict)  #: paper that is gone to the one it became
    _given: int = 0

    @classmethod
    def known(cls, found: Mapping[str, Paper]) -> Deduplication:
        """Begin with the papers that the store has under these keys."""
        return cls(
            papers={paper.number: paper for paper in found.values()},
            owners={key: paper.number for key, paper in found.items()},
        )

    def place(self, prepared: PreparedSightings) -> PlacedSighting | None:
        """Find or create the paper that a sighting shows; None for a replacement of a work that is not known."""
        hits = self._hits(prepared)
        if not hits:
            return None if prepared.is_old_work else self._begin(prepared)
        number, joins = hits[0], len(self._led)
        for other in hits[1:]:
            number = self._join(number, other)
        before = self.papers[number]
        after = joined(before, prepared.paper)
        if after != before:
            self.papers[number] = after
            self.changed.add(number)
        # What the paper was known by before stays; what it is known by now comes from this sighting.
        self._own(prepared.keys, number)
        is_richer = replace(after, sources=before.sources) != before or len(self._led) > joins
        return PlacedSighting(paper=number, is_enriched=is_richer)

    def owner(self, number: int) -> int:
        """Return the paper that a number or stand-in leads to after all joins."""
        while number in self._led:
            number = self._led[number]
        return number

    def _hits(self, prepared: PreparedSightings) -> list[int]:
        found_by: dict[int, list[str]] = {}
        for key in prepared.keys:
            if key in self.owners:
                found_by.setdefault(self.owner(self.owners[key]), []).append(key)
        return [number for number, keys in found_by.items() if same_work(self.papers[number], prepared.sighting, keys)]

    def _begin(self, prepared: PreparedSightings) -> PlacedSighting:
        self._given -= 1
        self.papers[self._given] = prepared.paper
        self.new[self._given] = None
        self._own(prepared.keys, self._given)
        return PlacedSighting(paper=self._given, is_new=True)

    def _own(self, keys: Iterable[str], number: int) -> None:
        for key in keys:
            if key not in self.owners:
                self.owners[key] = number
                self.keys[key] = number

    def _join(self, one: int, other: int) -> int:
        """Make one paper of two, when nothing speaks against it; return the one that stays, or else the first."""
        if not mergeable(self.papers[one], self.papers[other]):
            return one
        kept, gone = sorted((one, other), key=lambda number: (number < 0, abs(number)))
        self.papers[kept] = joined(self.papers[kept], self.papers.pop(gone))
        self.changed.add(kept)
        self.changed.discard(gone)
        self._led[gone] = kept
        if gone in self.new:
            del self.new[gone]
        else:
            self.joins.append((kept, gone))
        return kept
