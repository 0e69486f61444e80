"""The same delivery to servers that people run: Postfix, and Exim where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy

import pytest

from digest.deliveries import DeliveryState
from digest.runs.delivery.deliver import deliver
from digest.settings import Settings, SmtpSettings
from digest.storage import Store
from digest.storage.delivery import ledger
from tests import exim, postfix
from tests.benchmarks.delivery_world import NOW, fill, make
from tests.benchmarks.delivery_world import settings as settings_of
from tests.mail_server import PASSWORD, USER, MailServer

COUNT = 40


@pytest.fixture(scope="module")
def mx() -> Iterator[MailServer]:
    with postfix.serving() as server:
        yield server


def relay(port: int, ca_file: str, **changes: object) -> SmtpSettings:
    values = {"host": "localhost", "port": port, "ca_file": ca_file, "user": USER, "timeout_seconds": 20}
    return SmtpSettings.model_validate(values | {"password": PASSWORD} | changes)


def sent_bytes(store: Store, settings: Settings) -> dict[str, bytes]:
    """Return the message that each subscriber is to get, by address."""
    compose = make(settings)
    messages: dict[str, bytes] = {}

    def keep(*arguments: object) -> object:
        message = compose(*arguments)  # type: ignore[arg-type]
        messages[message.recipient] = message.data
        return message

    report = deliver(store, keep, settings, NOW)  # type: ignore[arg-type]
    assert (report.sent, report.problem) == (COUNT, "")
    with store.reading() as tx:
        assert ledger.counts(tx)[DeliveryState.SENT] == COUNT
    return messages


def check_mails(found: dict[str, list[bytes]], messages: dict[str, bytes]) -> None:
    """Check that each subscriber has exactly one mail, octet by octet what was sent below the server's own fields."""
    assert sorted(f"{name}@example.com" for name in found) == sorted(messages)
    for name, mails in found.items():
        (mail,) = mails
        connection = messages[f"{name}@example.com"]
        assert mail.replace(b"\r\n", b"\n").endswith(connection.replace(b"\r\n", b"\n"))
        parsed = message_from_bytes(mail, policy=policy.default)
        assert not parsed.defects
        assert parsed.get_body(("html",)) is not None


@pytest.mark.parametrize("tls", ["starttls"])
def test_postfix_takes_all_over_starttls_and_login_and_maildirs_hold_them_unchanged(
    sqlite_store: Store, mx: MailServer, tls: str
) -> None:
    fill(sqlite_store, COUNT)
    settings = settings_of("", 1, 4).model_copy(update={"smtp": relay(mx.port, str(mx.ca_file), tls=tls)})
    messages = sent_bytes(sqlite_store, settings)
    mx.wait_for(COUNT)
    check_mails(mx.mails(), messages)


def test_postfix_refuses_a_wrong_password_and_nothing_is_sent(sqlite_store: Store, mx: MailServer) -> None:
    fill(sqlite_store, COUNT)
    settings = settings_of("", 1, 4).model_copy(update={"smtp": relay(mx.port, str(mx.ca_file), password="wrong")})
    report = deliver(sqlite_store, make(settings), settings, NOW)
    assert (report.sent, report.waiting) == (0, COUNT)
    assert "535" in report.problem


def test_exim_takes_all_over_starttls_and_login_and_maildirs_hold_them_unchanged(sqlite_store: Store) -> None:
    fill(sqlite_store, COUNT)
    with exim.serving() as server:
        settings = settings_of("", 1, 4).model_copy(update={"smtp": relay(server.port, str(server.ca_file))})
        messages = sent_bytes(sqlite_store, settings)
        server.wait_for(COUNT)
        check_mails(server.mails(), messages)
