"""The work queue: the messages that the connections to one relay share, with those that must be sent again."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable

from digest.smtp.coroutines import Coroutine, Wait
from digest.smtp.outgoing import MessageSource, OutgoingMessage, RetryAfter

MAX_LOSSES = 2  # times that a message is retried at once after its connection broke
MESSAGES_BEFORE_RETRY = 20  # sent before one that came back


class WorkQueue:
    """Hands out the messages of a source, and again those that came back; nothing once sending must stop."""

    def __init__(self, source: MessageSource, is_over: Callable[[], bool], given: Callable[[int], None]) -> None:
        """`given` is called with the running count at each new message."""
        self._source, self._is_over, self._given = source, is_over, given
        self._prepared: deque[OutgoingMessage] = deque()
        self._ask_again = 0.0  # when to poll the source again, by time.monotonic()
        self._returns: deque[tuple[int, OutgoingMessage]] = (
            deque()
        )  # with the message count from which it may go out again
        self._losses: Counter[int] = Counter()
        self._taken = 0
        self._defect: Exception | None = None

    @property
    def has_left(self) -> bool:
        """True when prepared or returned messages wait."""
        return bool(self._prepared or self._returns)

    def left(self) -> tuple[OutgoingMessage, ...]:
        """Return the prepared and returned messages that wait."""
        return (*self._prepared, *(outgoing for _, outgoing in self._returns))

    def prepare(self, most: int) -> bool:
        """Prepare the next message of the source, unless `most` are waiting; return True when it did.

        An error of the source is kept for `take`, so that messages under way can finish.
        """
        if len(self._prepared) >= most or self._is_over() or self._defect or time.monotonic() < self._ask_again:
            return False
        try:
            found = self._poll_source()
        except Exception as error:
            self._defect = error
            return False
        if isinstance(found, OutgoingMessage):
            self._prepared.append(found)
        return isinstance(found, OutgoingMessage)

    def take_ready(self) -> OutgoingMessage | None:
        """Return the next prepared message; None without one."""
        return self._prepared.popleft() if self._prepared and not self._is_over() else None

    def take(self) -> Coroutine[OutgoingMessage | None]:
        """Return the next message, waiting if need be; None at the end. Raise what the source raised.

        A returned message goes early when waiting for the source gave nothing: the source may wait for it.
        """
        waited = False
        while not self._is_over():
            if self._defect:
                raise self._defect
            if self._returns and self._returns[0][0] <= self._taken:
                return self._returns.popleft()[1]
            found = self.take_ready() or self._poll_source()
            if isinstance(found, OutgoingMessage):
                return found
            if self._returns and (found is None or waited):
                return self._returns.popleft()[1]
            if found is None:
                return None
            yield Wait(time.monotonic() + found.seconds)
            waited = True
        return None

    def give_back(self, outgoing: OutgoingMessage, *, counted: bool = False) -> bool:
        """Queue a message again; with `counted`, behind some others, and not if it came back too often.

        Otherwise a message that breaks connections would break one after another and hold up all others.
        """
        if not counted:
            self._returns.appendleft((0, outgoing))
            return True
        self._losses[outgoing.delivery] += 1
        if self._losses[outgoing.delivery] > MAX_LOSSES:
            return False
        self._returns.append((self._taken + MESSAGES_BEFORE_RETRY, outgoing))
        return True

    def _poll_source(self) -> OutgoingMessage | RetryAfter | None:
        found = self._source.poll()
        if isinstance(found, OutgoingMessage):
            self._taken += 1
            self._given(self._taken)
        elif found:
            self._ask_again = time.monotonic() + found.seconds
        return found
