"""The work queue: what is prepared for the connections, and in which order they get it."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from digest.smtp.coroutines import run_alone
from digest.smtp.outgoing import OutgoingMessage, RetryAfter
from digest.smtp.work_queue import WorkQueue


class Scripted:
    """A supply that gives or raises one thing after the other, then nothing."""

    def __init__(self, *things: OutgoingMessage | RetryAfter | Exception) -> None:
        self.things, self.asked = list(things), 0

    def poll(self) -> OutgoingMessage | RetryAfter | None:
        self.asked += 1
        thing = self.things.pop(0) if self.things else None
        if isinstance(thing, Exception):
            raise thing
        return thing


def outgoing(number: int) -> OutgoingMessage:
    return OutgoingMessage(number, "s@example.org", f"r{number}@example.com", (b"x\r\n",))


def queue(source: Scripted, over: threading.Event | None = None) -> WorkQueue:
    return WorkQueue(source, (over or threading.Event()).is_set, lambda _given: None)


def numbers(outgoing_messages: Sequence[OutgoingMessage | None]) -> list[int | None]:
    return [one and one.delivery for one in outgoing_messages]


def test_no_more_is_prepared_than_is_wanted() -> None:
    source = Scripted(*map(outgoing, range(1, 5)))
    one = queue(source)
    assert [one.prepare(2) for _ in range(4)] == [True, True, False, False]
    assert source.asked == 2
    assert numbers(one.left()) == [1, 2]


def test_prepared_messages_go_before_those_of_the_source() -> None:
    one = queue(Scripted(*map(outgoing, range(1, 5))))
    assert one.take_ready() is None
    assert one.prepare(2)
    assert one.prepare(2)
    assert numbers([one.take_ready(), run_alone(one.take()), run_alone(one.take())]) == [1, 2, 3]


def test_preparing_does_not_poll_a_source_before_its_retry_time() -> None:
    source = Scripted(RetryAfter(3600), outgoing(1))
    one = queue(source)
    assert [one.prepare(2) for _ in range(3)] == [False] * 3
    assert source.asked == 1


def test_an_error_of_the_source_is_raised_by_the_next_take() -> None:
    one = queue(Scripted(outgoing(1), RuntimeError("the store is gone")))
    assert [one.prepare(2) for _ in range(3)] == [True, False, False]
    assert numbers([one.take_ready()]) == [1]
    with pytest.raises(RuntimeError, match="store is gone"):
        run_alone(one.take())


def test_nothing_is_prepared_or_given_once_all_is_over() -> None:
    over = threading.Event()
    one = queue(Scripted(outgoing(1), outgoing(2)), over)
    assert one.prepare(2)
    over.set()
    assert not one.prepare(2)
    assert numbers([one.take_ready(), run_alone(one.take())]) == [None, None]
    assert one.has_left
    assert numbers(one.left()) == [1]
