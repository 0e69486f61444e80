"""Housekeeping: delete old rows, and recompute due times after a change of the tz database."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from digest.runs.subscriptions import sign_up
from digest.settings import HousekeepingSettings
from digest.storage import Store, housekeeping
from digest.storage.delivery import runs
from digest.storage.housekeeping import Retention

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class HousekeepingReport:
    """The result of housekeeping."""

    deleted: Mapping[str, int]  #: how many of each kind
    rescheduled: int  #: subscribers whose due time was computed with another tz database

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {"deleted": dict(self.deleted), "rescheduled": self.rescheduled}


def tidy_store(store: Store, settings: HousekeepingSettings, now: datetime) -> HousekeepingReport:
    """Tidy the store and return a report. Safe at any time, and in several processes at once."""
    keep = Retention(
        issues=timedelta(days=settings.keep_issues_days),
        deliveries=timedelta(days=settings.keep_deliveries_days),
        runs=timedelta(days=settings.keep_runs_days),
    )
    with store.transaction() as tx:
        record = runs.begin(tx, "housekeeping", now)
    rescheduled = housekeeping.refresh_due(store, now)
    deleted = {**housekeeping.tidy(store, keep, now), "sign-ups": sign_up.tidy(store, now)}
    report = HousekeepingReport(deleted=deleted, rescheduled=rescheduled)
    with store.transaction() as tx:
        runs.finish(tx, record, now, report.as_dict())
    _log.info("tidied: %s", report.as_dict(), extra={"action": "housekeeping", **report.as_dict()})
    return report
