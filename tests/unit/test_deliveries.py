"""The states of a ledger row, the outcomes of an attempt, the pauses between attempts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.deliveries import OPEN_STATES, TRANSITIONS, DeliveryState, Outcome, retry_pause, states_before


@pytest.mark.parametrize(
    "final", [s for s in DeliveryState if s not in (*OPEN_STATES, DeliveryState.UNKNOWN, DeliveryState.FAILED)]
)
def test_nothing_leaves_a_final_state(final: DeliveryState) -> None:
    assert TRANSITIONS[final] == frozenset()


def test_a_failed_delivery_is_only_deferred_when_its_refusal_was_about_us() -> None:
    assert TRANSITIONS[DeliveryState.FAILED] == {DeliveryState.DEFERRED}


def test_nothing_is_sent_without_a_claim_and_an_intent() -> None:
    assert states_before(DeliveryState.SENT) == (DeliveryState.SENDING, DeliveryState.UNKNOWN)
    assert states_before(DeliveryState.SENDING) == (DeliveryState.CLAIMED,)


def test_a_lease_that_ran_out_makes_the_row_planned_again() -> None:
    assert DeliveryState.CLAIMED in states_before(DeliveryState.PLANNED)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_each_outcome_leads_from_sending_to_a_state(outcome: Outcome) -> None:
    assert DeliveryState.SENDING in states_before(outcome.state)


def test_only_an_ambiguous_outcome_is_in_doubt() -> None:
    assert [o for o in Outcome if o.state is DeliveryState.UNKNOWN] == [Outcome.AMBIGUOUS]


def test_pauses_grow_and_stay_below_four_hours() -> None:
    pauses = [retry_pause(n) for n in range(1, 60)]
    assert pauses[:3] == [timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=20)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(hours=4)
