"""The due rule, the states of a subscription, and what counts as an address."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta

import pytest

from digest.errors import TransitionError
from digest.subscribers import Cadence, Schedule, State, due_on, latest_due, next_due, transition

EVERY_DAY = frozenset(range(7))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "hour", "day", "expected"),
    [
        pytest.param("Europe/Berlin", time(7, 30), date(2026, 1, 15), "2026-01-15T06:30", id="winter"),
        pytest.param("Europe/Berlin", time(7, 30), date(2026, 7, 15), "2026-07-15T05:30", id="summer"),
        pytest.param("Europe/Berlin", time(2, 30), date(2026, 3, 29), "2026-03-29T01:30", id="gap-shifted-forward"),
        pytest.param("Europe/Berlin", time(2, 30), date(2026, 10, 25), "2026-10-25T00:30", id="fold-first"),
        pytest.param("America/Santiago", time(0, 0), date(2026, 9, 6), "2026-09-06T04:00", id="midnight-gap"),
        pytest.param("Asia/Kathmandu", time(7, 0), date(2026, 5, 4), "2026-05-04T01:15", id="quarter-hour-zone"),
        pytest.param("Pacific/Kiritimati", time(7, 0), date(2026, 5, 4), "2026-05-03T17:00", id="day-before-in-utc"),
    ],
)
def test_an_issue_is_due_at_the_chosen_local_hour(zone: str, hour: time, day: date, expected: str) -> None:
    assert due_on(Schedule(timezone=zone, hour=hour), day) == utc(expected)


def test_the_next_issue_is_on_the_next_chosen_day_after_now() -> None:
    schedule = Schedule(timezone="UTC", hour=time(7), days=frozenset({0, 4}))
    friday = next_due(schedule, utc("2026-11-17T08:00"), None)
    assert (friday.at, friday.issue_date) == (utc("2026-11-20T07:00"), date(2026, 11, 20))


def test_the_instant_itself_is_not_after_now() -> None:
    schedule = Schedule(hour=time(7), days=EVERY_DAY)
    assert next_due(schedule, utc("2026-11-17T07:00"), None).issue_date == date(2026, 11, 18)


def test_a_later_hour_on_the_same_day_gives_no_second_issue_for_that_date() -> None:
    schedule = Schedule(hour=time(20), days=EVERY_DAY)
    assert next_due(schedule, utc("2026-11-17T08:00"), date(2026, 11, 17)).issue_date == date(2026, 11, 18)


def test_a_weekly_issue_comes_on_the_first_chosen_day_only() -> None:
    schedule = Schedule(days=frozenset({2, 4}), cadence=Cadence.WEEKLY)
    first = next_due(schedule, utc("2026-11-18T08:00"), date(2026, 11, 18))
    assert first.issue_date == date(2026, 11, 25)


def test_after_downtime_the_latest_due_date_counts_once() -> None:
    schedule = Schedule(hour=time(7), days=EVERY_DAY)
    due = latest_due(schedule, utc("2026-11-17T06:59"))
    assert due is not None
    assert due.issue_date == date(2026, 11, 16)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Australia/Sydney", "UTC", "Pacific/Niue"])
def test_at_the_instant_that_comes_next_that_issue_is_the_latest_due(zone: str) -> None:
    for hour in range(24):
        schedule = Schedule(timezone=zone, hour=time(hour), days=EVERY_DAY)
        due = next_due(schedule, utc("2026-11-17T12:00"), None)
        assert latest_due(schedule, due.at) == due


def test_samoa_which_skipped_a_date_gets_one_issue_for_each_local_date() -> None:
    schedule = Schedule(timezone="Pacific/Apia", hour=time(7), days=EVERY_DAY)
    now, last, instants = utc("2011-12-27T00:00"), None, []
    for _ in range(6):
        due = next_due(schedule, now, last)
        instants.append(due.at)
        now, last = due.at, due.issue_date
    assert instants == sorted(set(instants))


@pytest.mark.parametrize(
    ("present", "wanted"),
    [
        (State.PENDING, State.ACTIVE),
        (State.ACTIVE, State.PAUSED),
        (State.PAUSED, State.ACTIVE),
        (State.ACTIVE, State.UNSUBSCRIBED),
        (State.UNSUBSCRIBED, State.UNSUBSCRIBED),
        (State.UNSUBSCRIBED, State.PENDING),
        (State.BOUNCED, State.ACTIVE),
    ],
)
def test_a_subscription_may_change_along_the_rules(present: State, wanted: State) -> None:
    assert transition(present, wanted) is wanted


@pytest.mark.parametrize(
    ("present", "wanted"),
    [(State.PENDING, State.PAUSED), (State.UNSUBSCRIBED, State.PAUSED), (State.ACTIVE, State.PENDING)],
)
def test_a_subscription_may_not_change_otherwise(present: State, wanted: State) -> None:
    with pytest.raises(TransitionError, match="cannot go from"):
        transition(present, wanted)


def test_due_instants_increase_over_a_year_of_changing_clocks() -> None:
    schedule = Schedule(timezone="Africa/Cairo", hour=time(0, 30), days=EVERY_DAY)
    instants = [due_on(schedule, date(2026, 1, 1) + timedelta(days=n)) for n in range(365)]
    assert all(early < late for early, late in itertools.pairwise(instants))
