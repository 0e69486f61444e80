"""The due rule over every zone of the tz database and three years of its changes."""

from __future__ import annotations

import hashlib
import importlib.resources
import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from digest.subscribers import Schedule, due_on, next_due

FIRST = date(2025, 1, 1)
DAYS = [FIRST + timedelta(days=offset) for offset in range(3 * 365 + 1)]
EVERY_DAY = frozenset(range(7))


def _data_of(zone: str) -> bytes:
    for folder in zoneinfo.TZPATH:
        if (Path(folder) / zone).is_file():
            return (Path(folder) / zone).read_bytes()
    return importlib.resources.files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes()


def _distinct_zones() -> list[str]:
    """One name for each set of rules: names with the same data are due at the same instants."""
    by_data = {hashlib.sha256(_data_of(zone)).digest(): zone for zone in sorted(zoneinfo.available_timezones())}
    return sorted(by_data.values())


def test_every_zone_has_exactly_one_instant_for_each_local_date_always_increasing() -> None:
    zones = _distinct_zones()
    assert len(zones) > 300
    for zone in zones:
        for hour in range(24):
            schedule = Schedule(timezone=zone, hour=time(hour), days=EVERY_DAY)
            instants = [due_on(schedule, day) for day in DAYS]
            assert all(earlier < later for earlier, later in pairwise(instants)), (zone, hour)


# Zones whose clocks change at midnight, by half an hour, on other dates than most, or that lie at the ends of the day.
PECULIAR = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Asuncion",
    "America/Havana",
    "America/Nuuk",
    "America/Santiago",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Niue",
]


@pytest.mark.parametrize("zone", PECULIAR)
def test_a_clock_that_steps_through_three_years_meets_every_date_once(zone: str) -> None:
    for hour in (time(0), time(0, 30), time(2, 15), time(3), time(23, 59)):
        schedule = Schedule(timezone=zone, hour=hour, days=EVERY_DAY)
        now, last, met = datetime(2024, 12, 31, 23, 59, tzinfo=UTC) - timedelta(days=1), None, []
        while last is None or last < DAYS[-1]:
            due = next_due(schedule, now, last)
            assert due.at > now
            now, last = due.at, due.issue_date
            met.append(due.issue_date)
        start = met.index(FIRST)
        assert met[start:] == DAYS
