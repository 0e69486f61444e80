"""The embedded server: what it keeps, and whom it lets in."""

from __future__ import annotations

import smtplib
import ssl
from pathlib import Path

import pytest
import trustme

from digest.inbox import Inbox, read_inbox

MAIL = b"From: a@example.com\r\nSubject: x\r\n\r\n.starts with a dot\r\n\r\nlast line\r\n"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def client_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def test_a_mail_is_kept_octet_by_octet_with_its_envelope(tmp_path: Path) -> None:
    with Inbox(tmp_path / "in") as inbox, smtplib.SMTP(inbox.host, inbox.port, timeout=10) as client:
        client.sendmail("bounce+1@example.org", ["ada@example.com"], MAIL)
    (mail,) = inbox.mails()
    assert mail.data == MAIL
    assert (mail.sender, mail.recipients) == ("bounce+1@example.org", ("ada@example.com",))
    assert mail.file.suffix == ".eml"
    assert mail.at.tzinfo is not None


def test_a_second_server_on_the_same_folder_goes_on_counting(tmp_path: Path) -> None:
    for _ in range(2):
        with Inbox(tmp_path) as inbox, smtplib.SMTP(inbox.host, inbox.port, timeout=10) as client:
            client.sendmail("a@example.org", ["../b/c@example.com"], MAIL)
    assert [mail.file.name for mail in read_inbox(tmp_path)] == [
        "0001-.._b_c@example.com.eml",
        "0002-.._b_c@example.com.eml",
    ]


def test_a_folder_without_mails_gives_none(tmp_path: Path) -> None:
    assert read_inbox(tmp_path) == []


@pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "tls"])
def test_with_users_only_a_login_over_tls_may_send(
    tmp_path: Path, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext, implicit: bool
) -> None:
    with Inbox(tmp_path, tls=server_tls, implicit_tls=implicit, users={"ada": "secret"}) as inbox:
        client = (
            smtplib.SMTP_SSL("127.0.0.1", inbox.port, timeout=10, context=client_tls)
            if implicit
            else smtplib.SMTP("127.0.0.1", inbox.port, timeout=10)
        )
        with client:
            if not implicit:
                client.starttls(context=client_tls)
            with pytest.raises(smtplib.SMTPException):
                client.sendmail("a@example.org", ["b@example.com"], MAIL)
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login("ada", "wrong")
            client.login("ada", "secret")
            client.sendmail("a@example.org", ["b@example.com"], MAIL)
    assert [mail.data for mail in inbox.mails()] == [MAIL]


def test_a_connection_left_open_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with Inbox(tmp_path) as inbox:
        client = smtplib.SMTP(inbox.host, inbox.port, timeout=10)
    client.close()
    assert inbox.mails() == []
