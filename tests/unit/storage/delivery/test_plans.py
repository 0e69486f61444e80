from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from digest.deliveries import Attempt, DeliveryState, Outcome
from digest.issues import Issue, Pick, Reason, ReasonKind, SkipReason
from digest.storage import Store, Tx
from digest.storage.delivery import deliveries, ledger, plans
from digest.storage.delivery.plans import LeftOver
from digest.storage.subscribers import consent, subscribers
from digest.storage.subscribers.consent import Change
from digest.subscribers import State
from tests.unit.storage.samples import NOW, plan, subscribed

TODAY = NOW.date()
TOMORROW = TODAY + timedelta(days=1)
NEXT_DAY = NOW + timedelta(days=1)

FULL = Issue(
    subscriber=1,
    issue_date=TODAY,
    created=NOW,
    message_id="1.2026-03-12@example.org",
    picks=(
        Pick(
            paper=3,
            match=87,
            interest="learning rate",
            reasons=(
                Reason(
                    term="learning rate",
                    kind=ReasonKind.KEYWORD,
                    field="title",
                    contribution=100 / 3,
                    start=3,
                    end=16,
                    matched="learning-rate",
                ),
                Reason(term="Åsa Öberg", kind=ReasonKind.AUTHOR, field="authors", contribution=-1.25),
            ),
        ),
    ),
    also=(Pick(paper=2, match=31),),
    trending=(Pick(paper=1, match=None, trending="42 votes"),),
    more=4,
    considered=97,
    weekly=True,
)


def test_an_issue_comes_back_as_it_was_planned(store: Store) -> None:
    [ada] = subscribed(store, "ada")
    with store.transaction() as tx:
        entered = plans.enter(tx, [replace(plan(ada), issue=FULL)], NOW)
        found = deliveries.by_id(tx, entered.planned[ada.number])
    assert found is not None
    assert found.issue is not None
    kept, given = found.issue.picks[0].reasons[0], FULL.picks[0].reasons[0]
    assert kept.contribution == pytest.approx(given.contribution, abs=1e-9)
    exact = found.issue.picks[0]._replace(reasons=(given, *found.issue.picks[0].reasons[1:]))
    assert replace(found.issue, picks=(exact,)) == FULL
    assert (found.state, found.attempts, found.skip) == (DeliveryState.PLANNED, 0, "")


def test_a_planned_subscriber_is_moved_on(store: Store) -> None:
    [ada] = subscribed(store, "ada")
    with store.transaction() as tx:
        entered = plans.enter(tx, [plan(ada, papers=(4, 9))], NOW)
        moved = subscribers.by_address(tx, ada.address)
    due = datetime(2026, 3, 13, 7, tzinfo=UTC)
    assert moved == replace(ada, cursor=9, last_issue=TODAY, next_due=due)
    assert list(entered.planned) == [ada.number]
    assert (entered.skipped, entered.passed_over, entered.expired) == ((), (), ())


def test_a_skipped_subscriber_is_moved_on_as_well_and_the_reason_kept(store: Store) -> None:
    [ada] = subscribed(store, "ada")
    skipping = replace(plan(ada, papers=()), cursor=9, skip=SkipReason.NOTHING_WORTH_SENDING)
    with store.transaction() as tx:
        entered = plans.enter(tx, [skipping], NOW)
        [row] = deliveries.of_subscriber(tx, ada.number)
        moved = subscribers.by_address(tx, ada.address)
        assert deliveries.skipped_since(tx, NOW) == {"nothing above the minimum match": 1}
        assert deliveries.skipped_since(tx, NEXT_DAY) == {}
    assert (entered.planned, entered.skipped) == ({}, (ada.number,))
    assert (row.state, row.skip, row.issue) == (DeliveryState.SKIPPED, "nothing above the minimum match", None)
    assert moved is not None
    assert (moved.cursor, moved.last_issue) == (9, TODAY)


def test_a_second_planner_of_the_same_issue_moves_nobody(store: Store) -> None:
    [ada] = subscribed(store, "ada")
    with store.transaction() as tx:
        plans.enter(tx, [plan(ada, papers=(4,))], NOW)
        second = plans.enter(tx, [plan(ada, papers=(5,))], NOW)
        moved = subscribers.by_address(tx, ada.address)
        assert len(deliveries.of_subscriber(tx, ada.number)) == 1
    assert (second.planned, second.passed_over) == ({}, (ada.number,))
    assert moved is not None
    assert moved.cursor == 4


