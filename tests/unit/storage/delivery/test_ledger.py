from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta, timezone

import pytest
from sqlalchemy import delete

from digest.deliveries import Attempt, DeliveryState, Outcome
from digest.smtp.replies import Stage
from digest.storage import Store, Tx
from digest.storage.database import schema
from digest.storage.delivery import deliveries, ledger, plans
from digest.storage.delivery.delivery_updates import INTENT_LEASE, MAX_REPLY, Recorder
from digest.storage.delivery.ledger import Recovered
from digest.storage.subscribers import consent, suppressions
from digest.storage.subscribers.consent import Change
from digest.subscribers import State, Subscriber, Subscription
from tests.unit.storage.samples import NOW, issue, plan, subscribed

LEASE = timedelta(minutes=5)
LATER = NOW + timedelta(minutes=6)
LONG_AFTER = NOW + INTENT_LEASE


def planned(store: Store, *names: str) -> list[tuple[Subscriber, int]]:
    """Return subscribers with the ledger rows of their issues."""
    people = subscribed(store, *names)
    with store.transaction() as tx:
        entered = plans.enter(tx, [plan(person) for person in people], NOW)
    return [(person, entered.planned[person.number]) for person in people]


def claimed(tx: Tx, owner: str = "sender") -> list[int]:
    return [row.id for row in ledger.claim(tx, owner, NOW, lease=LEASE, limit=99)]


def state(tx: Tx, delivery: int) -> DeliveryState:
    row = deliveries.by_id(tx, delivery)
    assert row is not None
    return row.state


def attempt(delivery: int, outcome: Outcome, **answer: object) -> Attempt:
    return Attempt(delivery=delivery, outcome=outcome, at=NOW, **answer)  # type: ignore[arg-type]


def unsubscribe(tx: Tx, person: Subscriber) -> None:
    consent.set_state(tx, person.number, Change(state=State.UNSUBSCRIBED, cause="link"), NOW)


def pause(tx: Tx, person: Subscriber) -> None:
    consent.set_state(tx, person.number, Change(state=State.PAUSED, cause="link"), NOW)


def suppress(tx: Tx, person: Subscriber) -> None:
    suppressions.suppress(tx, person.address.upper(), "hard bounce", "5.1.1", NOW)


LEAVING = pytest.mark.parametrize("leave", [unsubscribe, pause, suppress])


class TestClaiming:
    def test_a_claim_brings_all_that_the_message_is_made_from(self, store: Store) -> None:
        [(ada, row)] = planned(store, "ada")
        with store.transaction() as tx:
            [found] = ledger.claim(tx, "sender", NOW, lease=LEASE, limit=9)
            assert state(tx, row) is DeliveryState.CLAIMED
        assert (found.id, found.issue, found.attempts, found.domain) == (row, issue(ada), 0, "example.com")
        asked = ada.subscription
        assert found.number == ada.number
        assert found.subscription == Subscription(address=asked.address, name=asked.name, language=asked.language)

    def test_a_row_is_claimed_once(self, store: Store) -> None:
        rows = [row for _, row in planned(store, "ada", "bob", "eve")]
        with store.transaction() as tx:
            first = ledger.claim(tx, "one", NOW, lease=LEASE, limit=2)
            second = ledger.claim(tx, "two", NOW, lease=LEASE, limit=2)
            assert ledger.claim(tx, "two", NOW, lease=LEASE, limit=2) == []
        assert [row.id for row in first + second] == rows

    @LEAVING
    def test_nothing_is_claimed_for_one_who_left(self, store: Store, leave: Callable[[Tx, Subscriber], None]) -> None:
        [(ada, _), (_, bobs)] = planned(store, "ada", "bob")
        with store.transaction() as tx:
            leave(tx, ada)
            assert ledger.waiting(tx, NOW) == 1
            assert claimed(tx) == [bobs]

    def test_a_lifted_suppression_holds_no_more(self, store: Store) -> None:
        [(ada, row)] = planned(store, "ada")
        with store.transaction() as tx:
            suppress(tx, ada)
            assert suppressions.lift(tx, ada.address, NOW)
            assert claimed(tx) == [row]

    def test_a_row_is_not_claimed_once_the_next_issue_is_due(self, store: Store) -> None:
        planned(store, "ada")
        with store.transaction() as tx:
            assert ledger.claim(tx, "sender", NOW + timedelta(days=1, hours=1), lease=LEASE, limit=9) == []

    def test_a_deferred_row_waits_for_its_next_attempt(self, store: Store) -> None:
        [(_, row)] = planned(store, "ada")
        with store.transaction() as tx:
            claimed(tx)
            ledger.mark(tx, "sender", [attempt(row, Outcome.DEFERRED)])
            assert claimed(tx) == []
            [again] = ledger.claim(tx, "sender", NOW + LEASE, lease=LEASE, limit=9)
        assert (again.id, again.attempts) == (row, 1)


