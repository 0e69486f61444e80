"""The jobs of a PostgreSQL store: shards to plan and deliveries to send, enqueued with the rows that they are about.

Rows guard what a job does, so it may be done again. Needs the driver of PostgreSQL.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from digest.runs.issues.plan import PlanReport, Shard, plan_shard
from digest.runs.matching.prepared_papers import PreparedPapersCache, Snapshot, snapshot
from digest.runs.pipeline.steps import resume_paused
from digest.settings import Settings
from digest.storage import Store, Tx
from digest.storage.delivery import ledger, runs
from digest.storage.delivery.jobs import Jobs, open_jobs, outstanding
from digest.storage.delivery.plans import Entered
from digest.storage.subscribers import subscribers

__all__ = ["DELIVER", "ENQUEUED_UPTO", "PLAN", "Jobs", "PlanJob", "enqueue_due", "open_jobs", "plan_waiting"]

PLAN, DELIVER = "plan", "deliver"
ENQUEUED_UPTO = "plan jobs enqueued for who was due by"
_log = logging.getLogger(__name__)


def enqueue_due(store: Store, jobs: Jobs, now: datetime, size: int = subscribers.SHARD) -> int:
    """Enqueue a plan job for each shard of who is due, and a deliver job when older rows wait; return how many shards.

    Those for whom a job was enqueued before are left out while such jobs are outstanding.
    """
    resume_paused(store, now)
    with store.transaction() as tx:
        upto = runs.flag(tx, ENQUEUED_UPTO) if outstanding(tx, PLAN) else ""
        count = 0
        for shard in _shards(tx, now, _earlier(upto, now), size):
            jobs.defer(tx, PLAN, shard)
            count += 1
        runs.set_flag(tx, ENQUEUED_UPTO, now.isoformat())
        if ledger.has_work(tx, now) and not outstanding(tx, DELIVER):
            jobs.defer(tx, DELIVER, {}, only_one=DELIVER)
    return count


@dataclass(frozen=True, kw_only=True)
class PlanJob:
    """The arguments of a plan job."""

    numbers: Sequence[int]  #: of the subscribers
    seen: Snapshot


def plan_waiting(
    store: Store, jobs: Jobs, settings: Settings, job: PlanJob, cache: PreparedPapersCache, now: datetime
) -> PlanReport:
    """Plan those of a shard who are still due, and return the report; enqueue the delivery with their rows."""

    def enqueue_delivery(tx: Tx, entered: Entered) -> None:
        if entered.planned:
            jobs.defer(tx, DELIVER, {})

    with store.reading() as tx:
        found = subscribers.by_numbers(tx, job.numbers).values()
    people = [person for person in found if person.next_due is not None and person.next_due <= now]
    if not people:
        return PlanReport()
    shard = Shard(subscribers=people, seen=job.seen, cache=cache)
    report = plan_shard(store, settings, shard, now, enqueue_delivery)
    _log.info("planned a shard: %d issues", report.planned, extra={"action": "plan", **report.as_dict()})
    return report


def _earlier(upto: str, now: datetime) -> datetime | None:
    """Return the instant up to which jobs were enqueued; None when it lies ahead, as after a clock was set back."""
    at = datetime.fromisoformat(upto) if upto else None
    return at if at and at <= now else None


def _shards(tx: Tx, now: datetime, since: datetime | None, size: int) -> Iterator[dict[str, Any]]:
    """Yield the arguments of a plan job for each shard of those who came due after `since`."""
    seen = snapshot(tx)
    for numbers in subscribers.due_numbers(tx, now, since=since, size=size):
        yield {"numbers": list(numbers), "high_water": seen.high_water, "statistics": seen.statistics}
