"""The scheduler: decides when tasks run, never who gets an issue. One program per store leads; others stand by."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from digest.errors import DigestError, StoreError
from digest.runs.operations.reconnection import Outage
from digest.runs.operations.store_maintenance import LeadershipCandidate

CLOCK_SET_SECONDS = 5.0  #: a jump of the wall clock that is no drift
POLL_SECONDS = 1.0  #: how often a standby program tries to lead, and the leader checks that it still does
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, eq=False)
class PeriodicTask:
    """A task that runs at an interval while this program leads."""

    name: str
    every: timedelta
    work: Callable[[datetime], None]  #: called with the current instant; never runs twice at the same time


def keep_time(candidate: LeadershipCandidate, tasks: Sequence[PeriodicTask], stop: threading.Event) -> None:
    """Run the tasks while this program leads, each at once and then at its interval, until `stop` is set.

    A late task runs once, however often it was missed. A failed task is logged and runs again at its next time. When
    `stop` is set, running tasks are finished. A wall clock that is set back or forward delays no task.
    """
    outage, clock = Outage(), _ClockWatch()
    with _paused_scheduler(tasks) as scheduler:
        leading = False
        while not stop.is_set():
            if _leads(candidate, outage) is not leading:
                leading = not leading
                _change(scheduler, leading)
            elif clock.was_set() and leading:
                _log.warning("the clock of this machine was set; all tasks run now", extra={"action": "clock"})
                _run_all_now(scheduler)
            stop.wait(POLL_SECONDS)
    candidate.resign()


@contextmanager
def _paused_scheduler(tasks: Sequence[PeriodicTask]) -> Iterator[BackgroundScheduler]:
    """Yield a paused scheduler with the tasks; at the end, wait for running tasks."""
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it warns when a long task is still running: as intended
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


class _ClockWatch:
    """Notices that the wall clock, by which the scheduler waits, was set."""

    def __init__(self) -> None:
        self._offset = self._present_offset()

    def was_set(self) -> bool:
        """Return whether the clock was set by more than it drifts since the last call."""
        before, self._offset = self._offset, self._present_offset()
        return abs(self._offset - before) > CLOCK_SET_SECONDS

    @staticmethod
    def _present_offset() -> float:
        return datetime.now(UTC).timestamp() - elapsed()


def elapsed() -> float:
    """Return seconds since some moment; setting the wall clock does not change them, and a suspended machine counts."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


def _leads(candidate: LeadershipCandidate, outage: Outage) -> bool:
    """Return whether this program leads; while the database cannot be reached, none does."""
    try:
        leads = candidate.leads()
    except StoreError as error:
        outage.failed(error)
        return False
    outage.over()
    return leads


def _change(scheduler: BackgroundScheduler, leading: bool) -> None:
    if not leading:
        scheduler.pause()
        _log.warning("lost the lead; standing by", extra={"action": "stand by"})
        return
    _run_all_now(scheduler)
    scheduler.resume()
    _log.info("leading", extra={"action": "lead"})


def _run_all_now(scheduler: BackgroundScheduler) -> None:
    now = datetime.now(UTC)
    for job in scheduler.get_jobs():
        job.modify(next_run_time=now)


def _do(task: PeriodicTask) -> None:
    try:
        task.work(datetime.now(UTC))
    except DigestError as error:
        _log.error("%s: %s", task.name, error, extra={"action": "chore", "chore": task.name})
    except Exception:
        _log.exception("%s failed", task.name, extra={"action": "chore", "chore": task.name})
