"""Evaluate: how relevant the ranking is, on a labelled collection or by what readers voted on past issues."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digest.deliveries import DeliveryState
from digest.fetching.files import read_file
from digest.issues import Issue
from digest.ranking.evaluation.collection import DOCUMENTS, GRADES, PROFILES, Collection, read_collection
from digest.ranking.evaluation.evaluation import evaluate, evaluate_feedback
from digest.ranking.evaluation.metrics import Metrics, mean, metrics_of
from digest.ranking.matching.embeddings import Semantics, embed, load_encoder
from digest.storage import Store
from digest.storage.delivery import deliveries
from digest.storage.subscribers import votes

BANDS = (0, 20, 40, 60, 80)  #: where the bands of the match begin
REMEMBERED = 400  #: the last issues of each voter that are looked at


def load_collection(folder: Path) -> Collection:
    """Return the collection in a folder. Raise FetchError for a missing file, UsageError for a faulty line."""
    documents, profiles, grades = (read_file(folder / name).data for name in (DOCUMENTS, PROFILES, GRADES))
    return read_collection(documents, profiles, grades)


def evaluate_folder(folder: Path, *, feedback: int = 0, semantic: str = "") -> Metrics:
    """Return how well the ranking serves the profiles of a collection, after `feedback` votes of each kind.

    With the name of a local model as `semantic`, nearness in meaning counts as well.
    """
    collection, semantics = load_collection(folder), None
    if semantic:
        encoder = load_encoder(semantic)
        semantics = Semantics(encoder=encoder, vectors=embed(collection.papers, encoder))
    if feedback:
        return evaluate_feedback(collection, feedback, semantics=semantics)
    return evaluate(collection, semantics)


@dataclass(frozen=True, kw_only=True)
class Band:
    """Votes on picks whose match lies in one fifth of the scale."""

    lowest: int
    up: int
    down: int

    def as_dict(self) -> dict[str, int]:
        return {"match_from": self.lowest, "up": self.up, "down": self.down}


@dataclass(frozen=True, kw_only=True)
class HistoryReport:
    """How well past issues did by their readers' votes."""

    issues: int  #: issues with at least one vote on a pick
    measures: Metrics  #: over those with a vote up; a pick that was liked is relevant, any other is not
    bands: Sequence[Band]

    def as_dict(self) -> dict[str, Any]:
        """Return the report for --json."""
        up, down = (sum(getattr(band, name) for band in self.bands) for name in ("up", "down"))
        measures = self.measures.as_dict()
        return {"issues": self.issues, "up": up, "down": down, **measures, "bands": [b.as_dict() for b in self.bands]}


def evaluate_history(store: Store) -> HistoryReport:
    """Return how well the issues that were sent did by the votes on their picks."""
    with store.reading() as tx:
        voted = [
            (issue, {vote.paper: vote.value for vote in cast})
            for number, cast in votes.of_subscribers(tx, votes.voters(tx)).items()
            for issue in _sent(deliveries.of_subscriber(tx, number, limit=REMEMBERED))
        ]
    return history_of([(issue, on) for issue, on in voted if any(pick.paper in on for pick in issue.picks)])


def _sent(rows: Iterable[deliveries.Delivery]) -> Iterator[Issue]:
    return (row.issue for row in rows if row.state is DeliveryState.SENT and row.issue is not None)


def history_of(voted: Sequence[tuple[Issue, dict[int, int]]]) -> HistoryReport:
    """Return the report on issues, each with the votes of its reader by paper (1 up, -1 down)."""
    measured = []
    for issue, cast in voted:
        liked = {str(pick.paper): 1.0 for pick in issue.picks if cast.get(pick.paper) == 1}
        if liked:
            measured.append(metrics_of([str(pick.paper) for pick in issue.picks], liked))
    on_picks = [(pick.match or 0, cast[pick.paper]) for i, cast in voted for pick in i.picks if pick.paper in cast]
    return HistoryReport(issues=len(voted), measures=mean(measured), bands=[_band(low, on_picks) for low in BANDS])


def _band(lowest: int, on_picks: Sequence[tuple[int, int]]) -> Band:
    within = [value for match, value in on_picks if max(low for low in BANDS if low <= match) == lowest]
    return Band(lowest=lowest, up=sum(value > 0 for value in within), down=sum(value < 0 for value in within))
