"""The desk: what is prepared for the connections, and in which order they get it."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from digest.smtp.desk import Desk
from digest.smtp.parcels import Later, Parcel
from digest.smtp.steps import alone


class Scripted:
    """A supply that gives or raises one thing after the other, then nothing."""

    def __init__(self, *things: Parcel | Later | Exception) -> None:
        self.things, self.asked = list(things), 0

    def poll(self) -> Parcel | Later | None:
        self.asked += 1
        thing = self.things.pop(0) if self.things else None
        if isinstance(thing, Exception):
            raise thing
        return thing


def parcel(number: int) -> Parcel:
    return Parcel(number, "s@example.org", f"r{number}@example.com", (b"x\r\n",))


def desk(supply: Scripted, over: threading.Event | None = None) -> Desk:
    return Desk(supply, (over or threading.Event()).is_set, lambda _given: None)


def numbers(parcels: Sequence[Parcel | None]) -> list[int | None]:
    return [one and one.delivery for one in parcels]


def test_no_more_is_prepared_than_is_wanted() -> None:
    supply = Scripted(*map(parcel, range(1, 5)))
    one = desk(supply)
    assert [one.prepare(2) for _ in range(4)] == [True, True, False, False]
    assert supply.asked == 2
    assert numbers(one.left()) == [1, 2]


def test_what_was_prepared_goes_before_what_the_supply_gives() -> None:
    one = desk(Scripted(*map(parcel, range(1, 5))))
    assert one.at_hand() is None
    assert one.prepare(2)
    assert one.prepare(2)
    assert numbers([one.at_hand(), alone(one.take()), alone(one.take())]) == [1, 2, 3]


def test_a_supply_that_gives_something_later_is_not_asked_before_by_way_of_preparing() -> None:
    supply = Scripted(Later(3600), parcel(1))
    one = desk(supply)
    assert [one.prepare(2) for _ in range(3)] == [False] * 3
    assert supply.asked == 1


def test_a_supply_that_breaks_is_heard_by_whoever_takes_next() -> None:
    one = desk(Scripted(parcel(1), RuntimeError("the store is gone")))
    assert [one.prepare(2) for _ in range(3)] == [True, False, False]
    assert numbers([one.at_hand()]) == [1]
    with pytest.raises(RuntimeError, match="store is gone"):
        alone(one.take())


def test_nothing_is_prepared_or_given_once_all_is_over() -> None:
    over = threading.Event()
    one = desk(Scripted(parcel(1), parcel(2)), over)
    assert one.prepare(2)
    over.set()
    assert not one.prepare(2)
    assert numbers([one.at_hand(), alone(one.take())]) == [None, None]
    assert one.has_left
    assert numbers(one.left()) == [1]
