"""The states of a ledger row, the outcomes of an attempt, the pauses between attempts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.deliveries import OPEN_STATES, DeliveryState, Outcome, retry_pause, transition
from digest.errors import TransitionError


@pytest.mark.parametrize("final", [s for s in DeliveryState if s not in OPEN_STATES and s is not DeliveryState.UNKNOWN])
@pytest.mark.parametrize("wanted", list(DeliveryState))
def test_nothing_leaves_a_final_state(final: DeliveryState, wanted: DeliveryState) -> None:
    with pytest.raises(TransitionError):
        transition(final, wanted)


def test_nothing_is_sent_without_a_claim_and_an_intent() -> None:
    ways = [s for s in DeliveryState if s is not DeliveryState.UNKNOWN and _allowed(s, DeliveryState.SENT)]
    assert ways == [DeliveryState.SENDING]
    assert [s for s in DeliveryState if _allowed(s, DeliveryState.SENDING)] == [DeliveryState.CLAIMED]


def test_a_lease_that_ran_out_makes_the_row_planned_again() -> None:
    assert transition(DeliveryState.CLAIMED, DeliveryState.PLANNED) is DeliveryState.PLANNED


@pytest.mark.parametrize("outcome", list(Outcome))
def test_each_outcome_leads_from_sending_to_a_state(outcome: Outcome) -> None:
    assert transition(DeliveryState.SENDING, outcome.state) is outcome.state


def test_only_an_ambiguous_outcome_is_in_doubt() -> None:
    assert [o for o in Outcome if o.state is DeliveryState.UNKNOWN] == [Outcome.AMBIGUOUS]


def test_pauses_grow_and_stay_below_four_hours() -> None:
    pauses = [retry_pause(n) for n in range(1, 60)]
    assert pauses[:3] == [timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=20)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(hours=4)


def _allowed(present: DeliveryState, wanted: DeliveryState) -> bool:
    try:
        return transition(present, wanted) is wanted
    except TransitionError:
        return False
