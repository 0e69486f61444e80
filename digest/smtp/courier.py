"""The courier: carries parcels to one relay over several connections, each in a thread that mostly waits."""

from __future__ import annotations

import logging
import threading
from collections import Counter, deque
from collections.abc import Callable
from datetime import UTC, datetime

from digest.deliveries import Attempt, Outcome
from digest.errors import RelayError, RelayRefused, RelayUnavailable
from digest.settings import SmtpSettings
from digest.smtp.exchange import Broken, Exchange, Slowed, Withdrawn
from digest.smtp.grouping import GroupCommit
from digest.smtp.parcels import Parcel, Record, Supply
from digest.smtp.replies import MAX_TEXT, Stage
from digest.smtp.session import open_session

MAX_LOSSES = 2  # times that a parcel is tried again at once after a connection broke under it
MAX_TROUBLES = 3  # fruitless connections in a row before the relay is given up for this time
FIRST_PAUSE = 0.5  # seconds before the next connection; doubled each time
OTHERS_FIRST = 20  # parcels that go before one that came back
PARCELS_PER_CONNECTION = 4  # parcels begun before a further connection is worth its making

_log = logging.getLogger(__name__)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Courier:
    """Carries what a supply gives to one relay, until the supply ends, the relay is given up, or it is told to stop.

    One connection is made first; more follow, up to the relay's number, while there is more to carry.
    """

    def __init__(
        self,
        relay: SmtpSettings,
        record: Record,
        *,
        clock: Callable[[], datetime] = _utc_now,
        stop: threading.Event | None = None,
        name: str = "",
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        self.relay, self.name = relay, name or f"{relay.host}:{relay.port}"
        self._ledger, self._clock, self._first_pause = GroupCommit(record), clock, first_pause
        self._stop = stop or threading.Event()
        self._given_up = threading.Event()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._open = 0  # sessions at work
        self._troubles = 0  # fruitless connections in a row
        self._problem: RelayError | None = None
        self._defect: BaseException | None = None
        self.returned: tuple[Parcel, ...] = ()  #: taken and not carried, because the relay was given up

    def stop(self) -> None:
        """Lets what is under way come to its end, and begins nothing more."""
        self._stop.set()

    def _is_over(self) -> bool:
        return self._stop.is_set() or self._given_up.is_set()

    def carry(self, supply: Supply) -> RelayError | None:
        """Carries everything; gives why it could not, None when nothing is left. Raises what `record` raised."""
        desk = _Desk(supply, self._is_over, lambda: self._add_thread(desk))
        self._add_thread(desk)
        for thread in self._threads:  # grows while it is gone through
            thread.join()
        while desk.has_returns and not self._is_over():
            self._work(desk)  # given back by one connection when the others had already come to their end
        self.returned = desk.returned()
        if defect := self._defect or self._ledger.error:
            raise defect
        return self._problem

    def _add_thread(self, desk: _Desk) -> None:
        with self._lock:
            if len(self._threads) < self.relay.connections:
                name = f"smtp-{self.name}-{len(self._threads)}"
                thread = threading.Thread(target=self._work, args=(desk,), name=name, daemon=True)
                thread.start()
                self._threads.append(thread)

    def _work(self, desk: _Desk) -> None:
        try:
            while parcel := desk.take():
                trouble = self._trip(parcel, desk)
                if trouble and not self._goes_on_after(trouble):
                    return
        except BaseException as error:
            self._defect = self._defect or error
            self._given_up.set()

    def _trip(self, parcel: Parcel, desk: _Desk) -> RelayError | None:
        """Carries the parcel and what follows over one connection; gives what made the connection fruitless."""
        try:
            session = open_session(self.relay)
        except RelayError as error:
            desk.give_back(parcel)
            return error
        with self._lock:
            self._open += 1
        exchange = Exchange(session, desk, self._ledger, self.name, self._clock)
        try:
            exchange.run(parcel)
            session.quit()
        except Broken as error:
            self._give_back(error, desk)
            if isinstance(error, Slowed) or not (exchange.answered or isinstance(error, Withdrawn)):
                return RelayUnavailable(f"relay {self.name}: {error}")
        finally:
            session.wire.close()
            with self._lock:
                self._open -= 1
                self._troubles = 0 if exchange.answered else self._troubles
        return None

    def _goes_on_after(self, trouble: RelayError) -> bool:
        """Waits before the next connection; False when this thread should not make one."""
        _log.warning("%s", trouble, extra={"action": "connect", "relay": self.name})
        with self._lock:
            if self._open:
                return False  # the relay takes us, but not more of us
            self._troubles += 1
            troubles = self._troubles
        if troubles >= MAX_TROUBLES or isinstance(trouble, RelayRefused):
            self._problem = trouble
            self._given_up.set()
            return False
        return not self._stop.wait(self._first_pause * 2.0 ** (troubles - 1))

    def _give_back(self, broken: Broken, desk: _Desk) -> None:
        """Keeps the parcels of a broken session for another connection; marks as lost what broke too many."""
        for parcel in broken.back:
            if not desk.give_back(parcel, counted=True):
                lost = Attempt(
                    delivery=parcel.delivery,
                    outcome=Outcome.LOST,
                    at=self._clock(),
                    reply=str(broken)[:MAX_TEXT],
                    stage=Stage.CONNECT,
                    relay=self.name,
                )
                self._ledger.note([lost])
        self._ledger.flush()


class _Desk:
    """The supply as the connections see it: gives again what came back, and nothing once all is to stop."""

    def __init__(self, supply: Supply, is_over: Callable[[], bool], grow: Callable[[], None]) -> None:
        self._supply, self._is_over, self._grow = supply, is_over, grow
        self._lock = threading.Lock()
        self._returns: deque[tuple[int, Parcel]] = deque()  # with the count of parcels from which on it goes out again
        self._losses: Counter[int] = Counter()
        self._taken = 0

    @property
    def has_returns(self) -> bool:
        """True when parcels came back that nobody has taken again."""
        return bool(self._returns)

    def returned(self) -> tuple[Parcel, ...]:
        """Gives the parcels that came back and that nobody has taken again."""
        return tuple(parcel for _, parcel in self._returns)

    def take(self) -> Parcel | None:
        """Gives the next parcel, waiting for it when it must; None at the end."""
        if self._is_over():
            return None
        return self._return(self._taken) or self._counted(self._supply.take()) or self._return()

    def poll(self) -> Parcel | None:
        """Gives the next parcel if there is one at hand."""
        return None if self._is_over() else self._counted(self._supply.poll())

    def give_back(self, parcel: Parcel, *, counted: bool = False) -> bool:
        """Keeps a parcel for another try; with `counted`, after some others, and not if it came back too often.

        What breaks a connection by itself would otherwise break one after the other, and hold up everybody else.
        """
        with self._lock:
            if not counted:
                self._returns.appendleft((0, parcel))
                return True
            self._losses[parcel.delivery] += 1
            if self._losses[parcel.delivery] > MAX_LOSSES:
                return False
            self._returns.append((self._taken + OTHERS_FIRST, parcel))
            return True

    def _return(self, taken: int | None = None) -> Parcel | None:
        if not self._returns:
            return None
        with self._lock:
            if self._returns and (taken is None or self._returns[0][0] <= taken):
                return self._returns.popleft()[1]
            return None

    def _counted(self, parcel: Parcel | None) -> Parcel | None:
        if parcel:
            self._taken += 1
            if self._taken % PARCELS_PER_CONNECTION == 1 and self._taken > 1:
                self._grow()
        return parcel
