"""The report says what happened, why nothing was sent to whom, and what needs a person."""

from __future__ import annotations

from datetime import timedelta

from digest.deliveries import Attempt, DeliveryState, Outcome
from digest.issues import SkipReason
from digest.runs.issues.plan import plan
from digest.runs.operations.report import report
from digest.storage import Store
from digest.storage.delivery import ledger
from digest.storage.papers import listings
from tests.unit.runs.samples import DAY, DUE, GRAPHS, MONDAY, SETTINGS, TUNING, ingested, profile, subscribed


def test_each_unsent_issue_is_named_with_its_reason(store: Store) -> None:
    ingested(store, [TUNING, GRAPHS])
    subscribed(store, "ada", profile("learning rate"))
    subscribed(store, "bob", profile("graph neural networks"))
    subscribed(store, "eve", profile("beekeeping"))
    plan(store, SETTINGS, DUE)
    _answer(store, Outcome.SENT, Outcome.FAILED)
    found = report(store, MONDAY, DUE + timedelta(minutes=5))
    assert (found.states[DeliveryState.SENT], found.states[DeliveryState.FAILED]) == (1, 1)
    assert found.skipped == {SkipReason.NOTHING_WORTH_SENDING.value: 1}
    why = {one.address: (one.state, one.why) for one in found.unsent}
    assert why["bob@example.com"] == (DeliveryState.FAILED, "no such mailbox")
    assert why["eve@example.com"] == (DeliveryState.SKIPPED, SkipReason.NOTHING_WORTH_SENDING.value)
    assert found.needs == ["deliveries permanently refused: 1; `digest subscribers show` shows why"]


def test_a_failing_source_and_forgotten_subscribers_need_a_person(store: Store) -> None:
    subscribed(store, "ada", profile("learning rate"))
    with store.transaction() as tx:
        listings.source_failed(tx, "pages", MONDAY, "HTTP 503")
    needs = report(store, MONDAY, DUE + DAY).needs
    assert needs[0] == "source pages has failed since 2026-03-09 06:00 UTC: HTTP 503"
    assert needs[1].startswith("subscribers overdue: 1;")


def test_what_was_before_is_not_in_the_report(store: Store) -> None:
    ingested(store, [TUNING])
    subscribed(store, "ada", profile("learning rate"))
    plan(store, SETTINGS, DUE)
    found = report(store, DUE + DAY, DUE + DAY)
    assert sum(found.states.values()) == 0
    assert found.as_dict()["unsent"] == []


def _answer(store: Store, *outcomes: Outcome) -> None:
    with store.transaction() as tx:
        rows = ledger.claim(tx, "sender", DUE, lease=timedelta(hours=1), limit=10)
        ledger.intend(tx, "sender", [row.id for row in rows], DUE)
        replies = {Outcome.SENT: "ok", Outcome.FAILED: "no such mailbox"}
        attempts = [
            Attempt(delivery=row.id, outcome=outcome, at=DUE, reply=replies[outcome])
            for row, outcome in zip(rows, outcomes, strict=True)
        ]
        ledger.mark(tx, "sender", attempts)
