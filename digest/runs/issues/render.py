"""Render: one subscriber's issue as a run would send it, without entering it in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from digest.issues import Issue, SkipReason
from digest.messages import Message
from digest.papers import Paper
from digest.rendering import MailRenderer, Rendering
from digest.runs.issues.compose import Composer
from digest.runs.issues.plan import issue_maker, skip_reason
from digest.runs.lookup import subscriber_at
from digest.runs.matching.prepared_papers import snapshot
from digest.runs.matching.ranking import load_inputs, rank_shard
from digest.settings import Settings
from digest.storage.database.secrets import keyring
from digest.storage.database.transactions import Store, Tx
from digest.storage.delivery import deliveries
from digest.storage.papers import papers
from digest.subscribers import Subscriber, next_due

NO_DELIVERY = 0  #: stands in the tokens of an issue that has no row in the ledger: no link of it does anything


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """An issue and what was made of it."""

    subscriber: Subscriber
    issue: Issue
    papers: Mapping[int, Paper]
    message: Message
    rendering: Rendering
    repeats: bool  #: nothing is new, so this is the last issue once more


@dataclass(frozen=True, kw_only=True)
class NothingToRender:
    """There is no issue to render, and why."""

    subscriber: Subscriber
    reason: SkipReason


def render(
    store: Store, settings: Settings, renderer: MailRenderer, address: str, now: datetime
) -> Rendered | NothingToRender:
    """Return the issue that the subscriber would get next; when nothing is new for them, their last one again.

    Raise UsageError when nobody has the address.
    """
    with store.transaction() as tx:
        subscriber = subscriber_at(tx, address)
        composer = Composer(renderer=renderer, keyring=keyring(tx, now), settings=settings)
        maker = issue_maker(tx, settings, now)
    with store.reading() as tx:
        inputs = load_inputs(tx, [subscriber], snapshot(tx), settings.issue, now)
    [ranking] = rank_shard(inputs, [subscriber]).rankings
    reason = skip_reason(ranking)
    if reason is None:
        due = next_due(subscriber.subscription.schedule, now, subscriber.last_issue)
        issue = maker.issue(subscriber, due.issue_date, ranking)
        return _made(subscriber, issue, inputs.papers, composer, repeats=False)
    with store.reading() as tx:
        last = _last_issue(tx, subscriber)
        shown = papers.by_numbers(tx, _numbers(last)) if last else {}
    if last is None:
        return NothingToRender(subscriber=subscriber, reason=reason)
    return _made(subscriber, last, shown, composer, repeats=True)


def _made(
    subscriber: Subscriber,
    issue: Issue,
    known_papers: Mapping[int, Paper],
    composer: Composer,
    *,
    repeats: bool,
) -> Rendered:
    shown = {number: known_papers[number] for number in _numbers(issue)}
    return Rendered(
        subscriber=subscriber,
        issue=issue,
        papers=shown,
        message=composer.message(issue, NO_DELIVERY, subscriber.subscription, shown),
        rendering=composer.rendering(issue, NO_DELIVERY, subscriber.subscription, shown),
        repeats=repeats,
    )


def _last_issue(tx: Tx, subscriber: Subscriber) -> Issue | None:
    past = deliveries.of_subscriber(tx, subscriber.number)
    return next((delivery.issue for delivery in past if delivery.issue), None)


def _numbers(issue: Issue) -> set[int]:
    return {pick.paper for pick in issue.shown}
