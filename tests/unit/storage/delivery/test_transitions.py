"""Whatever the store does to a ledger row, it changes its state only as the table of transitions says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from digest.deliveries import TRANSITIONS, Attempt, DeliveryState, Outcome
from digest.storage import Store, Tx, housekeeping
from digest.storage.database import schema
from digest.storage.delivery import deliveries, ledger, plans
from digest.storage.delivery.delivery_updates import Recorder
from digest.storage.subscribers import consent, subscribers
from digest.storage.subscribers.consent import Change
from digest.subscribers import State, Subscriber
from tests.unit.storage.samples import NOW, plan, subscribed

LEASE = timedelta(minutes=5)
LONG_AFTER = NOW + timedelta(days=1)
OWNER = "process"

StateChange = Callable[[Store, Subscriber, int], None]


def _in_transaction(work: Callable[[Tx, Subscriber, int], object]) -> StateChange:
    def change(store: Store, person: Subscriber, row: int) -> None:
        with store.transaction() as tx:
            work(tx, person, row)

    return change


def _record_sent(store: Store, _person: Subscriber, row: int) -> None:
    recorder = Recorder(store, OWNER)
    recorder.record([_attempt(row, Outcome.SENT)], (), NOW)
    recorder.close()


def _record_intent(store: Store, _person: Subscriber, row: int) -> None:
    recorder = Recorder(store, OWNER)
    recorder.record((), [row], NOW)
    recorder.close()


def _attempt(row: int, outcome: Outcome) -> Attempt:
    return Attempt(delivery=row, outcome=outcome, at=NOW)


def _mark(outcome: Outcome) -> StateChange:
    return _in_transaction(lambda tx, _person, row: ledger.mark(tx, OWNER, [_attempt(row, outcome)]))


def _unsubscribe(tx: Tx, person: Subscriber) -> None:
    consent.set_state(tx, person.number, Change(state=State.UNSUBSCRIBED, cause="a test"), NOW)


def _plan_anew(store: Store, person: Subscriber, row: int) -> None:
    later = plan(person, NOW.date() + timedelta(days=1), replaces=(row,))
    with store.transaction() as tx:
        plans.enter(tx, [later], LONG_AFTER)


def _expire_unwanted(tx: Tx, person: Subscriber, _row: int) -> None:
    _unsubscribe(tx, person)
    ledger.expire_unwanted(tx)


def _tidy(store: Store, person: Subscriber, _row: int) -> None:
    with store.transaction() as tx:
        consent.set_state(tx, person.number, Change(state=State.PAUSED, cause="a test"), NOW)
    year = timedelta(days=365)
    housekeeping.tidy(store, housekeeping.Retention(issues=year, deliveries=year, runs=year), NOW + timedelta(days=30))


CHANGES: dict[str, StateChange] = {
    "claim": _in_transaction(lambda tx, _p, _r: ledger.claim(tx, OWNER, NOW, lease=LEASE, limit=9)),
    "intend": _in_transaction(lambda tx, _p, row: ledger.intend(tx, OWNER, [row], NOW)),
    "record an intent": _record_intent,
    "record what was sent": _record_sent,
    **{f"mark as {outcome}": _mark(outcome) for outcome in Outcome},
    "release": _in_transaction(lambda tx, _p, _r: ledger.release(tx, OWNER)),
    "postpone": _in_transaction(lambda tx, _p, row: ledger.postpone(tx, OWNER, [row], LONG_AFTER)),
    "recover": _in_transaction(lambda tx, _p, _r: ledger.recover(tx, NOW, dead=[OWNER])),
    "reopen": _in_transaction(lambda tx, _p, row: ledger.reopen(tx, [row], LONG_AFTER)),
    "send again": _in_transaction(lambda tx, _p, _r: ledger.resend_unknown(tx, NOW)),
    "expire what is unwanted": _in_transaction(_expire_unwanted),
    "plan a later issue": _plan_anew,
    "tidy up after a pause": _tidy,
    "erase the subscriber": _in_transaction(lambda tx, person, _r: consent.erase(tx, person.number, NOW)),
}


def _state_after(store: Store, name: str, before: DeliveryState) -> DeliveryState:
    """Return the state of a row that was in `before` when the change of that name came."""
    [person] = subscribed(store, name.replace(" ", "-"))
    with store.transaction() as tx:
        row = plans.enter(tx, [plan(person)], NOW).planned[person.number]
        leased = {"lease_owner": OWNER, "lease_until": NOW + LEASE} if before in HELD else {}
        this_row = update(schema.deliveries).where(schema.deliveries.c.id == row)
        tx.connection.execute(this_row.values(state=before.value, **leased))
        present = subscribers.by_numbers(tx, [person.number])[person.number]
    CHANGES[name](store, present, row)
    with store.reading() as tx:
        found = deliveries.by_id(tx, row)
    assert found is not None
    return found.state


HELD = (DeliveryState.CLAIMED, DeliveryState.SENDING, DeliveryState.UNKNOWN)


@pytest.mark.parametrize("before", list(DeliveryState))
def test_a_row_changes_as_the_table_says_and_in_no_other_way(store: Store, before: DeliveryState) -> None:
    after = {_state_after(store, name, before) for name in CHANGES}
    assert after - {before} == TRANSITIONS[before]
