"""The worker: what waits is sent, what is refused for now waits, and one letter that fails stops no other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from digest.errors import MessageError, TemplateError
from digest.fetching.templates import load_templates
from digest.messages import Message
from digest.rendering import MailRenderer
from digest.runs.issues.compose import masthead
from digest.runs.subscriptions.sign_up import sign_up
from digest.runs.transactional import transactional_mail
from digest.runs.transactional.outbox import TransactionalMail
from digest.runs.transactional.outbox_worker import OutboxWorker, OutboxWorkerOptions
from digest.settings import Settings, SmtpSettings, WebSettings
from digest.storage import Store
from digest.storage.database import web_schema as tables
from digest.subscribers import Subscription
from tests.sites import NOW, Clock
from tests.smtp_server import Do, ScriptedServer, Step

PATIENCE = 30.0
ADDRESSES = [f"{name}@example.com" for name in ("ada", "bob", "cem")]


def asked(store: Store) -> None:
    for address in ADDRESSES:
        sign_up(store, Subscription(address=address), Settings(), network="", now=NOW)


def writer(fails: dict[str, Exception]) -> Callable[[TransactionalMail], Message]:
    settings = Settings(web=WebSettings(url="https://digest.example.org"))
    renderer = MailRenderer.load(load_templates(), masthead(settings.sender))

    def write(mail: TransactionalMail) -> Message:
        if mail.address in fails:
            raise fails[mail.address]
        return transactional_mail.compose_transactional(mail, renderer, settings, NOW)

    return write


def sent(store: Store, server: ScriptedServer, fails: dict[str, Exception], until: int, clock: Clock) -> list[str]:
    """Let a worker work until no more letters wait than that; return who got one."""
    relay = SmtpSettings(host="127.0.0.1", port=server.port, tls="none", timeout_seconds=5)
    with OutboxWorker(store, writer(fails), OutboxWorkerOptions(relay=relay, clock=clock, every=0.05)):
        deadline = time.monotonic() + PATIENCE
        while kept(store) > until:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    return sorted(mail.recipient for mail in server.taken)


def kept(store: Store) -> int:
    """How many letters still wait."""
    with store.reading() as tx:
        return len(tx.connection.execute(tables.letters.select()).all())


@pytest.mark.parametrize(
    ("error", "waiting"),
    [
        pytest.param(MessageError("no such address"), 0, id="for good"),
        pytest.param(TemplateError("mail/confirm.mjml", 3, "is being edited"), 1, id="for now"),
        pytest.param(KeyError("count"), 1, id="by a bug"),
    ],
)
def test_a_mail_that_cannot_be_written_stops_no_other(store: Store, error: Exception, waiting: int) -> None:
    asked(store)
    with ScriptedServer() as server:
        assert sent(store, server, {"bob@example.com": error}, waiting, Clock()) == [
            "ada@example.com",
            "cem@example.com",
        ]


def test_a_mail_that_is_refused_for_now_is_sent_when_its_time_has_come(store: Store) -> None:
    asked(store)
    clock = Clock()

    def full(step: Step) -> Do | None:
        busy = step.name == "rcpt" and step.recipient.startswith("bob") and step.nth == 1
        return Do(say=b"452 4.2.2 mailbox full\r\n") if busy else None

    with ScriptedServer(full) as server:
        assert sent(store, server, {}, 1, clock) == [ADDRESSES[0], ADDRESSES[2]]
        clock.now += timedelta(minutes=5)
        assert sent(store, server, {}, 0, clock) == ADDRESSES


def test_a_stopping_outbox_worker_does_not_try_a_silent_relay_again(store: Store) -> None:
    asked(store)
    greeted = threading.Event()

    def silent(step: Step) -> Do | None:
        greeted.set()
        return Do(say=b"", hang=True)

    with ScriptedServer(silent) as server:
        relay = SmtpSettings(host="127.0.0.1", port=server.port, tls="none", timeout_seconds=0.5)
        with OutboxWorker(store, writer({}), OutboxWorkerOptions(relay=relay, clock=Clock(), every=0.05)):
            assert greeted.wait(PATIENCE)
        assert server.connections == 1
    assert kept(store) == len(ADDRESSES)


def test_a_mail_that_is_refused_for_good_is_not_sent_again(store: Store) -> None:
    asked(store)

    def unknown(step: Step) -> Do | None:
        refused = step.name == "rcpt" and step.recipient.startswith("bob")
        return Do(say=b"550 5.1.1 no such user\r\n") if refused else None

    with ScriptedServer(unknown) as server:
        assert sent(store, server, {}, 0, Clock()) == [ADDRESSES[0], ADDRESSES[2]]
