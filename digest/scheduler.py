"""The scheduler: decides when tasks run, never who gets an issue. One program per store leads; others stand by."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from digest.errors import DigestError, StoreError
from digest.runs.operations.reconnection import Outage
from digest.runs.operations.store_maintenance import LeadershipCandidate

POLL_SECONDS = 1.0  #: how often a standby program tries to lead, and the leader checks that it still does
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class PeriodicTask:
    """A task that runs at an interval while this program leads."""

    name: str
    every: timedelta
    work: Callable[[datetime], None]  #: called with the current instant; never runs twice at the same time


def keep_time(candidate: LeadershipCandidate, tasks: Sequence[PeriodicTask], stop: threading.Event) -> None:
    """Run the tasks while this program leads, each at once and then at its interval, until `stop` is set.

    A late task runs once, however often it was missed. A failed task is logged and runs again at its next time. When
    `stop` is set, running tasks are finished.
    """
    outage = Outage()
    with _scheduler(tasks) as scheduler:
        leading = False
        while not stop.is_set():
            if _leads(candidate, outage) is not leading:
                leading = not leading
                _change(scheduler, leading)
            stop.wait(POLL_SECONDS)
    candidate.resign()


def _leads(candidate: LeadershipCandidate, outage: Outage) -> bool:
    """Return whether this program leads; while the database cannot be reached, none does."""
    try:
        leads = candidate.leads()
    except StoreError as error:
        outage.failed(error)
        return False
    outage.over()
    return leads


@contextmanager
def _scheduler(tasks: Sequence[PeriodicTask]) -> Iterator[BackgroundScheduler]:
    """Yield a paused scheduler with the tasks; wait for running tasks at the end."""
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # no warning when a long task is not started twice
    scheduler = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(max(len(tasks), 1))},
        # The default grace of one second would silently drop a task after any pause of the machine.
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )
    for task in tasks:
        seconds = task.every.total_seconds()
        scheduler.add_job(_do, "interval", seconds=seconds, args=[task], id=task.name, name=task.name)
    scheduler.start(paused=True)
    try:
        yield scheduler
    finally:
        scheduler.shutdown(wait=True)


def _change(scheduler: BackgroundScheduler, leading: bool) -> None:
    if not leading:
        scheduler.pause()
        _log.warning("lost the lead; standing by", extra={"action": "stand by"})
        return
    now = datetime.now(UTC)
    for job in scheduler.get_jobs():
        job.modify(next_run_time=now)
    scheduler.resume()
    _log.info("leading", extra={"action": "lead"})


def _do(task: PeriodicTask) -> None:
    try:
        task.work(datetime.now(UTC))
    except DigestError as error:
        _log.error("%s: %s", task.name, error, extra={"action": "chore", "chore": task.name})
    except Exception:
        _log.exception("%s failed", task.name, extra={"action": "chore", "chore": task.name})