def test_a_planner_that_read_before_an_issue_of_another_date_was_planned_moves_nobody(store: Store) -> None:
    [ada] = subscribed(store, "ada")
    with store.transaction() as tx:
        plans.enter(tx, [plan(ada, TODAY, papers=(4,))], NOW)
        stale = plans.enter(tx, [plan(ada, TOMORROW, papers=(4, 5))], NOW)
        assert [row.issue_date for row in deliveries.of_subscriber(tx, ada.number)] == [TODAY]
    assert stale.passed_over == (ada.number,)


@pytest.mark.parametrize("day", [TODAY, TODAY - timedelta(days=1)], ids=["the same date", "an earlier date"])
def test_no_issue_is_planned_for_a_date_that_is_not_later_than_the_last(store: Store, day: date) -> None:
    [ada] = subscribed(store, "ada")
    with store.transaction() as tx:
        plans.enter(tx, [plan(ada, TODAY)], NOW)
        again = subscribers.by_address(tx, ada.address)
        assert again is not None
        assert plans.enter(tx, [plan(again, day)], NOW).passed_over == (ada.number,)


def test_one_who_left_while_the_plan_was_made_gets_nothing(store: Store) -> None:
    ada, bob = subscribed(store, "ada", "bob")
    with store.transaction() as tx:
        consent.set_state(tx, ada.number, Change(state=State.UNSUBSCRIBED, cause="link"), NOW)
        entered = plans.enter(tx, [plan(ada), plan(bob)], NOW)
    assert (list(entered.planned), entered.passed_over) == ([bob.number], (ada.number,))


class TestWhatAnOlderIssueLeft:
    def deferred(self, tx: Tx, delivery: int) -> None:
        ledger.claim(tx, "sender", NOW, lease=timedelta(minutes=5), limit=9)
        ledger.intend(tx, "sender", [delivery], NOW)
        ledger.mark(tx, "sender", [Attempt(delivery=delivery, outcome=Outcome.DEFERRED, at=NOW, code=451)])

    @pytest.mark.parametrize("state", ["planned", "deferred", "claimed, the lease ran out"])
    def test_is_read_with_its_papers_and_expired_by_the_plan_that_replaces_it(self, store: Store, state: str) -> None:
        ada, bob = subscribed(store, "ada", "bob")
        with store.transaction() as tx:
            old = plans.enter(tx, [plan(ada, TODAY, papers=(4, 9))], NOW).planned[ada.number]
            if state == "deferred":
                self.deferred(tx, old)
            elif state != "planned":
                ledger.claim(tx, "sender", NOW, lease=timedelta(minutes=5), limit=9)
            left = plans.left_over(tx, [ada.number, bob.number], NEXT_DAY)
            assert left == {ada.number: LeftOver(deliveries=(old,), papers=(4, 9))}
            ada = subscribers.by_numbers(tx, [ada.number])[ada.number]
            entered = plans.enter(tx, [plan(ada, TOMORROW, (9, 10), replaces=(old,))], NEXT_DAY)
            found = deliveries.by_ids(tx, [old, entered.planned[ada.number]])
        assert entered.expired == (old,)
        assert [row.state for row in found.values()] == [DeliveryState.EXPIRED, DeliveryState.PLANNED]

    def test_that_is_being_sent_after_all_keeps_the_plan_from_being_entered(self, store: Store) -> None:
        [ada] = subscribed(store, "ada")
        with store.transaction() as tx:
            old = plans.enter(tx, [plan(ada, TODAY)], NOW).planned[ada.number]
            ada = subscribers.by_numbers(tx, [ada.number])[ada.number]
            assert ada.number in plans.left_over(tx, [ada.number], NEXT_DAY)
            ledger.claim(tx, "sender", NOW, lease=timedelta(days=2), limit=9)
            entered = plans.enter(tx, [plan(ada, TOMORROW, (1, 2), replaces=(old,))], NEXT_DAY)
            assert entered.passed_over == (ada.number,)
            assert subscribers.by_address(tx, ada.address) == ada
            assert plans.left_over(tx, [ada.number], NEXT_DAY) == {}

    @pytest.mark.parametrize("outcome", [Outcome.SENT, Outcome.FAILED, Outcome.AMBIGUOUS])
    def test_never_comes_back_once_it_may_have_arrived_or_was_refused(self, store: Store, outcome: Outcome) -> None:
        [ada] = subscribed(store, "ada")
        with store.transaction() as tx:
            old = plans.enter(tx, [plan(ada)], NOW).planned[ada.number]
            ledger.claim(tx, "sender", NOW, lease=timedelta(minutes=5), limit=9)
            ledger.intend(tx, "sender", [old], NOW)
            ledger.mark(tx, "sender", [Attempt(delivery=old, outcome=outcome, at=NOW)])
            assert plans.left_over(tx, [ada.number], NEXT_DAY) == {}
