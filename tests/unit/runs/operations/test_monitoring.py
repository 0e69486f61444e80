"""What is wrong with an installation, and the one mail a day that says so."""

from __future__ import annotations

import email
import email.policy
from base64 import b64encode
from datetime import timedelta
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from digest.deliveries import DeliveryState
from digest.runs.issues.plan import plan
from digest.runs.operations.monitoring import alert, figures, troubles
from digest.runs.subscriptions.sign_up import sign_up
from digest.settings import AlertsSettings, DkimSettings, Settings, SmtpSettings
from digest.storage import Store
from digest.storage.papers import listings
from digest.storage.subscribers import suppressions
from digest.subscribers import State, Subscription
from tests.smtp_server import ScriptedServer
from tests.unit.runs.samples import DUE, MONDAY, SETTINGS, TUNING, ingested, profile, subscribed

LATE = DUE + timedelta(minutes=70)


@pytest.fixture
def due(store: Store) -> Store:
    """A store with one reader who is due and wants the one paper."""
    ingested(store, [TUNING])
    subscribed(store, "ada", profile("learning rate"))
    return store


def test_the_figures_say_how_the_installation_stands(due: Store) -> None:
    plan(due, SETTINGS, DUE)
    with due.transaction() as tx:
        suppressions.suppress(tx, "x@example.com", "operator", "", DUE)
        listings.source_failed(tx, "feed", DUE, "503")
    found = figures(due, LATE)
    assert found.subscribers[State.ACTIVE] == 1
    assert found.deliveries[DeliveryState.PLANNED] == 1
    assert (found.overdue, found.waiting_since, found.suppressed, found.papers) == (0, DUE, 1, 1)
    assert found.sources["feed"].failing_since == DUE


def test_nothing_is_wrong_while_all_is_on_time(due: Store) -> None:
    assert troubles(figures(due, DUE), DUE) == []
    plan(due, SETTINGS, DUE)
    assert troubles(figures(due, DUE), DUE) == []


def test_people_who_are_due_and_not_planned_are_a_trouble_after_an_hour(due: Store) -> None:
    assert troubles(figures(due, LATE), LATE) == [
        "1 subscribers have been due for more than an hour, and nothing was planned for them."
    ]


def test_issues_that_wait_are_a_trouble_after_an_hour(due: Store) -> None:
    plan(due, SETTINGS, DUE)
    [said] = troubles(figures(due, LATE), LATE)
    assert said == "Issues have been waiting to be sent since 2026-03-09 07:05 UTC."


def test_a_confirmation_that_waits_is_a_trouble_after_an_hour(store: Store) -> None:
    sign_up(store, Subscription(address="ada@example.com"), SETTINGS, network="", now=MONDAY)
    soon, later = MONDAY + timedelta(minutes=50), MONDAY + timedelta(minutes=70)
    assert troubles(figures(store, soon), soon) == []
    assert troubles(figures(store, later), later) == [
        "Confirmations and other single mails have been waiting to be sent since 2026-03-09 06:00 UTC."
    ]


def test_a_source_is_a_trouble_when_it_failed_for_a_day(store: Store) -> None:
    with store.transaction() as tx:
        listings.source_failed(tx, "feed", MONDAY, "503 Service Unavailable")
    soon, later = MONDAY + timedelta(hours=23), MONDAY + timedelta(hours=25)
    assert troubles(figures(store, soon), soon) == []
    assert troubles(figures(store, later), later) == [
        "Source feed has not been read since 2026-03-09 06:00 UTC: 503 Service Unavailable"
    ]


def alerting(server: ScriptedServer, address: str = "operator@example.com") -> Settings:
    relay = SmtpSettings(host="127.0.0.1", port=server.port, tls="none", timeout_seconds=5)
    return SETTINGS.model_copy(update={"smtp": relay, "alerts": AlertsSettings(address=address)})


def test_the_operator_is_told_once_a_day(due: Store) -> None:
    with ScriptedServer() as server:
        settings = alerting(server)
        told = [alert(due, settings, at) for at in (DUE, LATE, LATE + timedelta(hours=1), LATE + timedelta(days=1))]
    assert told == [False, True, False, True]
    mail = email.message_from_bytes(server.taken[0].data, policy=email.policy.default)
    assert (mail["To"], mail["Auto-Submitted"]) == ("operator@example.com", "auto-generated")
    assert "1 subscribers have been due" in mail.get_body(("plain",)).get_content()
    assert "1 subscribers have been due" in mail.get_body(("html",)).get_content()


def test_the_alert_is_signed_and_has_the_envelope_sender_of_the_settings(due: Store, tmp_path: Path) -> None:
    """Fails where the alert is built past the messages room, unsigned and with a sender of its own."""
    key = rsa.generate_private_key(65537, 2048)
    file = tmp_path / "key.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    with ScriptedServer() as server:
        settings = alerting(server).model_copy(
            update={
                "dkim": (DkimSettings(selector="t", key_file=str(file)),),
                "sender": SETTINGS.sender.model_copy(update={"bounces": "bounces@example.org"}),
            }
        )
        assert alert(due, settings, LATE)
    assert server.taken[0].sender == "bounces@example.org"
    assert dkim.verify(server.taken[0].data, dnsfunc=lambda _name, timeout=5: b"v=DKIM1; k=rsa; p=" + public)


def test_an_alert_about_a_hostile_source_is_harmless(store: Store) -> None:
    with store.transaction() as tx:
        listings.source_failed(tx, "feed", MONDAY, "<script>alert(1)</script>\r\nBcc: eve@example.com")
    with ScriptedServer() as server:
        assert alert(store, alerting(server), MONDAY + timedelta(hours=25))
    mail = email.message_from_bytes(server.taken[0].data, policy=email.policy.default)
    assert mail["Bcc"] is None
    assert "<script>" not in mail.get_body(("html",)).get_content()


def test_an_alert_that_was_not_taken_is_tried_again(due: Store) -> None:
    with ScriptedServer() as server:
        settings = alerting(server)
    assert not alert(due, settings, LATE)
    with ScriptedServer() as server:
        assert alert(due, alerting(server), LATE)


def test_without_an_address_nobody_is_told(due: Store) -> None:
    with ScriptedServer() as server:
        assert not alert(due, alerting(server, ""), LATE)
        assert server.taken == []
