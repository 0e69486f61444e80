"""Subscribers: a person with an address, their consent and its state, and when their issue is due."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from digest.errors import TransitionError
from digest.profiles import Profile, ProfileFault, faults, profile_from_dict

_REMEMBERED = 4_096  # due times, shared by equal schedules

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WORKDAYS = frozenset(range(5))
MAX_ADDRESS_LENGTH = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets
MAX_NAME_LENGTH = 100

_LOCAL_PART = re.compile(r"[^\s@<>()\[\],;:\\\"]+")
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]*[^\W_]", re.UNICODE)


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
    local = datetime.combine(day, schedule.hour, tzinfo=ZoneInfo(schedule.timezone))
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
        return self.next_due.astimezone(ZoneInfo(self.subscription.schedule.timezone)).date()


def known_zone(name: str) -> bool:
    """Return whether the tz database has a zone of this name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def normalised_address(address: str) -> str:
    """Return the form in which addresses are compared: trimmed, lower case throughout.

    RFC 5321 lets local parts differ by case; no provider of note does, and one person must not get two mails.
    """
    return address.strip().lower()


def address_faults(address: str) -> list[ProfileFault]:
    """Return what is wrong with an address as the target of mail (RFC 5321, RFC 6531); empty when it can be used."""
    local, at, domain = address.rpartition("@")
    if not at or not _LOCAL_PART.fullmatch(local) or not address.isprintable():
        return [ProfileFault(field="address", reason=f"{address!r} is not an e-mail address")]
    if local.startswith(".") or local.endswith(".") or ".." in local or len(local.encode()) > 64:
        return [ProfileFault(field="address", reason=f"{address!r}: the part before the @ is not valid")]
    if not _DOMAIN.fullmatch(domain) or len(address.encode()) > MAX_ADDRESS_LENGTH:
        return [ProfileFault(field="address", reason=f"{address!r}: the part after the @ is not a domain name")]
    return []


def name_faults(name: str) -> list[ProfileFault]:
    """Return what is wrong with a person's name; empty when it can be shown and put into a header."""
    if len(name) > MAX_NAME_LENGTH:
        return [ProfileFault(field="name", reason=f"{len(name)} characters, at most {MAX_NAME_LENGTH} are allowed")]
    return [] if name.isprintable() else [ProfileFault(field="name", reason="has a control character")]


def subscription_faults(subscription: Subscription) -> list[ProfileFault]:
    """Return everything that is wrong with a subscription; empty when it can be used."""
    schedule, wrong = subscription.schedule, [*address_faults(subscription.address), *name_faults(subscription.name)]
    if not known_zone(schedule.timezone):
        wrong.append(
            ProfileFault(field="timezone", reason=f"{schedule.timezone!r} is not a time zone, such as Europe/Berlin")
        )
    if not schedule.days:
        wrong.append(ProfileFault(field="days", reason="choose at least one day"))
    return [*wrong, *faults(subscription.profile)]
