"""Subscribers: a person with an address, their consent and its state, and when their issue is due."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from digest.addresses import address_faults
from digest.errors import TransitionError
from digest.profiles import Profile, ProfileFault, faults, profile_from_dict

_REMEMBERED = 4_096  # due times, shared by equal schedules

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WORKDAYS = frozenset(range(5))
MAX_NAME_LENGTH = 100


class State(StrEnum):
    """The state of a subscription."""

    PENDING = "pending"  #: requested on the web, not yet confirmed
    ACTIVE = "active"
    PAUSED = "paused"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"  #: the address does not accept mail


class Owner(StrEnum):
    """Where a profile is edited: a file in subscribers/ or the web."""

    FILE = "file"
    WEB = "web"


class Cadence(StrEnum):
    """How often an issue comes."""

    DAILY = "daily"  #: on each of the chosen days
    WEEKLY = "weekly"  #: once a week, on the first of the chosen days


_TRANSITIONS: dict[State, frozenset[State]] = {
    State.PENDING: frozenset({State.ACTIVE, State.UNSUBSCRIBED}),
    State.ACTIVE: frozenset({State.PAUSED, State.UNSUBSCRIBED, State.BOUNCED}),
    State.PAUSED: frozenset({State.ACTIVE, State.UNSUBSCRIBED, State.BOUNCED}),
    State.UNSUBSCRIBED: frozenset({State.PENDING, State.ACTIVE}),
    State.BOUNCED: frozenset({State.ACTIVE, State.PENDING, State.UNSUBSCRIBED}),
}


def transition(present: State, wanted: State) -> State:
    """Return `wanted`; the same state is allowed. Raise TransitionError for a change that is not allowed."""
    if wanted is not present and wanted not in _TRANSITIONS[present]:
        raise TransitionError(f"a subscription cannot go from {present} to {wanted}")
    return wanted


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """When a subscriber's issue is due, in their time zone."""

    timezone: str = "UTC"  #: name in the tz database
    hour: time = time(7, 0)  #: local wall-clock time
    days: frozenset[int] = WORKDAYS  #: 0 is Monday
    cadence: Cadence = Cadence.DAILY

    @property
    def issue_days(self) -> frozenset[int]:
        """The weekdays on which an issue is due: all chosen ones, or the first of them for a weekly issue."""
        return self.days if self.cadence is Cadence.DAILY else frozenset({min(self.days)})


@dataclass(frozen=True, kw_only=True)
class Due:
    """The instant at which an issue is due, and the local date that it is the issue of."""

    at: datetime  #: aware, UTC
    issue_date: date


def due_on(schedule: Schedule, day: date) -> datetime:
    """Return the UTC instant of the schedule's hour on that local date.

    In a gap (clocks go forward) the time shifts forward by the gap; in a fold the first instant counts (PEP 495:
    fold 0). So there is exactly one instant for each local date.
    """
    local = datetime.combine(day, schedule.hour, tzinfo=zone_of(schedule.timezone))
    return local.astimezone(UTC)


@lru_cache(maxsize=_REMEMBERED)
def next_due(schedule: Schedule, now: datetime, last_issue: date | None) -> Due:
    """Return the first due instant after `now` whose local date is later than that of the last issue."""
    return next(
        due for due in _due_from(schedule, now) if due.at > now and (not last_issue or due.issue_date > last_issue)
    )


@lru_cache(maxsize=_REMEMBERED)
def latest_due(schedule: Schedule, now: datetime) -> Due | None:
    """Return the last due instant that is not after `now`, within the past fortnight; None without one."""
    latest = now.astimezone(UTC).date() + timedelta(days=1)  # in the east it is tomorrow already
    for offset in range(17):
        day = latest - timedelta(days=offset)
        if day.weekday() in schedule.issue_days and (at := due_on(schedule, day)) <= now:
            return Due(at=at, issue_date=day)
    return None