class TestIntending:
    def test_an_intended_row_is_sending(self, store: Store) -> None:
        [(_, row), (_, other)] = planned(store, "ada", "bob")
        with store.transaction() as tx:
            claimed(tx)
            assert ledger.intend(tx, "sender", [row], NOW) == {row}
            assert (state(tx, row), state(tx, other)) == (DeliveryState.SENDING, DeliveryState.CLAIMED)

    @LEAVING
    def test_one_who_left_since_the_claim_gets_nothing(
        self, store: Store, leave: Callable[[Tx, Subscriber], None]
    ) -> None:
        [(ada, hers), (_, his)] = planned(store, "ada", "bob")
        with store.transaction() as tx:
            claimed(tx)
            leave(tx, ada)
            assert ledger.intend(tx, "sender", [hers, his], NOW) == {his}

    def test_a_lease_that_ran_out_or_is_anothers_gives_no_right_to_send(self, store: Store) -> None:
        [(_, row)] = planned(store, "ada")
        with store.transaction() as tx:
            claimed(tx)
            assert ledger.intend(tx, "another", [row], NOW) == frozenset()
            assert ledger.intend(tx, "sender", [row], NOW + LEASE) == frozenset()
            assert ledger.intend(tx, "sender", [row], NOW) == {row}

    def test_an_intent_has_a_lease_of_its_own_that_lasts_as_long_as_an_answer_may_take(self, store: Store) -> None:
        [(_, row)] = planned(store, "ada")
        with store.transaction() as tx:
            claimed(tx)
            almost = NOW + LEASE - timedelta(seconds=1)
            assert ledger.intend(tx, "sender", [row], almost) == {row}
            assert ledger.recover(tx, almost + INTENT_LEASE - timedelta(seconds=1)).unknown == ()
            assert ledger.recover(tx, almost + INTENT_LEASE).unknown == (row,)

    def test_no_row_is_intended_twice(self, store: Store) -> None:
        [(_, row)] = planned(store, "ada")
        with store.transaction() as tx:
            claimed(tx)
            ledger.intend(tx, "sender", [row], NOW)
            assert ledger.intend(tx, "sender", [row], NOW) == frozenset()


