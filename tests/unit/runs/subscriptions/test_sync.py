"""Sync follows profile files, activates only addresses never seen before, and lets consent in the store win."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.runs.subscriptions.audience import details, listed, remove
from digest.runs.subscriptions.lifecycle import unsubscribe
from digest.runs.subscriptions.sync import SyncOptions, SyncReport, sync
from digest.storage import Store
from digest.storage.subscribers import consent, subscribers
from digest.storage.subscribers.consent import Change
from digest.storage.subscribers.subscribers import Admission
from digest.subscribers import Owner, State, Subscription

NOW = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)
ADA = b'address = "ada@example.com"\n[profile]\nkeywords = ["learning rate"]\n'
BEN = b'address = "ben@example.com"\n'


def synced(
    store: Store, files: dict[str, bytes], *, prune: bool = False, dry_run: bool = False, now: datetime = NOW
) -> SyncReport:
    return sync(store, files, SyncOptions(first_issue_days=7, prune=prune, dry_run=dry_run), now)


def states(store: Store) -> dict[str, State]:
    return {person.address: person.state for person in listed(store)}


def left(store: Store, address: str) -> None:
    with store.transaction() as tx:
        person = subscribers.by_address(tx, address)
        assert person is not None
        consent.set_state(tx, person.number, Change(state=State.UNSUBSCRIBED, cause="unsubscribe link"), NOW)


def test_an_address_never_seen_before_is_active_at_once_and_due_at_its_hour(store: Store) -> None:
    report = synced(store, {"ada.toml": ADA, "ben.toml": BEN})
    assert report.added == ("ada@example.com", "ben@example.com")
    (ada, ben) = listed(store)
    assert (ada.state, ada.owner, ben.state) == (State.ACTIVE, Owner.FILE, State.ACTIVE)
    assert ada.next_due == datetime(2026, 3, 13, 7, 0, tzinfo=UTC)
    assert [one.cause for one in details(store, "ada@example.com").history] == ["profile file ada.toml"]


def test_a_second_sync_changes_nothing(store: Store) -> None:
    synced(store, {"ada.toml": ADA})
    report = synced(store, {"ada.toml": ADA})
    assert (report.added, report.updated, report.unchanged) == ((), (), 1)


def test_a_changed_file_changes_the_profile(store: Store) -> None:
    synced(store, {"ada.toml": ADA})
    report = synced(store, {"ada.toml": ADA.replace(b"learning rate", b"optimizers")})
    assert report.updated == ("ada@example.com",)
    assert [keyword.term for keyword in listed(store)[0].profile.keywords] == ["optimizers"]


def test_a_faulty_file_is_named_and_stops_nobody_else(store: Store) -> None:
    report = synced(store, {"a.toml": b'address = "ada@example.com"\nhour = "late"', "ben.toml": BEN})
    assert report.added == ("ben@example.com",)
    (fault,) = report.problems
    assert (fault.origin, fault.line, fault.field) == ("a.toml", 2, "hour")


def test_an_address_in_two_files_is_a_fault_of_the_second(store: Store) -> None:
    report = synced(store, {"a.toml": ADA, "b.toml": ADA.replace(b"ada@", b"ADA@")})
    assert report.added == ("ada@example.com",)
    assert [(fault.origin, fault.reason) for fault in report.problems] == [("b.toml", "is in a.toml already")]


def test_a_file_does_not_resubscribe_an_unsubscribed_reader(store: Store) -> None:
    synced(store, {"ada.toml": ADA})
    left(store, "ada@example.com")
    report = synced(store, {"ada.toml": ADA.replace(b"learning rate", b"optimizers")})
    assert report.added == ()
    assert "unsubscribed" in report.held[0].reason
    assert states(store) == {"ada@example.com": State.UNSUBSCRIBED}


def test_a_file_does_not_add_an_erased_reader_again(store: Store) -> None:
    synced(store, {"ada.toml": ADA})
    remove(store, "ada@example.com", NOW, erase=True)
    report = synced(store, {"ada.toml": ADA})
    assert (report.added, states(store)) == ((), {})
    assert "erased" in report.held[0].reason


def test_a_file_does_not_touch_a_profile_that_is_edited_on_the_web(store: Store) -> None:
    admission = Admission(owner=Owner.WEB, state=State.PENDING, cursor=0, cause="sign-up")
    with store.transaction() as tx:
        subscribers.add(tx, Subscription(address="ada@example.com"), admission, NOW)
    report = synced(store, {"ada.toml": ADA}, prune=True)
    assert "on the web" in report.held[0].reason
    (ada,) = listed(store)
    assert (ada.state, ada.profile.keywords) == (State.PENDING, ())


def test_pruning_unsubscribes_those_whose_file_is_gone_and_nobody_from_the_web(store: Store) -> None:
    synced(store, {"ada.toml": ADA, "ben.toml": BEN})
    admission = Admission(owner=Owner.WEB, state=State.ACTIVE, cursor=0, cause="sign-up")
    with store.transaction() as tx:
        subscribers.add(tx, Subscription(address="web@example.com"), admission, NOW)
    assert synced(store, {"ada.toml": ADA}).pruned == ()
    assert synced(store, {"ada.toml": ADA}, prune=True).pruned == ("ben@example.com",)
    assert states(store) == {
        "ada@example.com": State.ACTIVE,
        "ben@example.com": State.UNSUBSCRIBED,
        "web@example.com": State.ACTIVE,
    }
    assert synced(store, {"ada.toml": ADA}, prune=True).pruned == ()


def test_nobody_is_pruned_while_a_file_is_faulty(store: Store) -> None:
    synced(store, {"ada.toml": ADA, "ben.toml": BEN})
    report = synced(store, {"ada.toml": ADA, "ben.toml": b'address = "ben@example.com'}, prune=True)
    assert (report.pruned, len(report.problems)) == ((), 1)
    assert states(store)["ben@example.com"] is State.ACTIVE


def profiles(count: int) -> dict[str, bytes]:
    return {f"{n}.toml": f'address = "reader{n}@example.com"'.encode() for n in range(count)}


@pytest.mark.parametrize(
    ("present", "gone", "pruned"),
    [
        (3, 1, True),
        (3, 2, True),
        (3, 3, False),
        (2, 2, True),
        (20, 2, True),
        (20, 3, False),
        (40, 4, True),
        (40, 5, False),
        (40, 40, False),
    ],
)
def test_many_readers_are_pruned_only_when_that_is_confirmed(
    store: Store, present: int, gone: int, pruned: bool
) -> None:
    files = profiles(present)
    synced(store, files)
    remaining = dict(list(files.items())[gone:])
    report = synced(store, remaining, prune=True)
    assert (len(report.pruned), len(report.problems)) == ((gone, 0) if pruned else (0, 1))
    assert list(states(store).values()).count(State.ACTIVE) == (present - gone if pruned else present)
    confirmed = sync(store, remaining, SyncOptions(first_issue_days=7, prune_all=True), NOW)
    assert (confirmed.problems, list(states(store).values()).count(State.ACTIVE)) == ((), present - gone)


def test_an_empty_folder_prunes_nobody_and_the_problem_says_how_to(store: Store) -> None:
    synced(store, profiles(12))
    [problem] = synced(store, {}, prune=True).problems
    assert "12 of 12" in str(problem)
    assert "--prune-all" in str(problem)


def test_a_pruned_reader_is_active_again_when_the_file_is_back(store: Store) -> None:
    files = profiles(3)
    synced(store, files)
    synced(store, dict(list(files.items())[1:]), prune=True)
    report = synced(store, files)
    assert (report.restored, report.held) == (("reader0@example.com",), ())
    assert set(states(store).values()) == {State.ACTIVE}


@pytest.mark.parametrize("before_the_file_went", [True, False])
def test_a_pruned_reader_who_unsubscribed_themselves_stays_away(store: Store, before_the_file_went: bool) -> None:
    files = profiles(3)
    synced(store, files)
    reader = listed(store)[0]
    steps = [
        lambda: unsubscribe(store, reader.number, "unsubscribe link", NOW),
        lambda: synced(store, dict(list(files.items())[1:]), prune=True),
    ]
    for step in steps if before_the_file_went else reversed(steps):
        step()
    report = synced(store, files)
    assert (report.restored, [held.address for held in report.held]) == ((), ["reader0@example.com"])
    assert states(store)["reader0@example.com"] is State.UNSUBSCRIBED


POISON = [
    pytest.param(b'address = "a@example.com"\n[profile]\npapers = ' + b"9" * 4301, id="a number of 4301 digits"),
    pytest.param(b'address = "a@example.com"\n[profile]\npapers = 0x' + b"f" * 9000, id="a hexadecimal number"),
    pytest.param(b'address = "a@example.com"\n[profile]\nminimum_match = -' + b"9" * 4300, id="a negative number"),
    pytest.param(b"a = " + b"[" * 1000, id="nested lists without an end"),
    pytest.param(b"a = " + b"[" * 5000 + b"]" * 5000, id="nested lists"),
    pytest.param(b"a = " + b"{a = " * 1000 + b"1" + b"}" * 1000, id="nested tables"),
    pytest.param(b"[" + b".".join([b"a"] * 3000) + b"]\nb = 1", id="a header of 3000 keys"),
    pytest.param(b'address = "a@example.com"\n[profile]\nkeywords = [{ term = "a", weight = 1e999 }]', id="infinity"),
    pytest.param(
        b'address = "a@example.com"\n[profile]\nkeywords = [{ term = "a", weight = ' + b"9" * 400 + b" }]",
        id="a weight that no float holds",
    ),
    pytest.param(b'address = "a@example.com"\nhour = 07:30:00.123456789\ntimezone = "posix/Europe/Berlin"', id="zone"),
    pytest.param(b'address = "a@example.com"\ntimezone = "' + b"x" * 100_000 + b'"', id="a zone of 100 KB"),
    pytest.param(b'address = ["a@example.com"]\nname = { a = 1 }\nprofile = 3', id="other types"),
    pytest.param(b'address = "a@example.com"\n[profile]\nkeywords = [' + b"{ }, " * 40_000 + b"]", id="40,000 faults"),
    pytest.param(b'address = "a@example.com"\n# ' + b"x" * 2_000_000, id="two megabytes"),
    pytest.param(b"\xff\xfe\x00", id="bytes"),
    pytest.param(b"", id="nothing"),
]


@pytest.mark.parametrize("poison", POISON)
def test_no_profile_file_stops_the_others(store: Store, poison: bytes) -> None:
    report = synced(store, {"a.toml": poison, "ben.toml": BEN})
    assert report.added == ("ben@example.com",)
    assert {problem.origin for problem in report.problems} == {"a.toml"}
    assert len(report.problems) <= 51
    assert all(len(str(problem)) < 1000 for problem in report.problems)


def test_a_dry_run_reports_changes_and_makes_none(store: Store) -> None:
    synced(store, {"ben.toml": BEN})
    report = synced(store, {"ada.toml": ADA}, prune=True, dry_run=True)
    assert (report.added, report.pruned) == (("ada@example.com",), ("ben@example.com",))
    assert states(store) == {"ben@example.com": State.ACTIVE}


def test_the_report_is_plain_json_values(store: Store) -> None:
    document = synced(store, {"ada.toml": ADA, "b.toml": b"address = 3"}).as_dict()
    assert document["added"] == ["ada@example.com"]
    assert document["problems"] == [
        {"file": "b.toml", "line": 1, "field": "address", "reason": "found 3, expected text in quotes"}
    ]


@pytest.mark.parametrize("days", [0, 7])
def test_the_setting_decides_how_far_back_the_first_issue_looks(store: Store, days: int) -> None:
    sync(store, {"ada.toml": ADA}, SyncOptions(first_issue_days=days), NOW + timedelta(days=1))
    assert listed(store)[0].cursor == 0  # without papers there is nothing to pass over
