"""The operator adds, removes and looks up subscribers; only a reader can undo their own unsubscribe."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.errors import UsageError
from digest.profile_files import read_subscription
from digest.profiles import Keyword, Profile
from digest.runs.subscriptions.audience import add, details, listed, remove
from digest.storage import Store
from digest.storage.subscribers import consent, subscribers, suppressions
from digest.storage.subscribers.consent import Change
from digest.storage.subscribers.subscribers import Admission
from digest.subscribers import Owner, State, Subscription

NOW = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)
CLEO = Subscription(address="cleo@example.com", profile=Profile(keywords=(Keyword(term="graphs", weight=2),)))


def test_someone_added_is_active_and_has_a_profile_file(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "people" / "cleo.toml"
    person = add(store, CLEO, file, 7, NOW)
    assert (person.state, person.owner) == (State.ACTIVE, Owner.FILE)
    assert read_subscription(file.read_bytes(), "cleo.toml") == CLEO


def test_a_known_subscriber_is_not_added_again(store: Store, tmp_path: Path) -> None:
    add(store, CLEO, tmp_path / "a.toml", 7, NOW)
    with pytest.raises(UsageError, match="known already, and active"):
        add(store, CLEO, tmp_path / "b.toml", 7, NOW)
    assert not (tmp_path / "b.toml").exists()


def test_an_existing_file_is_not_overwritten_and_nobody_is_added(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "cleo.toml"
    file.write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        add(store, CLEO, file, 7, NOW)
    assert (file.read_text(), listed(store)) == ("mine", [])
    assert list(tmp_path.glob(".*.part")) == []


@pytest.mark.parametrize(
    "wrong",
    [Subscription(address="cleo"), Subscription(address="c@example.com", profile=Profile(papers=0))],
    ids=["address", "profile"],
)
def test_a_subscription_that_cannot_be_used_is_refused(store: Store, tmp_path: Path, wrong: Subscription) -> None:
    with pytest.raises(UsageError):
        add(store, wrong, tmp_path / "a.toml", 7, NOW)
    assert listed(store) == []


def test_someone_whom_the_operator_removed_can_be_added_again(store: Store, tmp_path: Path) -> None:
    add(store, CLEO, tmp_path / "a.toml", 7, NOW)
    assert remove(store, "CLEO@example.com", NOW).state is State.UNSUBSCRIBED
    assert add(store, CLEO, tmp_path / "b.toml", 7, NOW).state is State.ACTIVE


def test_the_operator_cannot_add_somebody_who_unsubscribed(store: Store, tmp_path: Path) -> None:
    person = add(store, CLEO, tmp_path / "a.toml", 7, NOW)
    with store.transaction() as tx:
        consent.set_state(tx, person.number, Change(state=State.UNSUBSCRIBED, cause="one-click"), NOW)
    with pytest.raises(UsageError, match="only they can subscribe again"):
        add(store, CLEO, tmp_path / "b.toml", 7, NOW)


def test_an_erased_subscriber_is_deleted_and_cannot_be_added_again(store: Store, tmp_path: Path) -> None:
    add(store, CLEO, tmp_path / "a.toml", 7, NOW)
    remove(store, "cleo@example.com", NOW, erase=True)
    assert listed(store) == []
    with pytest.raises(UsageError, match="erased"):
        add(store, CLEO, tmp_path / "b.toml", 7, NOW)


def test_an_unknown_address_is_a_usage_error(store: Store) -> None:
    for look in (details, lambda store, address: remove(store, address, NOW)):
        with pytest.raises(UsageError, match="no subscriber has this address"):
            look(store, "nobody@example.com")


def test_the_list_can_be_narrowed_to_a_state(store: Store, tmp_path: Path) -> None:
    add(store, CLEO, tmp_path / "a.toml", 7, NOW)
    admission = Admission(owner=Owner.WEB, state=State.PENDING, cursor=0, cause="sign-up")
    with store.transaction() as tx:
        subscribers.add(tx, Subscription(address="dora@example.com"), admission, NOW)
    assert [person.address for person in listed(store, (State.PENDING,))] == ["dora@example.com"]
    assert len(listed(store)) == 2


def test_the_details_include_consent_and_suppression(store: Store, tmp_path: Path) -> None:
    add(store, CLEO, tmp_path / "a.toml", 7, NOW)
    remove(store, "cleo@example.com", NOW)
    with store.transaction() as tx:
        suppressions.suppress(tx, "cleo@example.com", "hard bounce", "550 5.1.1 no such user", NOW)
    document = details(store, "cleo@example.com").as_dict()
    assert [(one["state"], one["cause"]) for one in document["consent"]] == [
        ("active", "added by the operator"),
        ("unsubscribed", "removed by the operator"),
    ]
    assert document["suppression"]["evidence"] == "550 5.1.1 no such user"
    assert document["profile"]["keywords"][0]["term"] == "graphs"
