from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import text

from digest.deliveries import DeliveryState
from digest.runs.operations.housekeeping import tidy_store
from digest.settings import HousekeepingSettings
from digest.storage import Store, housekeeping
from digest.storage.delivery import deliveries, plans, runs
from digest.storage.housekeeping import Retention, refresh_due, tidy
from digest.storage.papers import papers
from digest.storage.subscribers import consent, link_tokens, subscribers
from digest.storage.subscribers.consent import Change
from digest.storage.subscribers.link_tokens import LinkPurpose
from digest.subscribers import State
from tests.unit.storage.samples import NOW, TODAY, paper, plan, subscribed

KEEP = Retention(issues=timedelta(days=100), deliveries=timedelta(days=400), runs=timedelta(days=400))


def days(count: int) -> datetime:
    return NOW + timedelta(days=count)


def test_issues_are_emptied_first_and_rows_deleted_later_while_the_cursor_stays(store: Store) -> None:
    [ada] = subscribed(store, "ada")
    with store.transaction() as tx:
        row = plans.enter(tx, [plan(ada, papers=(7,))], NOW).planned[ada.number]
        tx.connection.execute(text("UPDATE deliveries SET state = 'sent'"))
    assert tidy(store, KEEP, days(99))["issues"] == 0
    assert tidy(store, KEEP, days(101))["issues"] == 1
    with store.reading() as tx:
        emptied = deliveries.by_id(tx, row)
        assert emptied is not None
        assert (emptied.issue, emptied.subscriber) == (None, ada.number)
    assert tidy(store, KEEP, days(101))["issues"] == 0
    assert tidy(store, KEEP, days(401))["deliveries"] == 1
    with store.reading() as tx:
        kept = subscribers.by_address(tx, ada.address)
        assert kept is not None
        assert (kept.cursor, kept.last_issue) == (7, TODAY)


def test_what_is_still_to_be_sent_keeps_its_content(store: Store) -> None:
    [ada] = subscribed(store, "ada")
    with store.transaction() as tx:
        row = plans.enter(tx, [plan(ada)], NOW).planned[ada.number]
    tidy(store, KEEP, days(500))
    with store.reading() as tx:
        found = deliveries.by_id(tx, row)
    assert found is not None
    assert (found.state, found.issue is None) == (DeliveryState.PLANNED, False)


def test_more_than_a_batch_is_tidied_in_one_go(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "BATCH", 2)
    people = subscribed(store, *(f"r{number}" for number in range(5)))
    with store.transaction() as tx:
        plans.enter(tx, [plan(person) for person in people], NOW)
        tx.connection.execute(text("UPDATE deliveries SET state = 'sent'"))
    assert tidy(store, KEEP, days(101))["issues"] == 5


def test_a_waiting_issue_of_a_paused_subscriber_expires_after_a_day(store: Store) -> None:
    ada, bob = subscribed(store, "ada", "bob")
    with store.transaction() as tx:
        entered = plans.enter(tx, [plan(ada), plan(bob)], NOW).planned
        consent.set_state(tx, ada.number, Change(state=State.PAUSED, cause="link"), NOW)
    assert tidy(store, KEEP, days(2))["expired"] == 0
    assert tidy(store, KEEP, days(3))["expired"] == 1
    with store.reading() as tx:
        states = {row.subscriber: row.state for row in deliveries.by_ids(tx, entered.values()).values()}
    assert states == {ada.number: DeliveryState.EXPIRED, bob.number: DeliveryState.PLANNED}


def test_papers_and_their_keys_stay(store: Store) -> None:
    with store.ingesting(1) as tx:
        papers.add(tx, [paper("a")])
        papers.identify(tx, {"a": 1})
    tidy(store, KEEP, days(9999))
    with store.reading() as tx:
        assert papers.by_keys(tx, ["a"])


def test_old_runs_and_expired_tokens_are_deleted(store: Store) -> None:
    [ada] = subscribed(store, "ada")
    with store.transaction() as tx:
        runs.begin(tx, "run", NOW)
        link_tokens.keep(tx, "x", LinkPurpose.MANAGE, ada.number, days(1))
    assert tidy(store, KEEP, days(401)) == {"issues": 0, "deliveries": 0, "expired": 0, "link tokens": 1, "runs": 1}


class TestAnotherTzDatabase:
    def test_moves_those_who_are_not_due_yet(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(housekeeping, "BATCH", 2)
        people = subscribed(store, "ada", "bob", "eve", hour=time(9))
        with store.transaction() as tx:
            tx.connection.execute(text("UPDATE subscribers SET tz_version = 'old'"))
            wrong = datetime(2026, 3, 12, 10, tzinfo=UTC)
            tx.connection.execute(text("UPDATE subscribers SET next_due = :at"), {"at": _bound(store, wrong)})
        assert refresh_due(store, NOW) == 3
        with store.reading() as tx:
            due = {person.next_due for person in subscribers.by_numbers(tx, [p.number for p in people]).values()}
        assert due == {datetime(2026, 3, 12, 9, tzinfo=UTC)}
        assert refresh_due(store, NOW) == 0

    def test_due_subscribers_stay_due(self, store: Store) -> None:
        [ada] = subscribed(store, "ada")
        with store.transaction() as tx:
            tx.connection.execute(text("UPDATE subscribers SET tz_version = 'old'"))
        assert refresh_due(store, NOW) == 0
        with store.reading() as tx:
            assert subscribers.due(tx, NOW) == [ada]


def _bound(store: Store, at: datetime) -> object:
    return at if store.on_postgresql else at.replace(tzinfo=None).isoformat(" ", "microseconds")


def test_housekeeping_is_recorded_as_a_run(store: Store) -> None:
    report = tidy_store(store, HousekeepingSettings(), NOW)
    with store.reading() as tx:
        [run] = runs.recent(tx)
    assert (run.kind, run.report) == ("housekeeping", report.as_dict())
    assert report.rescheduled == 0


@pytest.mark.parametrize("wrong", [1, 3, 30, 4000])
def test_due_times_of_a_clock_that_was_set_forward_are_healed(store: Store, wrong: int) -> None:
    """The clock is days ahead for one run, and right again at the next."""
    people = subscribed(store, "ada", "ben", "eve")
    with store.transaction() as tx:
        runs.begin(tx, "run", days(wrong))
        plans.enter(tx, [plan(person, days(wrong).date()) for person in people], days(wrong))
    assert housekeeping.heal_due(store, NOW) == 3
    with store.reading() as tx:
        healed = list(subscribers.everyone(tx))
    assert {person.next_due for person in healed} == {NOW + timedelta(hours=1)}
    assert {person.last_issue for person in healed} == {None}
    assert housekeeping.heal_due(store, NOW) == 0


def test_due_times_within_the_schedule_are_left_alone(store: Store) -> None:
    people = subscribed(store, "ada", "ben")
    with store.transaction() as tx:
        runs.begin(tx, "run", NOW)
        plans.enter(tx, [plan(people[0])], NOW)
        before = list(subscribers.everyone(tx))
    assert housekeeping.heal_due(store, NOW) == 0
    assert housekeeping.heal_due(store, days(30)) == 0
    with store.reading() as tx:
        assert list(subscribers.everyone(tx)) == before
