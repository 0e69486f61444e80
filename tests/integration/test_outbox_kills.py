"""A worker that is killed with SIGKILL: the letters that it had not sent arrive all the same."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.fetching.templates import load_templates
from digest.messages import Message
from digest.rendering import MailRenderer
from digest.runs.issues.compose import masthead
from digest.runs.subscriptions.sign_up import confirm, sign_up
from digest.runs.transactional import transactional_mail
from digest.runs.transactional.outbox import TransactionalMail
from digest.runs.transactional.outbox_worker import OutboxWorker, OutboxWorkerOptions
from digest.settings import Settings, SmtpSettings, StoreSettings, WebSettings
from digest.storage import Store, open_store
from digest.subscribers import Subscription
from tests.smtp_server import Do, ScriptedServer, Step

PATIENCE = 60.0
LEASE = timedelta(seconds=1)
ADDRESSES = tuple(f"reader{number}@example.com" for number in range(4))


def settings(port: int) -> Settings:
    relay = SmtpSettings(host="127.0.0.1", port=port, tls="none")
    return Settings(smtp=relay, web=WebSettings(url="https://digest.example.org"))


def outbox_worker(store: Store, port: int) -> OutboxWorker:
    ours = settings(port)
    renderer = MailRenderer.load(load_templates(), masthead(ours.sender))

    def write(mail: TransactionalMail) -> Message:
        return transactional_mail.compose_transactional(mail, renderer, ours, datetime.now(UTC))

    how = OutboxWorkerOptions(relay=ours.smtp, clock=lambda: datetime.now(UTC), every=0.1, lease=LEASE)
    return OutboxWorker(store, write, how)


def work(url: str, port: int) -> None:
    with outbox_worker(open_store(StoreSettings(url=url), Path()), port):
        time.sleep(PATIENCE)


def killing(step: str, reply: Do) -> tuple[list[int], Callable[[Step], Do | None]]:
    """A script that kills the process whose number is in the list when its second letter reaches a step."""
    victim: list[int] = []
    reached: list[None] = []

    def script(at: Step) -> Do | None:
        if at.name != step:
            return None
        reached.append(None)
        if len(reached) != 2:
            return None
        os.kill(victim[0], signal.SIGKILL)
        return reply

    return victim, script


@pytest.mark.parametrize(
    ("step", "reply"),
    [
        pytest.param("mail", Do(cut=True), id="before the recipient"),
        pytest.param("rcpt", Do(cut=True), id="before the text"),
        pytest.param("dot", Do(cut=True, keep=False), id="at the end, and the server has not taken it"),
        pytest.param("dot", Do(cut=True, keep=True), id="at the end, and the server has taken it"),
    ],
)
def test_a_killed_outbox_worker_loses_no_mail(store: Store, store_url: str, step: str, reply: Do) -> None:
    for address in ADDRESSES:
        sign_up(store, Subscription(address=address), Settings(), network="", now=datetime.now(UTC))
    victim, script = killing(step, reply)
    with ScriptedServer(script) as server:
        process = multiprocessing.get_context("spawn").Process(target=work, args=(store_url, server.port))
        process.start()
        assert process.pid
        victim.append(process.pid)
        process.join(PATIENCE)
        assert process.exitcode == -signal.SIGKILL
        with outbox_worker(store, server.port):
            until = time.monotonic() + PATIENCE
            while {mail.recipient for mail in server.taken} != set(ADDRESSES):
                assert time.monotonic() < until, server.commands
                time.sleep(0.05)
    for mail in server.taken:
        found = re.search(rb"https://digest\.example\.org/c/([\w-]+)", mail.data.replace(b"=\r\n", b""))
        assert found
        assert confirm(store, found[1].decode(), datetime.now(UTC)) is not None
