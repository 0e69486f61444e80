"""Preview: what a subscriber would get and why, by the functions of plan and delivery, with nothing stored.

`IssuePreviews` keeps the papers and statistics in memory, so that a profile can be tried repeatedly.
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
from digest.ranking import Ranking
from digest.rendering import MailRenderer, Rendering
from digest.runs.issues.compose import Composer
from digest.runs.issues.plan import IssueMaker, issue_maker, skip_reason
from digest.runs.issues.render import NO_DELIVERY
from digest.runs.matching.embeddings import semantics_of
from digest.runs.matching.live_preview import LONG_AGO
from digest.runs.matching.prepared_papers import PreparedPapers, PreparedPapersCache, Selection, Snapshot, snapshot
from digest.runs.matching.ranking import RankingInputs, calibrations_of, load_inputs, rank_shard, votes_of
from digest.runs.transactional.send_test import test_message
from digest.settings import Settings
from digest.signed_links import Keyring
from digest.storage import Store, Tx
from digest.storage.database.secrets import keyring
from digest.storage.delivery import deliveries, plans
from digest.storage.papers import listings
from digest.storage.papers import papers as paper_store
from digest.subscribers import Subscriber, due_on, latest_due, next_due


@dataclass(frozen=True, kw_only=True)
class Scope:
    """From which papers an issue is made, and for which day."""

    again: bool = False  #: also papers that earlier issues considered
    listing: int = 0  #: id of a listing: its papers only, new or not; 0: those that a run would consider
    day: date | None = None  #: the issue of that day, with what was known at its hour; None: the next issue


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What a subscriber would get, and what happened to every paper."""

    subscriber: Subscriber
    papers: Mapping[int, Paper]  #: all that were ranked
    ranking: Ranking  #: with every match, and why each other paper was left out
    issue: Issue  #: empty where there is a reason to send none
    skip: SkipReason | None
    sent: Mapping[int, date]  #: papers of earlier issues, with the day of the last that was sent


@dataclass(frozen=True, kw_only=True)
class Composed:
    """An issue as it would be sent."""

    rendering: Rendering
    message: Message  #: before DKIM


class IssuePreviews:
    """Decides and composes issues of one store, as a run does."""

    def __init__(self, store: Store, settings: Settings, now: datetime) -> None:
        self._store, self._settings = store, settings
        self._lock = RLock()
        self._cache = PreparedPapersCache()
        with store.transaction() as tx:
            self._keyring: Keyring = keyring(tx, now)
            self._maker: IssueMaker = issue_maker(tx, settings, now)

    def decide(self, subscriber: Subscriber, scope: Scope, now: datetime) -> Decided:
        """Return what a run would decide for the subscriber, whose profile need not be the saved one."""
        at = due_on(subscriber.subscription.schedule, scope.day) if scope.day else now
        asking = replace(subscriber, cursor=0) if scope.again or scope.listing else subscriber
        with self._lock:
            with self._store.reading() as tx:
                inputs = self._inputs(tx, asking, scope, at)
                sent = _sent(tx, subscriber)
            [ranking] = rank_shard(inputs, [asking], explain=True).rankings
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

    def test_message(self, decided: Decided, renderer: MailRenderer, to: str) -> Message:
        """Return the issue as a test for that address. Raise UsageError, TemplateError, MessageError."""
        return test_message(decided.issue, decided.subscriber, decided.papers, to, self._composer(renderer))

    def _composer(self, renderer: MailRenderer) -> Composer:
        return Composer(renderer=renderer, keyring=self._keyring, settings=self._settings)

    def _inputs(self, tx: Tx, subscriber: Subscriber, scope: Scope, at: datetime) -> RankingInputs:
        seen = snapshot(tx)
        prepared = self._prepared(tx, seen, scope, at)
        left = {} if scope.again or scope.listing else plans.left_over(tx, [subscriber.number], at)
        unsent = frozenset(number for over in left.values() for number in over.papers)
        if not unsent <= prepared.papers.keys():
            return load_inputs(tx, [subscriber], seen, self._settings.issue, at, self._cache)
        return RankingInputs(
            prepared=prepared,
            votes=votes_of(tx, [subscriber.number], at),
            calibrations=calibrations_of(tx, [subscriber.number]),
            left_over=left,
            again={subscriber.number: unsent},
            semantics=semantics_of(tx, self._settings.issue, prepared.papers),
        )

    def _prepared(self, tx: Tx, seen: Snapshot, scope: Scope, at: datetime) -> PreparedPapers:
        """Return the papers of the choice. Those of one listing are shown however old they are."""
        oldest = at - timedelta(days=self._settings.issue.max_age_days)
        selection = Selection(key=replace(scope, again=False))
        since = LONG_AGO if scope.listing else oldest
        return self._cache.prepared(tx, seen, selection, since, lambda: _papers(tx, seen, scope, at, oldest))


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
