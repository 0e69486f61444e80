"""The scheduler: decides when tasks run, never who gets an issue. One program per store leads; others stand by."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from digest.errors import DigestError, StoreError
from digest.runs.operations.reconnection import Outage
from digest.runs.operations.store_maintenance import LeadershipCandidate

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
    outage = Outage()
    with ThreadPoolExecutor(max(len(tasks), 1), thread_name_prefix="task") as pool:
        timetable = _Timetable(tasks, pool)
        leading = False
        while not stop.is_set():
            if _leads(candidate, outage) is not leading:
                leading = not leading
                _change(timetable, leading)
            stop.wait(timetable.run_due() if leading else POLL_SECONDS)
    candidate.resign()


class _Timetable:
    """When each task runs next, by a clock that only goes forward."""

    def __init__(self, tasks: Sequence[PeriodicTask], pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._next = {task: elapsed() for task in tasks}
        self._running: dict[PeriodicTask, Future[None]] = {}

    def reset(self) -> None:
        """Make every task due now."""
        self._next = dict.fromkeys(self._next, elapsed())

    def run_due(self) -> float:
        """Start the tasks that are due, except those that still run; return the seconds to wait until the next look."""
        now = elapsed()
        for task, due in self._next.items():
            if due > now:
                continue
            every = task.every.total_seconds()
            self._next[task] = due + every if due + every > now else now + every
            running = self._running.get(task)
            if running is None or running.done():
                self._running[task] = self._pool.submit(_do, task)
        return max(0.0, min([POLL_SECONDS, *(due - now for due in self._next.values())]))


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


def _change(timetable: _Timetable, leading: bool) -> None:
    if not leading:
        _log.warning("lost the lead; standing by", extra={"action": "stand by"})
        return
    timetable.reset()
    _log.info("leading", extra={"action": "lead"})


def _do(task: PeriodicTask) -> None:
    try:
        task.work(datetime.now(UTC))
    except DigestError as error:
        _log.error("%s: %s", task.name, error, extra={"action": "chore", "chore": task.name})
    except Exception:
        _log.exception("%s failed", task.name, extra={"action": "chore", "chore": task.name})
