"""What the ranking makes of the papers that are new to some subscribers: one path for plan, score, render, preview."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from digest.papers import Paper
from digest.ranking import Calibration, CorpusStatistics, PaperIndex, Ranking, RankingProfile, Semantics, Vote, rank
from digest.runs.matching.embeddings import semantics_of
from digest.settings import IssueSettings
from digest.storage.database.transactions import Tx
from digest.storage.delivery import plans
from digest.storage.delivery.plans import LeftOver
from digest.storage.papers import papers as paper_store
from digest.storage.papers import statistics
from digest.storage.subscribers import votes
from digest.subscribers import Subscriber

VOTES_AGE = timedelta(days=730)  #: older votes no longer tell what somebody likes


InCommon = tuple[dict[int, Paper], CorpusStatistics]  # what the shards of a run read alike


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """How far a run looks: one high-water mark of papers and one version of the statistics."""

    high_water: int
    statistics: int  #: 0 before the first
    _read: dict[tuple[int, datetime], InCommon] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class RankingInputs:
    """All that judging a shard of subscribers needs, read from the store at one moment."""

    snapshot: Snapshot
    papers: Mapping[int, Paper]
    corpus: CorpusStatistics
    votes: Mapping[int, tuple[Vote, ...]]  #: subscriber to votes
    calibrations: Mapping[int, Calibration]
    left_over: Mapping[int, LeftOver] = field(default_factory=dict)  #: what older issues did not deliver
    again: Mapping[int, frozenset[int]] = field(default_factory=dict)  #: subscriber to papers considered once more
    semantics: Semantics | None = None

    def readers(self, subscribers: Sequence[Subscriber]) -> list[RankingProfile]:
        """Return the subscribers as the ranking knows them."""
        return [
            RankingProfile(
                profile=subscriber.profile,
                cursor=subscriber.cursor,
                again=self.again.get(subscriber.number, frozenset()),
                votes=self.votes.get(subscriber.number, ()),
                calibration=self.calibrations.get(subscriber.number),
            )
            for subscriber in subscribers
        ]


@dataclass(frozen=True, kw_only=True)
class RankedShard:
    """The judgements of a shard, in the order of its subscribers, and the calibrations that were made for them."""

    rankings: Sequence[Ranking]
    calibrations: Mapping[int, Calibration]  #: only those that are new


def snapshot(tx: Tx) -> Snapshot:
    """Return how far a run that starts now looks."""
    return Snapshot(high_water=paper_store.high_water(tx), statistics=statistics.latest_version(tx))


def corpus_statistics(tx: Tx, version: int) -> CorpusStatistics:
    """Return that version of the statistics, the newest one when it is gone, an empty one before the first."""
    record = (statistics.by_version(tx, version) if version else None) or statistics.latest(tx)
    return _loaded(record.data) if record else CorpusStatistics.empty()


@lru_cache(maxsize=2)
def _loaded(data: bytes) -> CorpusStatistics:
    """Return the statistics that were dumped; the shards of a run share them, and what is prepared under them."""
    return CorpusStatistics.load(data)


def load_inputs(
    tx: Tx, subscribers: Sequence[Subscriber], seen: Snapshot, settings: IssueSettings, now: datetime
) -> RankingInputs:
    """Return the papers that are new to any of these subscribers, and what is known of the subscribers themselves."""
    numbers = [subscriber.number for subscriber in subscribers]
    left = plans.left_over(tx, numbers, now)
    lowest = min((subscriber.cursor for subscriber in subscribers), default=seen.high_water)
    oldest = now - timedelta(days=settings.max_age_days)
    new, known = _in_common(tx, seen, lowest, oldest)
    again = _still_themselves(paper_store.by_numbers(tx, {number for over in left.values() for number in over.papers}))
    found = {**again, **new} if again.keys() - new.keys() else new
    return RankingInputs(
        snapshot=seen,
        papers=found,
        corpus=known,
        votes=votes_of(tx, numbers, now),
        calibrations=calibrations_of(tx, numbers),
        left_over=left,
        again={subscriber: frozenset(over.papers) & again.keys() for subscriber, over in left.items()},
        semantics=semantics_of(tx, settings, found),
    )


def _in_common(tx: Tx, seen: Snapshot, lowest: int, oldest: datetime) -> InCommon:
    """Return the papers after `lowest` and the statistics, as they were when the run first read them."""
    if (lowest, oldest) not in seen._read:
        new = paper_store.beyond(tx, lowest, upto=seen.high_water, seen_since=oldest)
        seen._read.clear()  # the last is kept: shards in which somebody is further behind read for themselves
        seen._read[lowest, oldest] = {paper.number: paper for paper in new}, corpus_statistics(tx, seen.statistics)
    return seen._read[lowest, oldest]


def _still_themselves(found: Mapping[int, Paper]) -> dict[int, Paper]:
    """Return the papers that were not merged meanwhile: one that was merged is a paper of an earlier issue."""
    return {number: paper for number, paper in found.items() if paper.number == number}


def votes_of(tx: Tx, numbers: Collection[int], now: datetime) -> dict[int, tuple[Vote, ...]]:
    """Return the votes of those who voted, with the papers they voted on."""
    cast = votes.of_subscribers(tx, numbers, since=now - VOTES_AGE)
    voted = paper_store.by_numbers(tx, {vote.paper for found in cast.values() for vote in found})
    return {
        number: tuple(
            Vote(paper=voted[vote.paper], value=1 if vote.value > 0 else -1) for vote in found if vote.paper in voted
        )
        for number, found in cast.items()
    }


def calibrations_of(tx: Tx, numbers: Iterable[int]) -> dict[int, Calibration]:
    """Return the stored calibrations; the ranking itself knows which of them still hold."""
    return {number: Calibration.load(data) for number, data in statistics.calibrations(tx, numbers).items()}


def rank_shard(
    inputs: RankingInputs,
    subscribers: Sequence[Subscriber],
    index: PaperIndex | None = None,
    *,
    explain: bool = False,
) -> RankedShard:
    """Return what each subscriber would get, in one sparse product; with `explain` also why papers were left out."""
    readers = inputs.readers(subscribers)
    rankings = rank(
        index or paper_index(inputs.papers),
        readers,
        inputs.corpus,
        explain=explain,
        semantics=inputs.semantics,
    )
    fresh = {
        subscriber.number: ranking.calibration
        for subscriber, reader, ranking in zip(subscribers, readers, rankings, strict=True)
        if ranking.calibration is not None and ranking.calibration != reader.calibration
    }
    return RankedShard(rankings=rankings, calibrations=fresh)


_indexed: tuple[Mapping[int, Paper], PaperIndex] | None = None


def paper_index(papers: Mapping[int, Paper]) -> PaperIndex:
    """Return the papers ready to be judged; the same papers again, as each shard of a run has them, cost nothing."""
    global _indexed
    if _indexed is None or (_indexed[0] is not papers and _indexed[0] != papers):
        _indexed = papers, PaperIndex(list(papers.values()))
    return _indexed[1]
