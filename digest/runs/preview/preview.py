"""Preview: what a subscriber would get and why, from the same functions as a plan and a delivery, entered nowhere.

A `Previews` keeps the papers and statistics in memory, so that a profile can be tried again and again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from threading import RLock

from digest.deliveries import DeliveryState
from digest.issues import Issue, SkipReason
from digest.messages import Message
from digest.papers import Paper
from digest.ranking import CorpusStatistics, PaperIndex, Ranking
from digest.rendering import MailRenderer, Rendering
from digest.runs.issues.compose import Composer
from digest.runs.issues.plan import IssueMaker, issue_maker, skip_reason
from digest.runs.issues.render import NO_DELIVERY
from digest.runs.matching.embeddings import semantics_of
from digest.runs.matching.ranking import (
    RankingInputs,
    Snapshot,
    calibrations_of,
    corpus_statistics,
    load_inputs,
    rank_shard,
    snapshot,
    votes_of,
)
from digest.runs.transactional.send_test import test_message
from digest.settings import Settings
from digest.signed_links import Keyring
from digest.storage import Store, Tx
from digest.storage.database.secrets import keyring
from digest.storage.delivery import deliveries, plans
from digest.storage.papers import listings
from digest.storage.papers import papers as paper_store
from digest.subscribers import Subscriber, due_on, latest_due, next_due

SHELVES = 4  #: choices of papers that are kept in memory


@dataclass(frozen=True, kw_only=True)
class Scope:
    """From which papers an issue is made, and for which day."""

    again: bool = False  #: also papers that earlier issues considered
    listing: int = 0  #: id of a listing: its papers only, new or not; 0: those that a run would consider
    day: date | None = None  #: the issue of that day, with what was known at its hour; None: the next issue


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What a subscriber would get, and what became of every paper."""

    subscriber: Subscriber
    papers: Mapping[int, Paper]  #: all that were judged
    ranking: Ranking  #: with every match, and why each paper was left out
    issue: Issue  #: empty where there is a reason to send none
    skip: SkipReason | None
    sent: Mapping[int, date]  #: papers of earlier issues, with the day of the last that was sent


@dataclass(frozen=True, kw_only=True)
class Composed:
    """An issue as it would leave."""

    rendering: Rendering
    message: Message  #: before DKIM


@dataclass(frozen=True, kw_only=True)
class _PreparedPapers:
    """Papers made ready to be judged."""

    scope: Scope  #: what they were chosen by
    seen: Snapshot
    listing: int  #: the last listing read: it may have changed a paper
    earliest: datetime | None  #: when the first of them was seen
    papers: Mapping[int, Paper]
    index: PaperIndex
    corpus: CorpusStatistics


