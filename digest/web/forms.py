"""Forms: the input of a page as a subscription with its faults, and a subscription as form fields."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import time

from digest.addresses import address_faults
from digest.profiles import (
    DEFAULT_MINIMUM_MATCH,
    DEFAULT_PAPERS,
    Keyword,
    Profile,
    ProfileFault,
    faults,
    keyword_of,
    line_of,
    weight_of,
)
from digest.subscribers import WEEKDAYS, WORKDAYS, Cadence, Schedule, Subscription, known_zones, name_faults

MAX_LINES = 400

Values = Mapping[str, Sequence[str]]  #: field name to its submitted values, in order


@dataclass(frozen=True, kw_only=True)
class FormResult:
    """The subscription that a form asks for, and its faults."""

    subscription: Subscription
    faults: tuple[ProfileFault, ...] = ()

    @property
    def wrong(self) -> dict[str, str]:
        """Form field to its first fault."""
        reasons: dict[str, str] = {}
        for fault in self.faults:
            reasons.setdefault(_form_field(fault.field), fault.reason)
        return reasons


@dataclass(frozen=True, kw_only=True)
class ProfileFields:
    """A subscription as form fields."""

    address: str = ""
    name: str = ""
    keywords: str = ""  #: one per line, "term" or "term * weight"
    exclude: str = ""
    authors: str = ""
    categories: str = ""
    minimum_match: int = DEFAULT_MINIMUM_MATCH
    papers: int = DEFAULT_PAPERS
    trending: bool = False
    timezone: str = "UTC"
    hour: str = "07:00"
    days: frozenset[int] = WORKDAYS
    weekly: bool = False
    language: str = "en"
    wrong: Mapping[str, str] = field(default_factory=dict)  #: field to its fault


def first(values: Values, name: str) -> str:
    """Return the first value of a field, trimmed; empty when the field is missing."""
    found = values.get(name) or ("",)
    return found[0].strip()


def read_form(values: Values, language: str) -> FormResult:
    """Return the subscription that a sign-up form asks for."""
    subscription = Subscription(
        address=first(values, "address"),
        name=first(values, "name"),
        language=language,
        profile=read_profile(values),
    )
    schedule, schedule_faults = read_schedule(values)
    found = [
        *address_faults(subscription.address),
        *name_faults(subscription.name),
        *schedule_faults,
        *faults(subscription.profile),
    ]
    return FormResult(subscription=replace(subscription, schedule=schedule), faults=tuple(found))


def read_profile(values: Values) -> Profile:
    """Return the profile of a form; unreadable numbers become values that `faults` rejects."""
    return Profile(
        keywords=read_keywords(values),
        exclude=_lines(values, "exclude"),
        authors=_lines(values, "authors"),
        categories=_lines(values, "categories", separator=r"[\n,\s]"),
        minimum_match=_number(first(values, "minimum_match"), DEFAULT_MINIMUM_MATCH),
        papers=_number(first(values, "papers"), DEFAULT_PAPERS),
        trending=bool(first(values, "trending")),
    )


def read_keywords(values: Values) -> tuple[Keyword, ...]:
    """Return the keywords: rows of `term` and `weight`, then the lines of `keywords`, without duplicates.

    `drop` and `exact` name rows by their index: those to remove, and those whose acronyms do not count.
    """
    rows = zip(values.get("term", ()), values.get("weight", ()), strict=False)
    dropped, exact = set(values.get("drop", ())), set(values.get("exact", ()))
    kept = [
        Keyword(term=_tidy(term), weight=weight_of(weight), acronyms=str(place) not in exact)
        for place, (term, weight) in enumerate(rows)
        if _tidy(term) and str(place) not in dropped
    ]
    lines = (keyword_of(line) for line in _lines(values, "keywords"))
    distinct = {keyword.term.casefold(): keyword for keyword in reversed([*kept, *lines])}
    return tuple(reversed(distinct.values()))


def read_schedule(values: Values) -> tuple[Schedule, list[ProfileFault]]:
    """Return the schedule of a form, with defaults for invalid values, and the faults."""
    wrong: list[ProfileFault] = []
    zone = first(values, "timezone") or "UTC"
    if zone not in known_zones():
        wrong.append(ProfileFault(field="timezone", reason=f"{zone!r} is not a time zone, such as Europe/Berlin"))
        zone = "UTC"
    hour = _time_of(first(values, "hour") or "07:00")
    if hour is None:
        wrong.append(ProfileFault(field="hour", reason="expected a time of day, such as 07:30"))
    days = frozenset(WEEKDAYS.index(day) for day in values.get("day", ()) if day in WEEKDAYS)
    if not days:
        wrong.append(ProfileFault(field="days", reason="choose at least one day"))
    cadence = Cadence.WEEKLY if first(values, "cadence") == Cadence.WEEKLY else Cadence.DAILY
    return Schedule(timezone=zone, hour=hour or time(7), days=days or WORKDAYS, cadence=cadence), wrong


def fields_of(
    subscription: Subscription, wrong: Mapping[str, str] | None = None, typed: Values | None = None
) -> ProfileFields:
    """Return the form fields of a subscription; an invalid time zone is shown as it was typed."""
    profile, schedule = subscription.profile, subscription.schedule
    unknown_zone = first(typed or {}, "timezone")[:100] if "timezone" in (wrong or {}) else ""
    return ProfileFields(
        address=subscription.address,
        name=subscription.name,
        keywords="\n".join(map(line_of, profile.keywords)),
        exclude="\n".join(profile.exclude),
        authors="\n".join(profile.authors),
        categories=" ".join(profile.categories),
        minimum_match=profile.minimum_match,
        papers=profile.papers,
        trending=profile.trending,
        timezone=unknown_zone or schedule.timezone,
        hour=f"{schedule.hour:%H:%M}",
        days=schedule.days,
        weekly=schedule.cadence is Cadence.WEEKLY,
        language=subscription.language,
        wrong=wrong or {},
    )


def _form_field(name: str) -> str:
    return name.removeprefix("profile.").partition("[")[0]


def _lines(values: Values, name: str, separator: str = r"[\n;]") -> tuple[str, ...]:
    text = "\n".join(values.get(name, ()))
    lines = (_tidy(line) for line in re.split(separator, text.replace("\r", "\n")))
    return tuple(dict.fromkeys(line for line in lines if line))[:MAX_LINES]


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _number(text: str, default: int) -> int:
    if not text:
        return default
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1


def _time_of(text: str) -> time | None:
    try:
        hour = time.fromisoformat(text)
    except ValueError:
        return None
    return hour.replace(second=0, microsecond=0) if hour.tzinfo is None else None
