"""Group commit: the records of several connections are written in one durable commit.

Every message needs a commit, which costs a disk flush. A record waits briefly for others: until
all connections wait, or nothing came for a millisecond, or two have passed. A single connection never waits.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from digest.deliveries import Attempt
from digest.smtp.outgoing import Record

MAX_WAIT = 0.002  #: seconds that a record waits for others


class GroupCommit:
    """The records of the next commit: attempts, and the intents that messages wait for."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._marks: list[Attempt] = []
        self._intents: list[int] = []
        self._since = 0.0  # when the first of them came

    @property
    def waits(self) -> bool:
        """True when something is to be written."""
        return bool(self._intents or self._marks)

    def note(self, attempts: Sequence[Attempt]) -> None:
        """Have the attempts recorded with the next group: at the latest with the next intent on their connection."""
        self._begin()
        self._marks += attempts

    def intend(self, delivery: int) -> None:
        """Have the intent to send recorded with the next group."""
        self._begin()
        self._intents.append(delivery)

    def is_overdue(self) -> bool:
        """Return True when the first that came has waited long enough."""
        return time.monotonic() - self._since > MAX_WAIT

    def write(self) -> set[int]:
        """Write all in one durable commit; return the deliveries whose intent holds. Raise what `record` raises."""
        marks, self._marks = self._marks, []
        intents, self._intents = self._intents, []
        return self._record(marks, intents)

    def _begin(self) -> None:
        if not self.waits:
            self._since = time.monotonic()
