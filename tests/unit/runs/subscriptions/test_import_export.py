"""An import takes in who was never seen before; whoever left, or was erased, stays away."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from digest.profile_files import Row, csv_of, read_table
from digest.runs.subscriptions.audience import add, listed, remove
from digest.runs.subscriptions.import_export import ImportReport, export_subscribers, import_subscribers
from digest.storage import Store
from digest.storage.database import schema
from digest.storage.database.secrets import secret
from digest.storage.subscribers import suppressions
from digest.subscribers import Owner, State, Subscription

NOW = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)


def rows(*addresses: str, state: State = State.ACTIVE) -> list[Row]:
    return [Row(place=place, state=state, values={"address": one}) for place, one in enumerate(addresses, 2)]


def taken(store: Store, people: list[Row], *, dry_run: bool = False) -> ImportReport:
    return import_subscribers(store, people, "list.csv", 7, NOW, dry_run=dry_run)


def test_new_people_are_added_in_the_state_of_their_row(store: Store) -> None:
    report = taken(store, [*rows("a@example.com", "b@example.com"), *rows("c@example.com", state=State.UNSUBSCRIBED)])
    assert report.added == {State.ACTIVE: 2, State.UNSUBSCRIBED: 1}
    assert [(person.state, person.owner) for person in listed(store)] == [
        (State.ACTIVE, Owner.WEB), (State.ACTIVE, Owner.WEB), (State.UNSUBSCRIBED, Owner.WEB),
    ]  # fmt: skip
    assert listed(store)[0].next_due is not None


def test_known_subscribers_stay_unchanged_and_unsubscribed_ones_stay_unsubscribed(store: Store, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        add(store, Subscription(address=f"{name}@example.com"), tmp_path / f"{name}.toml", 7, NOW)
    remove(store, "b@example.com", NOW)
    remove(store, "c@example.com", NOW, erase=True)
    report = taken(store, rows("A@example.com", "b@example.com", "c@example.com"))
    assert (report.added, report.known, report.erased) == ({}, 2, 1)
    assert [person.state for person in listed(store)] == [State.ACTIVE, State.UNSUBSCRIBED]


def test_a_faulty_row_and_an_address_given_twice_stop_nobody_else(store: Store) -> None:
    report = taken(store, [*rows("a@example.com", "nobody", "A@example.com")])
    assert report.added == {State.ACTIVE: 1}
    assert [(fault.line, fault.field) for fault in report.problems] == [(3, "address"), (4, "address")]


SPELLINGS = [
    ("user@bücher.example", "user@xn--bcher-kva.example"),
    ("user@xn--bcher-kva.example", "User@BÜCHER.example"),
    ("jos\u00e9@example.org", "jose\u0301@example.org"),
]


@pytest.mark.parametrize(("first", "second"), SPELLINGS)
def test_two_spellings_of_an_address_are_one_subscriber(store: Store, first: str, second: str) -> None:
    report = taken(store, rows(first, second))
    assert (report.added, len(report.problems)) == ({State.ACTIVE: 1}, 1)
    remove(store, second, NOW)
    assert taken(store, rows(second)).known == 1
    assert [(person.address, person.state) for person in listed(store)] == [(first, State.UNSUBSCRIBED)]


@pytest.mark.parametrize(("first", "second"), SPELLINGS)
def test_every_spelling_of_an_erased_or_suppressed_address_is_known(store: Store, first: str, second: str) -> None:
    taken(store, rows(first))
    remove(store, second, NOW, erase=True)
    assert taken(store, rows(second)).erased == 1
    with store.transaction() as tx:
        suppressions.suppress(tx, second, "operator", "", NOW)
        assert len(suppressions.among(tx, [first])) == 1


def test_an_address_erased_by_an_earlier_version_is_known(store: Store) -> None:
    with store.transaction() as tx:
        hashed = hmac.new(secret(tx, "erasure", NOW), "user@bücher.example".encode(), sha256).hexdigest()
        tx.connection.execute(schema.erased.insert(), {"hash": hashed, "at": NOW})
    assert taken(store, rows("user@xn--bcher-kva.example")).erased == 1


def test_a_dry_run_counts_and_adds_nobody(store: Store) -> None:
    report = taken(store, rows("a@example.com"), dry_run=True)
    assert (report.added, listed(store)) == ({State.ACTIVE: 1}, [])


@pytest.mark.parametrize("count", [1, 2500])
def test_another_installation_imports_an_export(store: Store, tmp_path: Path, count: int) -> None:
    taken(store, rows(*(f"reader{number}@example.com" for number in range(count))))
    people = export_subscribers(store)
    assert len(people) == count
    again = taken(store, read_table(csv_of(people).encode(), "list.csv", "csv"))
    assert (again.known, again.added) == (count, {})
