"""Subscribers as rows: what a subscription's fields become, and back."""

from __future__ import annotations

import zoneinfo
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy import RowMapping

from digest.profiles import profile_from_dict
from digest.storage.paper_rows import storable
from digest.subscribers import (
    Cadence,
    Owner,
    Schedule,
    State,
    Subscriber,
    Subscription,
    next_due,
    normalised_address,
)


@cache
def tz_version() -> str:
    """Gives the version of the tz database that due times are computed with: the system's, else the package's."""
    for folder in map(Path, zoneinfo.TZPATH):
        if (folder / "tzdata.zi").is_file():
            with (folder / "tzdata.zi").open(encoding="utf-8") as listed:
                return f"system {listed.readline().removeprefix('# version').strip()}"
    return f"package {version('tzdata')}"


def subscription_row(subscription: Subscription) -> dict[str, Any]:
    """Gives the columns of what a person asked for."""
    schedule = subscription.schedule
    return {
        "address": subscription.address.strip(),
        "address_key": normalised_address(subscription.address),
        "name": storable(subscription.name),
        "language": subscription.language,
        "timezone": schedule.timezone,
        "hour": schedule.hour,
        "days": sum(1 << day for day in schedule.days),
        "cadence": schedule.cadence.value,
        "profile": subscription.profile.as_dict(),
    }


def subscriber_of(row: RowMapping) -> Subscriber:
    """Gives the subscriber of a row."""
    return Subscriber(
        number=row["number"],
        subscription=_subscription_of(row),
        state=State(row["state"]),
        owner=Owner(row["owner"]),
        created=row["created"],
        cursor=row["cursor"],
        last_issue=row["last_issue"],
        next_due=row["next_due"],
        paused_until=row["paused_until"],
    )


def _subscription_of(row: RowMapping) -> Subscription:
    schedule = Schedule(
        timezone=row["timezone"],
        hour=row["hour"],
        days=frozenset(day for day in range(7) if row["days"] >> day & 1),
        cadence=Cadence(row["cadence"]),
    )
    return Subscription(
        address=row["address"],
        name=row["name"],
        language=row["language"],
        schedule=schedule,
        profile=profile_from_dict(row["profile"]),
    )


def due_columns(schedule: Schedule, state: State, now: datetime, last_issue: Any) -> dict[str, Any]:
    """Gives when the next issue is due, and by which tz database; no issue is due unless the subscription is active."""
    due = next_due(schedule, now, last_issue).at if state is State.ACTIVE else None
    return {"next_due": due, "tz_version": tz_version()}
