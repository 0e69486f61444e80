"""A year of ticks, with downtimes, for readers in forty zones: exactly one issue for each date that can be met."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from digest.storage import Store
from digest.storage.delivery import deliveries, plans
from digest.storage.delivery.plans import Plan
from digest.storage.subscribers import subscribers
from digest.subscribers import Cadence, Schedule, Subscriber, due_on, latest_due
from tests.unit.storage.samples import admission, plan, subscription

ZONES = [
    *("Africa/Cairo", "Africa/Casablanca", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi"),
    *("America/Anchorage", "America/Argentina/Buenos_Aires", "America/Asuncion", "America/Bogota", "America/Chicago"),
    *("America/Denver", "America/Havana", "America/Los_Angeles", "America/New_York", "America/Nuuk"),
    *("America/Santiago", "America/Sao_Paulo", "America/St_Johns", "Antarctica/Troll", "Asia/Beirut"),
    *("Asia/Dubai", "Asia/Gaza", "Asia/Jerusalem", "Asia/Kathmandu", "Asia/Kolkata"),
    *("Asia/Shanghai", "Asia/Tehran", "Asia/Tokyo", "Atlantic/Azores", "Australia/Lord_Howe"),
    *("Australia/Sydney", "Europe/Berlin", "Europe/Dublin", "Europe/London", "Pacific/Apia"),
    *("Pacific/Auckland", "Pacific/Chatham", "Pacific/Honolulu", "Pacific/Kiritimati", "Pacific/Niue"),
]
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
DOWNTIMES = [timedelta(minutes=90), timedelta(hours=9), timedelta(hours=30), timedelta(days=5), timedelta(days=11)]


def test_forty_zones_get_one_issue_for_each_date_that_a_tick_meets(store: Store) -> None:
    dice = random.Random(20260101)
    schedules = {zone: schedule_for(zone, dice) for zone in ZONES}
    subscribe(store, schedules)
    ticks = list(moving_clock(dice))
    for now in ticks:
        tick(store, now)
    assert len(ticks) > 10_000
    assert planned_dates(store) == {zone: dates_met(schedule, ticks) for zone, schedule in schedules.items()}


def schedule_for(zone: str, dice: random.Random) -> Schedule:
    hour = dice.choice([time(0), time(0, 30), time(2, 30), time(3), time(7), time(12, 15), time(23, 59)])
    days = frozenset(dice.sample(range(7), dice.choice([1, 3, 5, 7, 7, 7])))
    return Schedule(timezone=zone, hour=hour, days=days, cadence=dice.choice([Cadence.DAILY] * 4 + [Cadence.WEEKLY]))


def subscribe(store: Store, schedules: dict[str, Schedule]) -> None:
    with store.transaction() as tx:
        for zone, schedule in schedules.items():
            asked = subscription(
                zone.replace("/", ".").lower(),
                timezone=zone,
                hour=schedule.hour,
                days=schedule.days,
                cadence=schedule.cadence,
            )
            subscribers.add(tx, asked, admission(), START)


def moving_clock(dice: random.Random) -> Iterator[datetime]:
    """Return the instants of a year of ticks, at uneven steps, with some long gaps."""
    breaks = sorted(START + dice.random() * (END - START) for _ in range(len(DOWNTIMES) * 4))
    now = START
    while now < END:
        yield now
        now += timedelta(seconds=dice.choice([60, 600, 1200, 1800, 2400, 3000, 3600]))
        if breaks and now > breaks[0]:
            now += DOWNTIMES[len(breaks) % len(DOWNTIMES)]
            breaks = [moment for moment in breaks if moment > now]


def tick(store: Store, now: datetime) -> None:
    """Plan who is due as `digest.runs.issues.plan` does, without papers: what counts here is when, not what."""
    with store.reading() as tx:
        due = subscribers.due(tx, now)
    if due:
        with store.transaction() as tx:
            plans.enter(tx, [skipping(person, now) for person in due], now)


def skipping(person: Subscriber, now: datetime) -> Plan:
    due = latest_due(person.subscription.schedule, now)
    assert due is not None
    return plan(person, due.issue_date, papers=())


def planned_dates(store: Store) -> dict[str, list[date]]:
    """Return the dates of all issues of each zone, as the ledger has them."""
    found: dict[str, list[date]] = {}
    with store.reading() as tx:
        zones = {person.number: person.subscription.schedule.timezone for person in subscribers.everyone(tx)}
        for row in deliveries.made_since(tx, START):
            found.setdefault(zones[row.subscriber or 0], []).append(row.issue_date)
    return found


def dates_met(schedule: Schedule, ticks: list[datetime]) -> list[date]:
    """Return the dates to expect: those whose hour is followed by a tick before the hour of the next date comes."""
    days = [START.date() + timedelta(days=offset) for offset in range(-1, 376)]
    due = [(due_on(schedule, day), day) for day in days if day.weekday() in schedule.issue_days]
    met = []
    for (instant, day), (following, _) in pairwise(due):
        first = bisect_left(ticks, instant)
        if instant > START and first < len(ticks) and ticks[first] < following:
            met.append(day)
    return met
