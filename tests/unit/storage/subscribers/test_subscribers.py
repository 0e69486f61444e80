from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from digest.errors import UsageError
from digest.profiles import Keyword, Profile
from digest.storage import Store
from digest.storage.delivery import plans
from digest.storage.subscribers import subscribers
from digest.subscribers import Cadence, Owner, Schedule, State, Subscriber, Subscription
from tests.unit.storage.samples import NOW, admission, plan, subscribed, subscription

FULL = Subscription(
    address="Ada.Öberg@Example.com",
    name="Ada Öberg",
    language="de",
    schedule=Schedule(timezone="Europe/Berlin", hour=time(7, 30), days=frozenset({0, 2, 6}), cadence=Cadence.WEEKLY),
    profile=Profile(
        keywords=(Keyword(term="learning rate", weight=2.5, acronyms=False),),
        exclude=("federated learning",),
        authors=("Åsa Öberg",),
        categories=("cs",),
        minimum_match=45,
        papers=3,
        trending=True,
    ),
)


def test_a_subscriber_comes_back_as_they_subscribed(store: Store) -> None:
    with store.transaction() as tx:
        added = subscribers.add(tx, FULL, admission(owner=Owner.WEB, cursor=7), NOW)
    with store.reading() as tx:
        found = subscribers.by_address(tx, " ada.öberg@EXAMPLE.com ")
    assert found == added
    assert added == Subscriber(
        number=added.number,
        subscription=FULL,
        state=State.ACTIVE,
        owner=Owner.WEB,
        created=NOW,
        cursor=7,
        next_due=datetime(2026, 3, 16, 6, 30, tzinfo=UTC),
    )


def test_one_who_has_not_confirmed_is_not_due(store: Store) -> None:
    with store.transaction() as tx:
        added = subscribers.add(tx, FULL, admission(State.PENDING), NOW)
        assert (added.state, added.next_due) == (State.PENDING, None)
        assert subscribers.due(tx, NOW + timedelta(days=30)) == []


def test_many_are_added_at_once_except_those_who_are_known(store: Store) -> None:
    """So many that PostgreSQL gets them by COPY."""
    subscribed(store, "r7")
    crowd = [replace(FULL, address=f"r{number}@example.com") for number in range(250)]
    with store.transaction() as tx:
        added = subscribers.add_many(tx, [*crowd, crowd[3]], admission(State.PENDING, cursor=5), NOW)
    assert [person.subscription for person in added] == [one for one in crowd if one.address != "r7@example.com"]
    assert {(person.cursor, person.state, person.next_due) for person in added} == {(5, State.PENDING, None)}
    with store.reading() as tx:
        assert len(list(subscribers.everyone(tx))) == 250
        assert subscribers.by_address(tx, "r7@example.com") not in added


def test_known_addresses_stay_unchanged_when_many_are_added(store: Store) -> None:
    [ada] = subscribed(store, "ada")
    with store.transaction() as tx:
        added = subscribers.add_many(tx, [subscription("ADA", hour=time(9)), subscription("bob")], admission(), NOW)
        assert [person.address for person in added] == ["bob@example.com"]
        assert subscribers.by_address(tx, "ada@example.com") == ada
        with pytest.raises(UsageError, match="is known already"):
            subscribers.add(tx, subscription("ada"), admission(), NOW)


def test_people_are_found_by_address_and_by_number(store: Store) -> None:
    ada, bob = subscribed(store, "ada", "bob")
    with store.reading() as tx:
        wanted = ["ADA@example.com", "bob@example.com", "eve@example.com"]
        assert subscribers.by_addresses(tx, wanted) == {"ada@example.com": ada, "bob@example.com": bob}
        assert subscribers.by_numbers(tx, [bob.number, 99]) == {bob.number: bob}
        assert subscribers.by_address(tx, "eve@example.com") is None


def test_everyone_is_streamed_by_state_and_owner(store: Store) -> None:
    ada, bob = subscribed(store, "ada", "bob")
    with store.transaction() as tx:
        eve = subscribers.add(tx, subscription("eve"), admission(State.PENDING, owner=Owner.WEB), NOW)
        assert list(subscribers.everyone(tx, size=2)) == [ada, bob, eve]
        assert list(subscribers.everyone(tx, states=[State.PENDING])) == [eve]
        assert list(subscribers.everyone(tx, owner=Owner.FILE)) == [ada, bob]


class TestDue:
    def test_due_subscribers_come_in_shards_the_longest_overdue_first(self, store: Store) -> None:
        late = subscribed(store, "late1", "late2", hour=time(5))
        early = subscribed(store, "early", hour=time(4))
        subscribed(store, "tomorrow", days=frozenset({4}))
        with store.reading() as tx:
            first = subscribers.due(tx, NOW, limit=2)
            rest = subscribers.due(tx, NOW, limit=2, after=first[-1])
            none = subscribers.due(tx, NOW, limit=2, after=rest[-1])
        assert (first, rest, none) == ([*early, late[0]], [late[1]], [])

    def test_a_subscriber_is_due_at_the_exact_instant(self, store: Store) -> None:
        [ada] = subscribed(store, "ada", hour=time(6))
        with store.reading() as tx:
            assert subscribers.due(tx, NOW - timedelta(microseconds=1)) == []
            assert subscribers.due(tx, NOW) == [ada]


class TestChanging:
    def test_a_new_schedule_moves_the_next_due_time(self, store: Store) -> None:
        [ada] = subscribed(store, "ada")
        wanted = replace(ada.subscription, schedule=Schedule(timezone="America/New_York", hour=time(21)))
        with store.transaction() as tx:
            changed = subscribers.change(tx, ada.number, wanted, NOW)
            assert subscribers.by_address(tx, "ada@example.com") == changed
        assert changed == replace(ada, subscription=wanted, next_due=datetime(2026, 3, 13, 1, tzinfo=UTC))

    def test_a_schedule_moved_to_later_today_gives_no_second_issue_of_the_day(self, store: Store) -> None:
        [ada] = subscribed(store, "ada")
        with store.transaction() as tx:
            plans.enter(tx, [plan(ada, papers=())], NOW)
            wanted = replace(ada.subscription, schedule=Schedule(hour=time(22)))
            changed = subscribers.change(tx, ada.number, wanted, NOW)
        assert changed.next_due == datetime(2026, 3, 13, 22, tzinfo=UTC)

    def test_a_new_profile_keeps_cursor_and_state(self, store: Store) -> None:
        with store.transaction() as tx:
            ada = subscribers.add(tx, subscription("ada"), admission(State.PENDING, cursor=5), NOW)
            wanted = replace(ada.subscription, profile=Profile(authors=("Åsa Öberg",)))
            assert subscribers.change(tx, ada.number, wanted, NOW) == replace(ada, subscription=wanted)

    def test_the_owner_changes_alone(self, store: Store) -> None:
        [ada] = subscribed(store, "ada")
        with store.transaction() as tx:
            assert subscribers.change_owner(tx, ada.number, Owner.WEB) == replace(ada, owner=Owner.WEB)

    def test_an_unknown_number_is_an_error(self, store: Store) -> None:
        with store.transaction() as tx, pytest.raises(UsageError, match="no subscriber number 99"):
            subscribers.change(tx, 99, subscription(), NOW)
