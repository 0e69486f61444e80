"""Ranking the papers that are new to some subscribers: one path for plan, score, render and preview."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from digest.papers import Paper
from digest.ranking import Calibration, Ranking, RankingProfile, Semantics, Vote, rank
from digest.runs.matching.embeddings import semantics_of
from digest.runs.matching.prepared_papers import PreparedPapers, PreparedPapersCache, Selection, Snapshot
from digest.settings import IssueSettings
from digest.storage.database.transactions import Tx
from digest.storage.delivery import plans
from digest.storage.delivery.plans import LeftOver
from digest.storage.papers import papers as paper_store
from digest.storage.papers import statistics
from digest.storage.subscribers import votes
from digest.subscribers import Subscriber

VOTES_AGE = timedelta(days=730)  #: older votes no longer count


@dataclass(frozen=True, kw_only=True)
class RankingInputs:
    """All that ranking for a shard of subscribers needs, read from the store at one moment."""

    prepared: PreparedPapers
    votes: Mapping[int, tuple[Vote, ...]]  #: subscriber to votes
    calibrations: Mapping[int, Calibration]
    left_over: Mapping[int, LeftOver] = field(default_factory=dict)  #: issues that were not delivered
    again: Mapping[int, frozenset[int]] = field(default_factory=dict)  #: subscriber to papers considered once more
    semantics: Semantics | None = None

    @property
    def papers(self) -> Mapping[int, Paper]:
        """The papers that are ranked, by number."""
        return self.prepared.papers

    def readers(self, subscribers: Sequence[Subscriber]) -> list[RankingProfile]:
        """Return the subscribers as profiles for the ranking."""
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
    """The rankings of a shard, in the order of its subscribers, and the calibrations that were made for them."""

    rankings: Sequence[Ranking]
    calibrations: Mapping[int, Calibration]  #: only those that are new


def load_inputs(
    tx: Tx,
    subscribers: Sequence[Subscriber],
    seen: Snapshot,
    settings: IssueSettings,
    now: datetime,
    cache: PreparedPapersCache | None = None,
) -> RankingInputs:
    """Return the papers that are new to any of these subscribers, with the subscribers' votes and calibrations."""
    numbers = [subscriber.number for subscriber in subscribers]
    left = plans.left_over(tx, numbers, now)
    lowest = min((subscriber.cursor for subscriber in subscribers), default=seen.high_water)
    oldest = now - timedelta(days=settings.max_age_days)
    again = _unmerged(paper_store.by_numbers(tx, {number for over in left.values() for number in over.papers}))

    def read() -> dict[int, Paper]:
        new = paper_store.beyond(tx, lowest, upto=seen.high_water, seen_since=oldest)
        return again | {paper.number: paper for paper in new}

    selection = Selection(after=lowest, key=frozenset(again))
    prepared = (cache or PreparedPapersCache()).prepared(tx, seen, selection, oldest, read)
    return RankingInputs(
        prepared=prepared,
        votes=votes_of(tx, numbers, now),
        calibrations=calibrations_of(tx, numbers),
        left_over=left,
        again={subscriber: frozenset(over.papers) & again.keys() for subscriber, over in left.items()},
        semantics=semantics_of(tx, settings, prepared.papers),
    )


def _unmerged(found: Mapping[int, Paper]) -> dict[int, Paper]:
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
    """Return the stored calibrations; the ranking checks which of them still hold."""
    return {number: Calibration.load(data) for number, data in statistics.calibrations(tx, numbers).items()}


def rank_shard(inputs: RankingInputs, subscribers: Sequence[Subscriber], *, explain: bool = False) -> RankedShard:
    """Return what each subscriber would get, in one sparse product; with `explain` also why papers were left out."""
    profiles = inputs.readers(subscribers)
    rankings = rank_profiles(inputs.prepared, profiles, inputs.semantics, explain=explain)
    fresh = {
        subscriber.number: ranking.calibration
        for subscriber, profile, ranking in zip(subscribers, profiles, rankings, strict=True)
        if ranking.calibration is not None and ranking.calibration != profile.calibration
    }
    return RankedShard(rankings=rankings, calibrations=fresh)


def rank_profiles(
    prepared: PreparedPapers,
    profiles: Sequence[RankingProfile],
    semantics: Semantics | None,
    *,
    explain: bool = False,
) -> list[Ranking]:
    """Return the ranking of the papers for each profile: the one path for issues, previews and scores."""
    return rank(prepared.index, profiles, prepared.corpus, explain=explain, semantics=semantics)
