"""The desk: the supply as the connections to one relay see it, with what came back to be carried again."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable

from digest.smtp.parcels import Later, Parcel, Supply
from digest.smtp.steps import Steps, Wait

MAX_LOSSES = 2  # times that a parcel is tried again at once after a connection broke under it
OTHERS_FIRST = 20  # parcels that go before one that came back


class Desk:
    """Gives out what the supply gives, gives again what came back, and gives nothing once all is to stop."""

    def __init__(self, supply: Supply, is_over: Callable[[], bool], given: Callable[[int], None]) -> None:
        """`given` is told, with each new parcel, how many there were."""
        self._supply, self._is_over, self._given = supply, is_over, given
        self._returns: deque[tuple[int, Parcel]] = deque()  # with the count of parcels from which on it goes out again
        self._losses: Counter[int] = Counter()
        self._taken = 0
        self._defect: Exception | None = None

    @property
    def has_returns(self) -> bool:
        """True when parcels came back that nobody has taken again."""
        return bool(self._returns)

    def returned(self) -> tuple[Parcel, ...]:
        """Gives the parcels that came back and that nobody has taken again."""
        return tuple(parcel for _, parcel in self._returns)

    def take(self) -> Steps[Parcel | None]:
        """Gives the next parcel, waiting for it when it must; None at the end. Raises what the supply raised.

        What came back goes before its time when the supply was waited for in vain: it may be waiting for that parcel.
        """
        waited = False
        while not self._is_over():
            if self._defect:
                raise self._defect
            if self._returns and self._returns[0][0] <= self._taken:
                return self._returns.popleft()[1]
            found = self._counted(self._supply.poll())
            if isinstance(found, Parcel):
                return found
            if self._returns and (found is None or waited):
                return self._returns.popleft()[1]
            if found is None:
                return None
            yield Wait(time.monotonic() + found.seconds)
            waited = True
        return None

    def poll(self) -> Parcel | None:
        """Gives the next parcel if there is one at hand, while a message is under way.

        What the supply raises is kept for `take`, so that the message comes to its end.
        """
        if self._is_over() or self._defect:
            return None
        try:
            found = self._counted(self._supply.poll())
        except Exception as error:
            self._defect = error
            return None
        return found if isinstance(found, Parcel) else None

    def give_back(self, parcel: Parcel, *, counted: bool = False) -> bool:
        """Keeps a parcel for another try; with `counted`, after some others, and not if it came back too often.

        What breaks a connection by itself would otherwise break one after the other, and hold up everybody else.
        """
        if not counted:
            self._returns.appendleft((0, parcel))
            return True
        self._losses[parcel.delivery] += 1
        if self._losses[parcel.delivery] > MAX_LOSSES:
            return False
        self._returns.append((self._taken + OTHERS_FIRST, parcel))
        return True

    def _counted(self, found: Parcel | Later | None) -> Parcel | Later | None:
        if isinstance(found, Parcel):
            self._taken += 1
            self._given(self._taken)
        return found