class TestMarking:
    @pytest.mark.parametrize(
        ("outcome", "expected"),
        [
            (Outcome.SENT, DeliveryState.SENT),
            (Outcome.DEFERRED, DeliveryState.DEFERRED),
            (Outcome.FAILED, DeliveryState.FAILED),
            (Outcome.LOST, DeliveryState.DEFERRED),
            (Outcome.AMBIGUOUS, DeliveryState.UNKNOWN),
        ],
    )
    def test_each_outcome_leads_to_its_state(self, store: Store, outcome: Outcome, expected: DeliveryState) -> None:
        [(_, row)] = planned(store, "ada")
        with store.transaction() as tx:
            claimed(tx)
            ledger.intend(tx, "sender", [row], NOW)
            assert ledger.mark(tx, "sender", [attempt(row, outcome)]) == {row}
            assert state(tx, row) is expected

    def test_the_servers_answer_is_kept(self, store: Store) -> None:
        [(_, row)] = planned(store, "ada")
        answer = {"code": 550, "status": "5.1.1", "reply": "no\0body " + "x" * 999, "stage": "rcpt", "relay": "mx"}
        with store.transaction() as tx:
            claimed(tx)
            ledger.mark(tx, "sender", [attempt(row, Outcome.FAILED, **answer)])
            found = deliveries.by_id(tx, row)
        assert found is not None
        assert (found.last_code, found.last_status, found.last_stage, found.relay) == (550, "5.1.1", "rcpt", "mx")
        assert found.last_reply.startswith("no\ufffdbody xxx")
        assert len(found.last_reply) == MAX_REPLY
        assert (found.attempts, found.sent_at) == (1, None)

    @pytest.mark.parametrize("by_recorder", [False, True])
    def test_a_sent_row_keeps_the_answer_and_its_instant(self, store: Store, by_recorder: bool) -> None:
        [(_, row), (_, other)] = planned(store, "ada", "bob")
        at = NOW.astimezone(timezone(timedelta(hours=5, minutes=45))) + timedelta(microseconds=7)
        sent = Attempt(row, Outcome.SENT, at, 250, "2.0.0", "queued as 1\ud800", Stage.DOT, "mx", "ada@example.com")
        with store.transaction() as tx:
            assert claimed(tx) == [row, other]
            assert ledger.intend(tx, "sender", [row], NOW) == {row}
            assert by_recorder or ledger.mark(tx, "sender", [sent]) == {row}
        recorder = Recorder(store, "sender")
        assert recorder.record([sent] if by_recorder else [], [other], at) == {other}
        recorder.close()
        with store.reading() as tx:
            found = deliveries.by_id(tx, row)
            assert state(tx, other) is DeliveryState.SENDING
        assert found is not None
        assert (found.state, found.sent_at) == (DeliveryState.SENT, NOW + timedelta(microseconds=7))
        assert (found.last_code, found.last_status, found.last_reply) == (250, "2.0.0", "queued as 1?")
        assert (found.last_stage, found.relay, found.attempts) == ("dot", "mx", 1)

    def test_many_rows_of_different_outcomes_are_marked_at_once(self, store: Store) -> None:
        rows = [row for _, row in planned(store, "ada", "bob", "eve")]
        outcomes = [Outcome.SENT, Outcome.FAILED, Outcome.LOST]
        with store.transaction() as tx:
            ledger.intend(tx, "sender", claimed(tx), NOW)
            ledger.mark(tx, "sender", list(map(attempt, rows, outcomes)))
            found = {state: count for state, count in ledger.counts(tx).items() if count}
        assert found == {DeliveryState.SENT: 1, DeliveryState.FAILED: 1, DeliveryState.DEFERRED: 1}

    def test_a_row_that_another_holds_is_not_marked(self, store: Store) -> None:
        [(_, row)] = planned(store, "ada")
        with store.transaction() as tx:
            claimed(tx)
            assert ledger.mark(tx, "another", [attempt(row, Outcome.SENT)]) == frozenset()
            assert state(tx, row) is DeliveryState.CLAIMED

    def test_what_is_sent_stays_sent(self, store: Store) -> None:
        [(_, row)] = planned(store, "ada")
        with store.transaction() as tx:
            ledger.intend(tx, "sender", claimed(tx), NOW)
            ledger.mark(tx, "sender", [attempt(row, Outcome.SENT)])
            assert ledger.mark(tx, "sender", [attempt(row, Outcome.FAILED)]) == frozenset()
            assert state(tx, row) is DeliveryState.SENT


