"""Coroutines: the work on one connection as a generator that yields wherever it has to wait.

A coroutine yields what it waits for, and is resumed with whether that came. So the dialogue
with one server reads as straight-line code, and one thread drives all connections.
"""

from __future__ import annotations

import select
import time
from collections.abc import Generator
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Wait(NamedTuple):
    """Waits for a socket, or for a time alone."""

    deadline: float  #: by time.monotonic(); resumed with False when it has passed
    file: int = -1  #: the socket's number; -1: nothing is waited for but the deadline
    events: int = 0  #: select.POLLIN or select.POLLOUT


class Intent(NamedTuple):
    """Waits until the intent to send is recorded durably; resumed with whether it holds."""

    delivery: int  #: id of the ledger row


Coroutine = Generator[Wait | Intent, bool, T]


def run_alone(coroutine: Coroutine[T]) -> T:
    """Run a coroutine to its end by itself and return its result; it must not yield an intent."""
    try:
        wait = next(coroutine)
        while True:
            assert isinstance(wait, Wait), "an intent needs a ledger"
            wait = coroutine.send(is_ready(wait))
    except StopIteration as end:
        result: T = end.value
        return result


def is_ready(wait: Wait) -> bool:
    """Wait, and return whether it came before the deadline."""
    poll = select.poll()
    if wait.file >= 0:
        poll.register(wait.file, wait.events)
    return bool(poll.poll(max(wait.deadline - time.monotonic(), 0) * 1000))
