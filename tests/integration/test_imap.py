"""Reading the bounce mailbox over IMAP, from a server with a certificate."""

from __future__ import annotations

import ssl

import pytest
import trustme

from digest.errors import FetchError
from digest.fetching.mailboxes import read_imap
from digest.settings import BouncesSettings
from tests.imap_server import Mailbox, serving

MAILS = {1: b"To: a@example.org\r\n\r\none\r\n", 2: b"To: b@example.org\r\n\r\ntwo\r\n", 3: b"To: c\r\n\r\nthree\r\n"}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture
def client_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def account(port: int, password: str = "secret") -> BouncesSettings:
    return BouncesSettings.model_validate(
        {"imap_host": "localhost", "imap_port": port, "imap_user": "ada", "imap_password": password}
    )


def test_unseen_mails_are_given_and_those_that_are_done_are_seen(
    server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    with serving(Mailbox(mails=MAILS, seen={2}), server_context) as box:
        found = []
        for mail in read_imap(account(box.port), client_context):
            found.append(mail.data)
            if b"three" not in mail.data:
                mail.done()
        assert [data.split()[-1] for data in found] == [b"one", b"three"]
        assert box.seen == {1, 2}
        assert [mail.data.split()[-1] for mail in read_imap(account(box.port), client_context)] == [b"three"]


def test_a_wrong_password_is_said(server_context: ssl.SSLContext, client_context: ssl.SSLContext) -> None:
    with serving(Mailbox(mails=MAILS), server_context) as box, pytest.raises(FetchError, match="imap localhost"):
        list(read_imap(account(box.port, "wrong"), client_context))


def test_a_certificate_that_nobody_vouches_for_ends_it(server_context: ssl.SSLContext) -> None:
    with serving(Mailbox(mails=MAILS), server_context) as box, pytest.raises(FetchError, match="certificate"):
        list(read_imap(account(box.port)))


def test_a_server_that_is_not_there_is_named(client_context: ssl.SSLContext) -> None:
    with pytest.raises(FetchError, match="imap localhost:1"):
        list(read_imap(account(1), client_context))
