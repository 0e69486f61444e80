"""The scheduler with a real clock and short intervals: who leads works, who stands by does not."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import apscheduler.schedulers.base
import apscheduler.triggers.interval
import pytest

from digest import scheduler
from digest.errors import StoreBusy, StoreError
from digest.scheduler import PeriodicTask, keep_time

SOON = 60.0


class Candidacy:
    """A candidate whose lead the test gives and takes."""

    def __init__(self, *, leading: bool = True) -> None:
        self.leading, self.resigned = leading, False

    def leads(self) -> bool:
        return self.leading

    def resign(self) -> None:
        self.resigned = True


class Work:
    """Counts how often it was done."""

    def __init__(self, *, error: Exception | None = None, seconds: float = 0) -> None:
        self.times: list[datetime] = []
        self.finished, self._error, self._seconds = 0, error, seconds

    def __call__(self, now: datetime) -> None:
        self.times.append(now)
        if self._error:
            raise self._error
        time.sleep(self._seconds)
        self.finished += 1


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "POLL_SECONDS", 0.02)


@contextmanager
def keeping(candidacy: Candidacy, **work: Callable[[datetime], None]) -> Iterator[None]:
    stop = threading.Event()
    tasks = [PeriodicTask(name=name, every=timedelta(seconds=0.1), work=do) for name, do in work.items()]
    thread = threading.Thread(target=keep_time, args=(candidacy, tasks, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(SOON)
    assert not thread.is_alive()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_leader_does_each_task_at_once_and_again_and_again() -> None:
    tick, poll, before = Work(), Work(), datetime.now(UTC)
    with keeping(Candidacy(), tick=tick, poll=poll):
        wait_until(lambda: tick.finished >= 3 and poll.finished >= 3)
    assert before <= tick.times[0] < tick.times[1] < tick.times[2]


@pytest.mark.parametrize("hours", [-6, -24 * 365, 6, 24 * 365])
def test_a_wall_clock_that_is_set_delays_no_task(monkeypatch: pytest.MonkeyPatch, hours: float) -> None:
    class Clock(datetime):
        moved = timedelta()

        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + cls.moved

    for module in (scheduler, apscheduler.schedulers.base, apscheduler.triggers.interval):
        monkeypatch.setattr(module, "datetime", Clock)
    tick = Work()
    with keeping(Candidacy(), tick=tick):
        wait_until(lambda: tick.finished >= 2)
        Clock.moved = timedelta(hours=hours)
        done = tick.finished
        wait_until(lambda: tick.finished >= done + 5)
    assert abs(tick.times[-1] - datetime.now(UTC) - Clock.moved) < timedelta(minutes=5)
    assert len(tick.times) < done + 50  # a clock that is set forward makes up for nothing


def test_who_stands_by_does_nothing_until_the_lead_falls_to_it() -> None:
    tick, candidacy = Work(), Candidacy(leading=False)
    with keeping(candidacy, tick=tick):
        time.sleep(0.3)
        assert tick.times == []
        candidacy.leading = True
        wait_until(lambda: tick.finished > 0)


def test_who_loses_the_lead_stops() -> None:
    tick, candidacy = Work(), Candidacy()
    with keeping(candidacy, tick=tick):
        wait_until(lambda: tick.finished > 0)
        candidacy.leading = False
        time.sleep(0.15)
        count = tick.finished
        time.sleep(0.3)
        assert tick.finished == count


def test_no_task_runs_twice_at_a_time_and_none_waits_for_another() -> None:
    slow, quick = Work(seconds=0.5), Work()
    with keeping(Candidacy(), slow=slow, quick=quick):
        wait_until(lambda: quick.finished >= 3)
        assert (len(slow.times), slow.finished) == (1, 0)


def test_stopping_waits_for_what_is_under_way_and_gives_up_the_lead() -> None:
    slow, candidacy = Work(seconds=0.4), Candidacy()
    with keeping(candidacy, slow=slow):
        wait_until(lambda: bool(slow.times))
    assert slow.finished == len(slow.times)
    assert candidacy.resigned


@pytest.mark.parametrize("error", [StoreBusy("another process is writing"), ZeroDivisionError()])
def test_a_task_that_fails_is_logged_and_done_again(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    tick = Work(error=error)
    with caplog.at_level(logging.ERROR, "digest.scheduler"), keeping(Candidacy(), tick=tick):
        wait_until(lambda: len(tick.times) >= 2)
    assert "tick" in caplog.text
    assert type(error).__name__ in caplog.text or str(error) in caplog.text


def test_a_database_that_goes_away_costs_the_lead_only_until_it_is_back(caplog: pytest.LogCaptureFixture) -> None:
    class Candidate(Candidacy):
        reachable = True

        def leads(self) -> bool:
            if not self.reachable:
                raise StoreError("connection refused")
            return True

    caplog.set_level(logging.INFO, logger="digest")
    candidacy, work = Candidate(), Work()
    with keeping(candidacy, plan=work):
        wait_until(lambda: work.finished > 0)
        candidacy.reachable = False
        wait_until(lambda: "lost the lead; standing by" in caplog.messages)
        candidacy.reachable = True
        done = work.finished
        wait_until(lambda: work.finished > done)
    assert "the database cannot be reached, trying again: connection refused" in caplog.messages
    assert "the database can be reached again" in caplog.messages
