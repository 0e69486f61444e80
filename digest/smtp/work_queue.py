"""The desk: the supply as the connections to one relay see it, with what came back to be carried again."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable

from digest.smtp.coroutines import Coroutine, Wait
from digest.smtp.outgoing import MessageSource, OutgoingMessage, RetryAfter

MAX_LOSSES = 2  # times that a parcel is tried again at once after a connection broke under it
OTHERS_FIRST = 20  # parcels that go before one that came back


class WorkQueue:
    """Gives out what the supply gives, gives again what came back, and gives nothing once all is to stop."""

    def __init__(self, source: MessageSource, is_over: Callable[[], bool], given: Callable[[int], None]) -> None:
        """`given` is told, with each new parcel, how many there were."""
        self._source, self._is_over, self._given = source, is_over, given
        self._prepared: deque[OutgoingMessage] = deque()
        self._ask_again = 0.0  # when the supply may have something, by time.monotonic()
        self._returns: deque[tuple[int, OutgoingMessage]] = (
            deque()
        )  # with the count of parcels from which on it goes out again
        self._losses: Counter[int] = Counter()
        self._taken = 0
        self._defect: Exception | None = None

    @property
    def has_left(self) -> bool:
        """True when parcels came from the supply, or came back, that nobody has taken."""
        return bool(self._prepared or self._returns)

    def left(self) -> tuple[OutgoingMessage, ...]:
        """Return the parcels that came from the supply, or came back, and that nobody has taken."""
        return (*self._prepared, *(outgoing for _, outgoing in self._returns))

    def prepare(self, most: int) -> bool:
        """Take a parcel from the supply for whoever wants the next, unless `most` are waiting; True when it took one.

        What the supply raises is kept for `take`, so that what is under way comes to its end.
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
        """Return the next parcel that was prepared; None without one."""
        return self._prepared.popleft() if self._prepared and not self._is_over() else None

    def take(self) -> Coroutine[OutgoingMessage | None]:
        """Return the next parcel, waiting for it when it must; None at the end. Raise what the supply raised.

        What came back goes before its time when the supply was waited for in vain: it may be waiting for that parcel.
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
        """Keep a parcel for another try; with `counted`, after some others, and not if it came back too often.

        What breaks a connection by itself would otherwise break one after the other, and hold up everybody else.
        """
        if not counted:
            self._returns.appendleft((0, outgoing))
            return True
        self._losses[outgoing.delivery] += 1
        if self._losses[outgoing.delivery] > MAX_LOSSES:
            return False
        self._returns.append((self._taken + OTHERS_FIRST, outgoing))
        return True

    def _poll_source(self) -> OutgoingMessage | RetryAfter | None:
        found = self._source.poll()
        if isinstance(found, OutgoingMessage):
            self._taken += 1
            self._given(self._taken)
        elif found:
            self._ask_again = time.monotonic() + found.seconds
        return found