class IssuePreviews:
    """Decides and composes issues of one store, as a run would."""

    def __init__(self, store: Store, settings: Settings, now: datetime) -> None:
        self._store, self._settings = store, settings
        self._lock = RLock()
        self._shelves: list[_PreparedPapers] = []
        with store.transaction() as tx:
            self._keyring: Keyring = keyring(tx, now)
            self._maker: IssueMaker = issue_maker(tx, settings, now)

    def decide(self, subscriber: Subscriber, scope: Scope, now: datetime) -> Decided:
        """Return what a run would decide for the subscriber, whose profile need not be the saved one."""
        at = due_on(subscriber.subscription.schedule, scope.day) if scope.day else now
        asking = replace(subscriber, cursor=0) if scope.again or scope.listing else subscriber
        with self._lock:
            with self._store.reading() as tx:
                inputs, index = self._gather(tx, asking, scope, at)
                sent = _sent(tx, subscriber)
            [ranking] = rank_shard(inputs, [asking], index, explain=True).rankings
        maker = replace(self._maker, now=at)
        return Decided(
            subscriber=subscriber,
            papers=inputs.papers,
            ranking=ranking,
            issue=maker.issue(subscriber, scope.day or _issue_date(subscriber, now), ranking),
            skip=skip_reason(ranking),
            sent=sent,
        )

    def compose(self, decided: Decided, renderer: MailRenderer) -> Composed:
        """Return the issue in HTML and text, and the message. Raise TemplateError, MessageError."""
        issue, reader, composer = decided.issue, decided.subscriber.subscription, self._composer(renderer)
        return Composed(
            rendering=composer.rendering(issue, NO_DELIVERY, reader, decided.papers),
            message=composer.message(issue, NO_DELIVERY, reader, decided.papers),
        )

    def trial(self, decided: Decided, renderer: MailRenderer, to: str) -> Message:
        """Return the issue as a test for that address. Raise UsageError, TemplateError, MessageError."""
        return test_message(decided.issue, decided.subscriber, decided.papers, to, self._composer(renderer))

    def _composer(self, renderer: MailRenderer) -> Composer:
        return Composer(renderer=renderer, keyring=self._keyring, settings=self._settings)

    def _gather(
        self, tx: Tx, subscriber: Subscriber, scope: Scope, at: datetime
    ) -> tuple[RankingInputs, PaperIndex | None]:
        seen = snapshot(tx)
        paper_matrix = self._paper_matrix(tx, seen, scope, at)
        left = {} if scope.again or scope.listing else plans.left_over(tx, [subscriber.number], at)
        unsent = frozenset(number for over in left.values() for number in over.papers)
        if not unsent <= paper_matrix.papers.keys():
            return load_inputs(tx, [subscriber], seen, self._settings.issue, at), None
        inputs = RankingInputs(
            snapshot=seen,
            papers=paper_matrix.papers,
            corpus=paper_matrix.corpus,
            votes=votes_of(tx, [subscriber.number], at),
            calibrations=calibrations_of(tx, [subscriber.number]),
            left_over=left,
            again={subscriber.number: unsent},
            semantics=semantics_of(tx, self._settings.issue, paper_matrix.papers),
        )
        return inputs, paper_matrix.index

    def _paper_matrix(self, tx: Tx, seen: Snapshot, scope: Scope, at: datetime) -> _PreparedPapers:
        """Return the papers of the choice: those kept if nothing has changed since."""
        listing, oldest = listings.latest(tx), at - timedelta(days=self._settings.issue.max_age_days)
        chosen = replace(scope, again=False)
        for paper_matrix in self._shelves:
            same = (paper_matrix.scope, paper_matrix.seen, paper_matrix.listing) == (chosen, seen, listing)
            if same and (scope.listing or paper_matrix.earliest is None or paper_matrix.earliest >= oldest):
                return paper_matrix
        papers = _papers(tx, seen, scope, at, oldest)
        paper_matrix = _PreparedPapers(
            scope=chosen,
            seen=seen,
            listing=listing,
            earliest=min((paper.first_seen for paper in papers.values()), default=None),
            papers=papers,
            index=PaperIndex(list(papers.values())),
            corpus=self._corpus(tx, seen),
        )
        self._shelves = [paper_matrix, *self._shelves][:SHELVES]
        return paper_matrix

    def _corpus(self, tx: Tx, seen: Snapshot) -> CorpusStatistics:
        kept = (
            paper_matrix.corpus for paper_matrix in self._shelves if paper_matrix.seen.statistics == seen.statistics
        )
        return next(kept, None) or corpus_statistics(tx, seen.statistics)


def _papers(tx: Tx, seen: Snapshot, scope: Scope, at: datetime, oldest: datetime) -> dict[int, Paper]:
    if scope.listing:
        found = paper_store.by_numbers(tx, listings.shown(tx, scope.listing))
        return {paper.number: paper for paper in found.values()}
    window = paper_store.beyond(tx, 0, upto=seen.high_water, seen_since=oldest)
    return {paper.number: paper for paper in window if not scope.day or paper.first_seen <= at}


def _issue_date(subscriber: Subscriber, now: datetime) -> date:
    """Return the date of the issue that is due, else of the next one."""
    schedule = subscriber.subscription.schedule
    overdue = latest_due(schedule, now) if subscriber.next_due and subscriber.next_due <= now else None
    return (overdue or next_due(schedule, now, subscriber.last_issue)).issue_date


def _sent(tx: Tx, subscriber: Subscriber) -> dict[int, date]:
    """Return the papers of the last issues that were sent, with the day."""
    past = deliveries.of_subscriber(tx, subscriber.number) if subscriber.number else []
    issues = (delivery.issue for delivery in reversed(past) if delivery.state is DeliveryState.SENT and delivery.issue)
    return {pick.paper: issue.issue_date for issue in issues for pick in issue.shown}
