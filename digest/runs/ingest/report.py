"""What an ingest reports: a line for each listing, and for each source that could not be reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from digest.papers import Problem
from digest.storage.papers.listings import ListingRecord


@dataclass(frozen=True, kw_only=True)
class ListingReport:
    """What became of one listing, or of a source that could not be reached."""

    source: str
    origin: str
    format: str = ""  #: empty when it could not be read
    papers: int = 0  #: works that it shows
    new: int = 0  #: of these, seen for the first time
    updated: int = 0  #: of these, enriched by it
    problems: tuple[Problem, ...] = ()
    failing_since: datetime | None = None  #: since when its source fails

    @classmethod
    def again(cls, record: ListingRecord, origin: str) -> ListingReport:
        """Return the report of a listing whose content was read before: nothing is new in it."""
        return cls(
            source=record.source, origin=origin, format=record.format, papers=record.papers, problems=record.problems
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the report for --json."""
        problems = [{"line": problem.line, "reason": problem.reason} for problem in self.problems]
        since = self.failing_since.isoformat() if self.failing_since else None
        return {name: getattr(self, name) for name in ("source", "origin", "format", "papers", "new", "updated")} | {
            "problems": problems,
            "failing_since": since,
        }


@dataclass(frozen=True, kw_only=True)
class IngestReport:
    """What an ingest read."""

    listings: tuple[ListingReport, ...] = ()

    @property
    def papers_new(self) -> int:
        return sum(listing.new for listing in self.listings)

    @property
    def failed(self) -> tuple[ListingReport, ...]:
        """Those that could not be read at all."""
        return tuple(listing for listing in self.listings if not listing.format)

    def as_dict(self) -> dict[str, Any]:
        """Return the report for --json."""
        return {"listings": [listing.as_dict() for listing in self.listings], "papers_new": self.papers_new}
