"""The scheduler: decides when to look, never who gets mail. One program at a store leads; the others stand by."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from digest.errors import DigestError
from digest.runs.operations.store_maintenance import LeadershipCandidate

POLL_SECONDS = 1.0  #: how often a program that stands by tries for the lead, and the leader makes sure of it
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class PeriodicTask:
    """Something to be done again and again while leading."""

    name: str
    every: timedelta
    work: Callable[[datetime], None]  #: called with the present instant; called again only after it came back


def keep_time(candidate: LeadershipCandidate, tasks: Sequence[PeriodicTask], stop: threading.Event) -> None:
    """Do the chores while this program leads, each at once and then in its interval, until `stop` is set.

    A chore that is late is done once, however often it was missed; one that fails is logged and done again when its
    time comes. When `stop` is set, what is under way is waited for.
    """
    with _clockwork(tasks) as clockwork:
        leading = False
        while not stop.is_set():
            if candidate.leads() is not leading:
                leading = not leading
                _change(clockwork, leading)
            stop.wait(POLL_SECONDS)
    candidate.resign()


@contextmanager
def _clockwork(tasks: Sequence[PeriodicTask]) -> Iterator[BackgroundScheduler]:
    """Run a paused scheduler with the chores; waits for what is under way at the end."""
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # that a long chore is not begun twice is as meant
    clockwork = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(max(len(tasks), 1))},
        # The default grace of one second would drop a chore after any pause of the machine without a word.
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )
    for task in tasks:
        seconds = task.every.total_seconds()
        clockwork.add_job(_do, "interval", seconds=seconds, args=[task], id=task.name, name=task.name)
    clockwork.start(paused=True)
    try:
        yield clockwork
    finally:
        clockwork.shutdown(wait=True)


def _change(clockwork: BackgroundScheduler, leading: bool) -> None:
    if not leading:
        clockwork.pause()
        _log.warning("the lead was lost; standing by", extra={"action": "stand by"})
        return
    now = datetime.now(UTC)
    for job in clockwork.get_jobs():
        job.modify(next_run_time=now)
    clockwork.resume()
    _log.info("leading", extra={"action": "lead"})


def _do(task: PeriodicTask) -> None:
    try:
        task.work(datetime.now(UTC))
    except DigestError as error:
        _log.error("%s: %s", task.name, error, extra={"action": "chore", "chore": task.name})
    except Exception:
        _log.exception("%s failed", task.name, extra={"action": "chore", "chore": task.name})