class TestRecovering:
    def test_a_claimed_row_whose_sender_died_is_planned_again(self, store: Store) -> None:
        [(_, row)] = planned(store, "ada")
        with store.transaction() as tx:
            claimed(tx)
            assert ledger.recover(tx, NOW).released == 0
            assert ledger.recover(tx, LATER).released == 1
            assert [found.id for found in ledger.claim(tx, "two", LATER, lease=LEASE, limit=9)] == [row]

    def test_a_row_found_sending_is_in_doubt_and_not_sent_again(self, store: Store) -> None:
        [(_, row)] = planned(store, "ada")
        with store.transaction() as tx:
            claimed(tx)
            ledger.intend(tx, "sender", [row], NOW)
            assert ledger.recover(tx, LONG_AFTER).unknown == (row,)
            assert claimed(tx) == []
            [doubtful] = deliveries.in_states(tx, [DeliveryState.UNKNOWN])
        assert doubtful.id == row

    def test_rows_of_a_sender_known_to_be_dead_do_not_wait_for_their_lease(self, store: Store) -> None:
        [(_, first), (_, second)] = planned(store, "ada", "bob")
        with store.transaction() as tx:
            claimed(tx)
            ledger.intend(tx, "sender", [first], NOW)
            assert ledger.owners(tx) == {"sender"}
            assert ledger.recover(tx, NOW, dead=["another"]) == Recovered(released=0, unknown=())
            assert ledger.recover(tx, NOW, dead=["sender"]) == Recovered(released=1, unknown=(first,))
            assert state(tx, second) is DeliveryState.PLANNED
            assert ledger.owners(tx) == frozenset()

    def test_a_late_answer_overrides_the_doubt(self, store: Store) -> None:
        [(_, row)] = planned(store, "ada")
        with store.transaction() as tx:
            claimed(tx)
            ledger.intend(tx, "sender", [row], NOW)
            ledger.recover(tx, LONG_AFTER)
            assert ledger.mark(tx, "sender", [attempt(row, Outcome.SENT)]) == {row}
            assert state(tx, row) is DeliveryState.SENT

    def test_the_operator_may_have_doubtful_rows_sent_again(self, store: Store) -> None:
        rows = [row for _, row in planned(store, "ada", "bob")]
        with store.transaction() as tx:
            claimed(tx)
            ledger.intend(tx, "sender", rows, NOW)
            ledger.recover(tx, LONG_AFTER)
            assert ledger.resend_unknown(tx, LATER, rows[:1]) == 1
            assert ledger.resend_unknown(tx, LATER) == 1
            assert [row.id for row in ledger.claim(tx, "two", LATER, lease=LEASE, limit=9)] == rows

    def test_a_row_whose_issue_is_no_longer_kept_is_not_sent_again(self, store: Store) -> None:
        rows = [row for _, row in planned(store, "ada", "bob")]
        with store.transaction() as tx:
            claimed(tx)
            ledger.intend(tx, "sender", rows, NOW)
            ledger.recover(tx, LONG_AFTER)
            tx.connection.execute(delete(schema.issues).where(schema.issues.c.delivery == rows[0]))
            assert ledger.resend_unknown(tx, LATER) == 1
            assert (state(tx, rows[0]), state(tx, rows[1])) == (DeliveryState.UNKNOWN, DeliveryState.PLANNED)

    def test_a_sender_gives_back_what_it_will_not_send(self, store: Store) -> None:
        [(_, first), (_, second)] = planned(store, "ada", "bob")
        with store.transaction() as tx:
            claimed(tx)
            ledger.intend(tx, "sender", [first], NOW)
            assert ledger.release(tx, "sender") == 1
            assert (state(tx, first), state(tx, second)) == (DeliveryState.SENDING, DeliveryState.PLANNED)


@pytest.mark.parametrize(("leave", "count"), [(unsubscribe, 1), (suppress, 1), (pause, 0)])
def test_what_waits_for_one_who_left_for_good_expires(
    store: Store, leave: Callable[[Tx, Subscriber], None], count: int
) -> None:
    [(ada, row), (_, bobs)] = planned(store, "ada", "bob")
    with store.transaction() as tx:
        leave(tx, ada)
        assert ledger.expire_unwanted(tx) == count
        assert state(tx, row) is (DeliveryState.EXPIRED if count else DeliveryState.PLANNED)
        assert state(tx, bobs) is DeliveryState.PLANNED
