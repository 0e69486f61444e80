from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from digest.deliveries import DeliveryState
from digest.errors import TransitionError, UsageError
from digest.storage import Store
from digest.storage.delivery import deliveries, plans
from digest.storage.subscribers import consent, subscribers
from digest.storage.subscribers.consent import Change, Consent
from digest.subscribers import State
from tests.unit.storage.samples import NOW, admission, plan, subscribed, subscription


def change(state: State, cause: str = "a link", until: date | None = None) -> Change:
    return Change(state=state, cause=cause, paused_until=until)


def test_a_confirmed_subscriber_is_due(store: Store) -> None:
    with store.transaction() as tx:
        ada = subscribers.add(tx, subscription(), admission(State.PENDING), NOW)
        active = consent.set_state(tx, ada.number, change(State.ACTIVE), NOW)
    assert active == replace(ada, state=State.ACTIVE, next_due=datetime(2026, 3, 12, 7, tzinfo=UTC))


@pytest.mark.parametrize("state", [State.UNSUBSCRIBED, State.PAUSED, State.BOUNCED])
def test_an_unsubscribed_reader_is_no_longer_due(store: Store, state: State) -> None:
    [ada] = subscribed(store, "ada")
    with store.transaction() as tx:
        left = consent.set_state(tx, ada.number, change(state), NOW)
        assert (left.state, left.next_due) == (state, None)
        assert subscribers.due(tx, NOW + timedelta(days=9)) == []


def test_a_change_that_is_not_allowed_changes_nothing(store: Store) -> None:
    [ada] = subscribed(store, "ada")
    with store.transaction() as tx:
        gone = consent.set_state(tx, ada.number, change(State.UNSUBSCRIBED), NOW)
        with pytest.raises(TransitionError, match="from unsubscribed to paused"):
            consent.set_state(tx, ada.number, change(State.PAUSED), NOW)
        assert subscribers.by_address(tx, ada.address) == gone


def test_every_change_is_recorded_with_its_cause_and_no_change_is_not(store: Store) -> None:
    [ada] = subscribed(store, "ada")
    with store.transaction() as tx:
        for _ in range(2):
            consent.set_state(tx, ada.number, change(State.UNSUBSCRIBED, "one-click"), NOW)
        consent.set_state(tx, ada.number, change(State.ACTIVE, "sign-up form"), NOW + timedelta(days=1))
        assert consent.history(tx, ada.number) == [
            Consent(at=NOW - timedelta(days=1), state=State.ACTIVE, cause="a test"),
            Consent(at=NOW, state=State.UNSUBSCRIBED, cause="one-click"),
            Consent(at=NOW + timedelta(days=1), state=State.ACTIVE, cause="sign-up form"),
        ]


def test_an_unknown_number_is_an_error(store: Store) -> None:
    with store.transaction() as tx:
        with pytest.raises(UsageError, match="no subscriber number 99"):
            consent.set_state(tx, 99, change(State.ACTIVE), NOW)
        with pytest.raises(UsageError, match="no subscriber number 99"):
            consent.erase(tx, 99, NOW)


class TestPausing:
    def test_a_pause_is_over_at_local_midnight(self, store: Store) -> None:
        [ada] = subscribed(store, "ada", timezone="Pacific/Kiritimati")  # 14 hours ahead
        [bob] = subscribed(store, "bob", timezone="America/Los_Angeles")
        until = change(State.PAUSED, until=date(2026, 3, 20))
        with store.transaction() as tx:
            for person in (ada, bob):
                consent.set_state(tx, person.number, until, NOW)
            resumed = [
                [person.subscription.name for person in consent.resume_paused(tx, at)]
                for at in (
                    datetime(2026, 3, 19, 9, 59, tzinfo=UTC),
                    datetime(2026, 3, 19, 10, 0, tzinfo=UTC),
                    datetime(2026, 3, 20, 6, 59, tzinfo=UTC),
                    datetime(2026, 3, 20, 7, 0, tzinfo=UTC),
                )
            ]
            assert resumed == [[], ["ada"], [], ["bob"]]
            assert all(person.next_due for person in subscribers.everyone(tx))

    def test_a_pause_without_an_end_lasts(self, store: Store) -> None:
        [ada] = subscribed(store, "ada")
        with store.transaction() as tx:
            consent.set_state(tx, ada.number, change(State.PAUSED), NOW)
            assert consent.resume_paused(tx, NOW + timedelta(days=999)) == []

    def test_the_end_of_a_pause_can_be_moved(self, store: Store) -> None:
        [ada] = subscribed(store, "ada")
        with store.transaction() as tx:
            for day in (date(2026, 3, 20), date(2026, 3, 25)):
                paused = consent.set_state(tx, ada.number, change(State.PAUSED, until=day), NOW)
                assert paused.paused_until == day
            assert consent.set_state(tx, ada.number, change(State.ACTIVE), NOW).paused_until is None


class TestErasing:
    def test_erasing_leaves_a_hash_of_the_address_and_anonymous_ledger_rows(self, store: Store) -> None:
        [ada, bob] = subscribed(store, "ada", "bob")
        with store.transaction() as tx:
            entered = plans.enter(tx, [plan(ada)], NOW)
            consent.erase(tx, ada.number, NOW)
            assert subscribers.by_address(tx, ada.address) is None
            kept = deliveries.by_id(tx, entered.planned[ada.number])
            assert kept is not None
            assert (kept.subscriber, kept.issue, kept.state) == (0, None, DeliveryState.EXPIRED)
            assert consent.history(tx, ada.number) == []
            assert consent.erased_among(tx, ["ADA@example.com", bob.address], NOW) == {"ada@example.com"}
            consent.forget_erasure(tx, ada.address, NOW)
            assert consent.erased_among(tx, [ada.address], NOW) == frozenset()

    def test_numbers_of_erased_subscribers_are_never_reused(self, store: Store) -> None:
        [ada] = subscribed(store, "ada")
        with store.transaction() as tx:
            before = plans.enter(tx, [plan(ada)], NOW).planned[ada.number]
            consent.erase(tx, ada.number, NOW)
        [bob] = subscribed(store, "bob")
        with store.transaction() as tx:
            after = plans.enter(tx, [plan(bob)], NOW).planned[bob.number]
        assert bob.number > ada.number
        assert after > before


def test_subscriptions_are_counted_by_state(store: Store) -> None:
    [ada, _] = subscribed(store, "ada", "bob")
    with store.transaction() as tx:
        consent.set_state(tx, ada.number, change(State.BOUNCED), NOW)
        found = consent.count_states(tx)
    assert found == {**dict.fromkeys(State, 0), State.ACTIVE: 1, State.BOUNCED: 1}
