"""Shares: how much each of several relays takes of the mail."""

from __future__ import annotations

from digest.runs.delivery.relay_share import AHEAD, SILENT, RelayShares
from digest.settings import RelaySettings


class Relays:
    """Two relays that take messages whenever they may, by a clock that is set by hand."""

    def __init__(self, **shares: float) -> None:
        self.now = 0.0
        relays = [RelaySettings(name=name, host="mail.example.com", share=share) for name, share in shares.items()]
        self.shares = RelayShares(relays, lambda: self.now)

    def take(self, name: str, most: int) -> int:
        """Have the relay take as many as it may, and return how many that were."""
        for taken in range(most):
            if self.shares.is_ahead(name):
                return taken
            self.shares.count(name)
        return most


def test_a_relay_waits_for_the_others_when_it_is_ahead_of_its_share() -> None:
    relays = Relays(big=3, small=1)
    assert relays.take("small", 500) < 2 * AHEAD
    assert relays.take("big", 60) == 60
    assert 10 <= relays.take("small", 500) <= 30


def test_one_that_takes_none_for_a_while_is_not_waited_for() -> None:
    relays = Relays(mute=1, good=1)
    assert relays.take("good", 500) < 500
    relays.now += SILENT
    assert relays.take("good", 500) == 500


def test_one_that_comes_back_need_not_catch_up() -> None:
    relays = Relays(mute=1, good=2)
    relays.now += SILENT
    assert relays.take("good", 500) == 500
    assert relays.take("mute", 1) == 1
    assert relays.take("good", 10) == 10
    assert relays.take("mute", 500) < 3 * AHEAD