def _due_from(schedule: Schedule, start: datetime, days: int = 400) -> Iterator[Due]:
    first = start.astimezone(UTC).date() - timedelta(days=2)
    for offset in range(days):
        day = first + timedelta(days=offset)
        if day.weekday() in schedule.issue_days:
            yield Due(at=due_on(schedule, day), issue_date=day)


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """What a profile file or a form contains: the person and the profile, without consent or history."""

    address: str
    name: str = ""
    language: str = "en"
    schedule: Schedule = field(default_factory=Schedule)
    profile: Profile = field(default_factory=Profile)

    def as_dict(self) -> dict[str, Any]:
        """Return the subscription as plain JSON values; `subscription_from_dict` reads them back."""
        return {
            "address": self.address,
            "name": self.name,
            "language": self.language,
            "timezone": self.schedule.timezone,
            "hour": f"{self.schedule.hour:%H:%M}",
            "days": [WEEKDAYS[day] for day in sorted(self.schedule.days)],
            "cadence": self.schedule.cadence.value,
            "profile": self.profile.as_dict(),
        }


def subscription_from_dict(data: Mapping[str, Any]) -> Subscription:
    """Return the subscription that `Subscription.as_dict` described; unknown keys are ignored."""
    return Subscription(
        address=data["address"],
        name=data.get("name", ""),
        language=data.get("language", "en"),
        schedule=Schedule(
            timezone=data.get("timezone", "UTC"),
            hour=time.fromisoformat(data.get("hour", "07:00")),
            days=frozenset(WEEKDAYS.index(day) for day in data.get("days", WEEKDAYS[:5])),
            cadence=Cadence(data.get("cadence", Cadence.DAILY)),
        ),
        profile=profile_from_dict(data.get("profile", {})),
    )


@dataclass(frozen=True, kw_only=True)
class Subscriber:
    """A person as stored."""

    number: int  #: row number in the store
    subscription: Subscription
    state: State
    owner: Owner
    created: datetime
    cursor: int = 0  #: papers up to this sequence number were considered for an earlier issue
    last_issue: date | None = None  #: local date of the last issue planned or skipped
    next_due: datetime | None = None  #: None while no issue is due
    paused_until: date | None = None

    @property
    def address(self) -> str:
        return self.subscription.address

    @property
    def profile(self) -> Profile:
        return self.subscription.profile

    @property
    def next_issue(self) -> date | None:
        """The local date of the next issue; None while none is due."""
        if self.next_due is None:
            return None
        return self.next_due.astimezone(zone_of(self.subscription.schedule.timezone)).date()


@cache
def known_zones() -> frozenset[str]:
    """Return the names of the time zones that subscribers may choose: those of the packaged tz database.

    Every installation of the program has these, whatever the machine adds to them.
    """
    listed = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8")
    return frozenset(listed.split())


@lru_cache(maxsize=1_024)
def zone_of(name: str) -> ZoneInfo:
    """Return the time zone of this name, or UTC when this machine does not know it.

    A stored name can be unknown: it was accepted by a machine with a newer tz database. Serving that reader by UTC is
    better than serving nobody.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def is_loadable_zone(name: str) -> bool:
    """Return whether this machine knows the time zone; otherwise `zone_of` stands UTC in for it."""
    return name in known_zones() or zone_of(name).key == name


def name_faults(name: str) -> list[ProfileFault]:
    """Return what is wrong with a person's name; empty when it can be shown and put into a header."""
    if len(name) > MAX_NAME_LENGTH:
        return [ProfileFault(field="name", reason=f"{len(name)} characters, at most {MAX_NAME_LENGTH} are allowed")]
    return [] if name.isprintable() else [ProfileFault(field="name", reason="has a control character")]


def subscription_faults(subscription: Subscription) -> list[ProfileFault]:
    """Return everything that is wrong with a subscription; empty when it can be used."""
    schedule, wrong = subscription.schedule, [*address_faults(subscription.address), *name_faults(subscription.name)]
    if schedule.timezone not in known_zones():
        wrong.append(
            ProfileFault(field="timezone", reason=f"{schedule.timezone!r} is not a time zone, such as Europe/Berlin")
        )
    if not schedule.days:
        wrong.append(ProfileFault(field="days", reason="choose at least one day"))
    return [*wrong, *faults(subscription.profile)]
