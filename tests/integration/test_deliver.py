"""Deliver: from ledger rows to mails at a server and marks in the ledger, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any, NoReturn

import pytest
from sqlalchemy import select, update

from digest.deliveries import DeliveryState
from digest.errors import MessageError, StoreError
from digest.inbox import Inbox
from digest.messages import Message
from digest.runs.delivery import queue
from digest.runs.delivery.deliver import deliver
from digest.runs.delivery.paper_cache import PaperCache
from digest.runs.delivery.provider_limits import ProviderLimits
from digest.runs.delivery.queue import LEASE, DeliveryLedger, DeliveryQueue
from digest.settings import Settings, SmtpSettings
from digest.smtp import OutgoingMessage
from digest.storage import Store
from digest.storage.database import schema
from digest.storage.delivery import deliveries, ledger, plans
from digest.storage.delivery.ledger import ClaimedDelivery
from digest.storage.papers import papers
from digest.storage.subscribers import consent, suppressions
from digest.storage.subscribers.consent import Change
from digest.subscribers import State, Subscriber
from tests.integration.sending import WatchedConnection
from tests.smtp_server import Do, ScriptedServer, Step
from tests.unit.storage.samples import NOW, paper, plan, subscribed


def message_of(row: ClaimedDelivery, papers: PaperCache) -> Message:
    issue = row.issue
    titles = "\r\n".join(papers.of(issue)[pick.paper].title for pick in issue.picks)
    head = f"From: digest@example.org\r\nTo: {row.subscription.address}\r\nMessage-ID: <{issue.message_id}>\r\n"
    return Message(
        sender=f"bounce+{row.id}@example.org",
        recipient=row.subscription.address,
        parts=(f"{head}Subject: {issue.issue_date}\r\n\r\n{titles}\r\n".encode(),),
    )


def relay(port: int, **changes: object) -> Settings:
    values = {"host": "127.0.0.1", "port": port, "tls": "none", "timeout_seconds": 2.0} | changes
    return Settings(smtp=SmtpSettings.model_validate(values))


def planned(store: Store, count: int) -> dict[int, Subscriber]:
    """Take in so many subscribers with a planned issue each; return them by ledger row."""
    people = subscribed(store, *(f"r{number}" for number in range(count)))
    with store.transaction() as tx:
        entered = plans.enter(tx, [plan(person) for person in people], NOW).planned
    return {entered[person.number]: person for person in people}


def test_rows_that_waited_longer_than_their_lease_are_claimed_afresh(store: Store) -> None:
    rows, now = planned(store, 5), [NOW]
    delivery_ledger = DeliveryLedger(store, "sender/1/1/a", lambda: now[0], lambda _count: None)
    source = DeliveryQueue(
        delivery_ledger, message_of, ProviderLimits(store, (), "sender/1/1/a", lambda: now[0]), lambda: now[0]
    )
    first = source.poll()
    assert isinstance(first, OutgoingMessage)
    now[0] += LEASE
    later = [found.delivery for found in iter(source.poll, None) if isinstance(found, OutgoingMessage)]
    assert sorted([first.delivery, *later]) == sorted(rows)
    assert delivery_ledger.record([], later) == set(later)
    delivery_ledger.release()


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    with Inbox(tmp_path / "inbox") as server:
        yield server


@pytest.fixture(autouse=True)
def one_paper(store: Store) -> None:
    with store.ingesting(wait=1) as tx:
        papers.add(tx, [paper()])


def states(store: Store) -> Mapping[DeliveryState, int]:
    with store.reading() as tx:
        return {state: count for state, count in ledger.counts(tx).items() if count}


def test_every_planned_issue_arrives_once_and_is_marked(store: Store, inbox: Inbox) -> None:
    rows = planned(store, 30)
    report = deliver(store, message_of, relay(inbox.port), NOW)
    assert (report.sent, report.is_complete) == (30, True)
    assert sorted(mail.recipients[0] for mail in inbox.mails()) == sorted(who.address for who in rows.values())
    assert states(store) == {DeliveryState.SENT: 30}
    mail = inbox.mails()[0]
    assert message_from_bytes(mail.data)["To"] == mail.recipients[0]
    with store.reading() as tx:
        row = deliveries.by_id(tx, min(rows))
    assert row is not None
    assert (row.last_code, row.last_stage, row.attempts) == (250, "dot", 1)
    assert row.sent_at is not None


def test_a_second_delivery_sends_nothing(store: Store, inbox: Inbox) -> None:
    planned(store, 5)
    deliver(store, message_of, relay(inbox.port), NOW)
    report = deliver(store, message_of, relay(inbox.port), NOW + timedelta(hours=1))
    assert report.as_dict() == {
        "sent": 0, "deferred": 0, "failed": 0, "unknown": 0, "withdrawn": 0, "waiting": 0, "problems": [],
    }  # fmt: skip
    assert len(inbox.mails()) == 5


def test_nothing_due_makes_no_connection(store: Store) -> None:
    with ScriptedServer() as server:
        assert deliver(store, message_of, relay(server.port), NOW).is_complete
    assert server.connections == 0


def test_what_is_refused_for_now_is_sent_later(store: Store) -> None:
    planned(store, 4)

    def grey(step: Step) -> Do | None:
        return Do(b"450 4.2.0 greylisted\r\n") if step.name == "rcpt" and step.nth == 1 else None

    with ScriptedServer(script=grey) as server:
        report = deliver(store, message_of, relay(server.port), NOW)
        assert (report.sent, report.deferred, report.is_complete) == (0, 4, False)
        assert deliver(store, message_of, relay(server.port), NOW + timedelta(minutes=1)).sent == 0
        assert deliver(store, message_of, relay(server.port), NOW + timedelta(minutes=7)).sent == 4
    assert len(server.taken) == 4


def test_what_is_refused_for_good_is_not_tried_again(store: Store) -> None:
    planned(store, 3)
    with ScriptedServer(script=lambda s: Do(b"550 5.1.1 who\r\n") if s.name == "rcpt" else None) as server:
        assert deliver(store, message_of, relay(server.port), NOW).failed == 3
        assert deliver(store, message_of, relay(server.port), NOW + timedelta(hours=5)).failed == 0
    assert states(store) == {DeliveryState.FAILED: 3}


def test_a_silence_after_the_dot_is_unknown_and_sent_again_only_on_request(store: Store) -> None:
    rows = planned(store, 3)
    victim = rows[min(rows)].address

    def cut(step: Step) -> Do | None:
        first = step.name == "dot" and step.recipient == victim and step.nth == 1
        return Do(b"", cut=True, keep=True) if first else None

    with ScriptedServer(script=cut) as server:
        report = deliver(store, message_of, relay(server.port), NOW)
        assert (report.sent, report.unknown) == (2, 1)
        assert deliver(store, message_of, relay(server.port), NOW + timedelta(hours=5)).sent == 0
        with store.transaction() as tx:
            assert ledger.resend_unknown(tx, NOW) == 1
        assert deliver(store, message_of, relay(server.port), NOW).sent == 1
    assert server.recipients().count(victim) == 2


def test_a_relay_that_is_down_leaves_everything_planned(store: Store) -> None:
    planned(store, 3)
    with ScriptedServer() as server:
        pass
    report = deliver(store, message_of, relay(server.port), NOW)
    assert (report.waiting, report.is_complete) == (3, False)
    assert "cannot connect" in report.problem
    assert states(store) == {DeliveryState.PLANNED: 3}


def test_who_leaves_between_claim_and_dot_gets_nothing(store: Store) -> None:
    rows = planned(store, 6)
    victims = [rows[row] for row in sorted(rows)[1:3]]

    def leave(step: Step) -> None:
        if step.name == "mail" and step.nth == 1 and step.connection == 1:
            with store.transaction() as tx:
                change = Change(state=State.UNSUBSCRIBED, cause="link")
                consent.set_state(tx, victims[0].number, change, NOW)
                suppressions.suppress(tx, victims[1].address, "hard bounce", "5.1.1", NOW)

    with ScriptedServer(script=leave) as server:
        report = deliver(store, message_of, relay(server.port), NOW)
    assert (report.sent, report.withdrawn) == (4, 2)
    assert not {who.address for who in victims} & set(server.recipients())
    assert states(store)[DeliveryState.SENT] == 4


def test_a_message_that_cannot_be_composed_fails_alone(store: Store, inbox: Inbox) -> None:
    rows = planned(store, 3)

    def compose(row: ClaimedDelivery, papers: PaperCache) -> Message:
        if row.id == min(rows):
            raise MessageError("no way")
        return message_of(row, papers)

    report = deliver(store, compose, relay(inbox.port), NOW)
    assert (report.sent, report.failed) == (2, 1)
    with store.reading() as tx:
        row = deliveries.by_id(tx, min(rows))
    assert row is not None
    assert (row.last_reply, row.last_stage) == ("no way", "compose")


def test_an_issue_that_cannot_be_read_fails_alone(store: Store, inbox: Inbox) -> None:
    torn = max(planned(store, 3))
    with store.transaction() as tx:
        content = {"created": NOW.isoformat(), "picks": [["one"]]}
        tx.connection.execute(update(schema.issues).where(schema.issues.c.delivery == torn).values(content=content))
    report = deliver(store, message_of, relay(inbox.port), NOW)
    assert (report.sent, report.failed) == (2, 1)
    with store.reading() as tx:
        reply = tx.connection.execute(select(schema.deliveries.c.last_reply).where(schema.deliveries.c.id == torn))
    assert reply.scalar_one().startswith(f"the issue of delivery {torn} cannot be read: Expected `int`, got `str`")


def test_a_stop_drains_and_leaves_the_rest_planned(store: Store) -> None:
    planned(store, 30)
    stop = threading.Event()
    with ScriptedServer(script=lambda s: stop.set() if s.recipient.startswith("r9") else None) as server:  # type: ignore[func-returns-value]
        report = deliver(store, message_of, relay(server.port), NOW, stop=stop)
    assert report.unknown == 0
    assert report.sent == len(server.taken) == 30 - report.waiting
    assert 0 < report.waiting < 30
    assert report.is_complete
    assert states(store) == {DeliveryState.SENT: report.sent, DeliveryState.PLANNED: report.waiting}


def test_two_deliveries_at_once_share_the_work(store: Store, store_url: str) -> None:
    planned(store, 60)
    reports = []
    with ScriptedServer() as server:
        threads = [
            threading.Thread(target=lambda: reports.append(deliver(store, message_of, relay(server.port), NOW)))
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(report.sent for report in reports) == 60
    assert len(set(server.recipients())) == len(server.taken) == 60


class FailingStore(Store):
    """A store in which one commit of the sender's own connection fails, counted from 1."""

    def __init__(self, store: Store, fails_at: int) -> None:
        super().__init__(store._url, store._engine)
        self.fails_at, self.commits = fails_at, 0

    def driver_connection(self) -> Any:
        return WatchedConnection(super().driver_connection(), self)

    def commit(self, commit: Callable[[], None]) -> None:
        self.commits += 1
        if self.commits == self.fails_at:
            raise self._engine.dialect.loaded_dbapi.OperationalError("the disk is full")
        commit()


def test_what_servers_answered_is_kept_when_the_commit_after_it_fails(store: Store, inbox: Inbox) -> None:
    """The first commit has an intent; the second its mark and the next intent; the third fails."""
    planned(store, 6)
    with pytest.raises(StoreError, match="disk is full"):
        deliver(FailingStore(store, 3), message_of, relay(inbox.port, connections=1), NOW)
    assert len(inbox.mails()) == 2
    assert states(store) == {DeliveryState.SENT: 2, DeliveryState.PLANNED: 4}
    assert deliver(store, message_of, relay(inbox.port), NOW).sent == 4


def test_answers_that_cannot_be_recorded_at_all_are_named(
    store: Store, inbox: Inbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def mark(*_: object) -> NoReturn:
        raise StoreError("the disk is full")

    rows = planned(store, 3)
    monkeypatch.setattr(queue, "RESCUE_PAUSES", (0.0, 0.0))
    monkeypatch.setattr(queue.ledger, "mark", mark)
    with pytest.raises(StoreError, match="disk is full"):
        deliver(FailingStore(store, 2), message_of, relay(inbox.port, connections=1), NOW)
    assert f"these answers could not be recorded: {min(rows)} sent" in caplog.text
