"""Planning on both databases: who gets what, once, and what is carried over."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from digest.deliveries import Attempt, DeliveryState, Outcome
from digest.errors import UsageError
from digest.issues import SkipReason
from digest.runs.issues.plan import due_shards, plan, plan_one, plan_shard
from digest.storage import Store
from digest.storage.delivery import deliveries, ledger
from digest.storage.delivery.deliveries import Delivery
from digest.storage.papers import papers
from digest.storage.subscribers import consent, subscribers, suppressions
from digest.storage.subscribers.consent import Change
from digest.subscribers import State, Subscriber
from tests.unit.runs.samples import (
    CACTI,
    DAY,
    DUE,
    GRAPHS,
    MONDAY,
    SETTINGS,
    SPEECH,
    TUNING,
    ingested,
    profile,
    subscribed,
)


def issues_of(store: Store, subscriber: Subscriber) -> list[Delivery]:
    with store.reading() as tx:
        return deliveries.of_subscriber(tx, subscriber.number)


def titles_of(store: Store, delivery: Delivery) -> set[str]:
    assert delivery.issue is not None
    with store.reading() as tx:
        return {paper.title for paper in papers.by_numbers(tx, [pick.paper for pick in delivery.issue.picks]).values()}


def test_each_subscriber_gets_what_they_asked_for_and_the_report_counts(store: Store) -> None:
    ingested(store, [TUNING, GRAPHS, SPEECH])
    ada = subscribed(store, "ada", profile("hyperparameter optimization"))
    bob = subscribed(store, "bob", profile("graph neural networks", "speech recognition"))
    eve = subscribed(store, "eve", profile("beekeeping"))
    report = plan(store, SETTINGS, DUE)
    assert report.as_dict() == {"planned": 2, "skipped": {SkipReason.NOTHING_WORTH_SENDING.value: 1}}
    assert titles_of(store, issues_of(store, ada)[0]) == {TUNING}
    assert titles_of(store, issues_of(store, bob)[0]) == {GRAPHS, SPEECH}
    assert [row.state for row in issues_of(store, eve)] == [DeliveryState.SKIPPED]


def test_planning_again_finds_nobody_due(store: Store) -> None:
    ingested(store, [TUNING])
    ada = subscribed(store, "ada", profile("learning rate"))
    plan(store, SETTINGS, DUE)
    assert plan(store, SETTINGS, DUE).as_dict() == {"planned": 0, "skipped": {}}
    assert len(issues_of(store, ada)) == 1


def test_a_paper_of_an_earlier_issue_never_comes_back(store: Store) -> None:
    ingested(store, [TUNING])
    ada = subscribed(store, "ada", profile("learning rate", "graph"))
    plan(store, SETTINGS, DUE)
    _deliver_all(store)
    ingested(store, [GRAPHS], MONDAY + DAY)
    plan(store, SETTINGS, DUE + DAY)
    assert [titles_of(store, row) for row in issues_of(store, ada)] == [{GRAPHS}, {TUNING}]


def test_nothing_new_is_a_reason_of_its_own(store: Store) -> None:
    ingested(store, [TUNING])
    subscribed(store, "ada", profile("learning rate"))
    plan(store, SETTINGS, DUE)
    _deliver_all(store)
    assert plan(store, SETTINGS, DUE + DAY).skipped == {SkipReason.NO_NEW_PAPERS.value: 1}


def test_undelivered_papers_are_ranked_again_with_the_new_ones(store: Store) -> None:
    ingested(store, [TUNING])
    ada = subscribed(store, "ada", profile("learning rate", "graph"))
    plan(store, SETTINGS, DUE)
    ingested(store, [GRAPHS], MONDAY + DAY)
    report = plan(store, SETTINGS, DUE + DAY)
    newest, older = issues_of(store, ada)
    assert (older.state, newest.state, report.expired) == (DeliveryState.EXPIRED, DeliveryState.PLANNED, 1)
    assert titles_of(store, newest) == {TUNING, GRAPHS}


def test_undelivered_papers_come_again_even_when_nothing_is_new(store: Store) -> None:
    ingested(store, [TUNING])
    ada = subscribed(store, "ada", profile("learning rate"))
    plan(store, SETTINGS, DUE)
    plan(store, SETTINGS, DUE + DAY)
    assert titles_of(store, issues_of(store, ada)[0]) == {TUNING}


def test_papers_on_their_way_in_an_older_issue_are_not_planned_a_second_time(store: Store) -> None:
    ingested(store, [TUNING])
    ada = subscribed(store, "ada", profile("learning rate", "graph"))
    plan(store, SETTINGS, DUE)
    with store.transaction() as tx:
        ledger.claim(tx, "sender", DUE + timedelta(hours=23), lease=timedelta(hours=2), limit=10)
    ingested(store, [GRAPHS], MONDAY + DAY)
    plan(store, SETTINGS, DUE + DAY)
    newest, older = issues_of(store, ada)
    assert older.state is DeliveryState.CLAIMED
    assert titles_of(store, newest) == {GRAPHS}


def test_after_a_downtime_of_five_days_there_is_one_issue(store: Store) -> None:
    ada = subscribed(store, "ada", profile("learning rate", "graph", "speech", "cacti"))
    for day, title in enumerate([TUNING, GRAPHS, SPEECH, CACTI]):
        ingested(store, [title], MONDAY + day * DAY)
    report = plan(store, SETTINGS, DUE + 5 * DAY)
    [only] = issues_of(store, ada)
    assert (report.planned, only.issue_date) == (1, (DUE + 5 * DAY).date())
    assert len(titles_of(store, only)) == 4


def test_papers_seen_too_long_ago_are_not_considered(store: Store) -> None:
    ingested(store, [TUNING], MONDAY - 20 * DAY)
    ingested(store, [GRAPHS], MONDAY)
    ada = subscribed(store, "ada", profile("learning rate", "graph"))
    plan(store, SETTINGS, DUE)
    assert titles_of(store, issues_of(store, ada)[0]) == {GRAPHS}


def test_a_suppressed_address_gets_nothing_and_the_report_says_why(store: Store) -> None:
    ingested(store, [TUNING])
    subscribed(store, "ada", profile("learning rate"))
    with store.transaction() as tx:
        suppressions.suppress(tx, "Ada@Example.com", "hard bounce", "5.1.1", MONDAY)
    assert plan(store, SETTINGS, DUE).skipped == {SkipReason.SUPPRESSED.value: 1}


def test_a_reader_who_unsubscribes_during_planning_is_passed_over(store: Store) -> None:
    ingested(store, [TUNING])
    ada = subscribed(store, "ada", profile("learning rate"))
    [shard] = due_shards(store, DUE)
    with store.transaction() as tx:
        consent.set_state(tx, ada.number, Change(state=State.UNSUBSCRIBED, cause="link"), DUE)
    assert plan_shard(store, SETTINGS, shard, DUE).passed_over == 1
    assert issues_of(store, ada) == []


def test_one_subscriber_can_get_an_extra_issue_once_a_day(store: Store) -> None:
    ingested(store, [TUNING])
    ada = subscribed(store, "ada", profile("learning rate"), hour=22)
    assert plan_one(store, SETTINGS, "ADA@example.com", MONDAY).planned == 1
    assert plan_one(store, SETTINGS, "ada@example.com", MONDAY).planned == 0
    assert plan(store, SETTINGS, MONDAY.replace(hour=23)).planned == 0
    assert len(issues_of(store, ada)) == 1


def test_an_unknown_address_is_a_clear_error(store: Store) -> None:
    with pytest.raises(UsageError, match=r"nobody@example\.com: no subscriber"):
        plan_one(store, SETTINGS, "nobody@example.com", MONDAY)


def test_two_planners_at_once_give_each_subscriber_one_issue(store: Store) -> None:
    ingested(store, [TUNING, GRAPHS])
    people = [subscribed(store, f"reader{n}", profile("learning rate", "graph")) for n in range(30)]
    reports = []
    threads = [threading.Thread(target=lambda: reports.append(plan(store, SETTINGS, DUE))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(report.planned for report in reports) == len(people)
    assert [len(issues_of(store, person)) for person in people] == [1] * len(people)


def test_message_ids_are_distinct_and_at_the_domain_of_the_sender(store: Store) -> None:
    ingested(store, [TUNING])
    people = [subscribed(store, f"reader{n}", profile("learning rate")) for n in range(5)]
    plan(store, SETTINGS, DUE)
    ids = {row.issue.message_id for person in people for row in issues_of(store, person) if row.issue}
    assert len(ids) == 5
    assert all(message_id.endswith("@example.org") for message_id in ids)


def test_planning_for_many_shards_serves_everyone(store: Store) -> None:
    ingested(store, [TUNING])
    for n in range(7):
        subscribed(store, f"reader{n}", profile("learning rate"), hour=n % 3 + 4)
    sizes = []
    for shard in due_shards(store, DUE + DAY, size=3):
        sizes.append(len(shard.subscribers))
        plan_shard(store, SETTINGS, shard, DUE + DAY)
    with store.reading() as tx:
        assert subscribers.due(tx, DUE + DAY) == []
    assert sizes == [3, 3, 1]


def _deliver_all(store: Store) -> None:
    with store.transaction() as tx:
        rows = ledger.claim(tx, "sender", DUE + timedelta(minutes=1), lease=timedelta(hours=1), limit=100)
        ids = [row.id for row in rows]
        ledger.intend(tx, "sender", ids, DUE + timedelta(minutes=1))
        ledger.mark(tx, "sender", [Attempt(delivery=n, outcome=Outcome.SENT, at=DUE) for n in ids])
