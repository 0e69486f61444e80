"""`digest doctor` says what keeps mail from going out, and is content where nothing does."""

from __future__ import annotations

import email
import email.policy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from digest.inbox import Inbox
from tests.unit.cli.conftest import LISTING, Run

GOOD = """\
[sender]
address = "digest@lab.net"
postal = "1 Sample Street"
[web]
url = "https://digest.lab.net"
[smtp]
host = "127.0.0.1"
tls = "none"
timeout_seconds = 5
[[sources]]
name = "saved"
path = "listing.txt"
"""


@pytest.fixture
def inbox(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    (folder / "digest.toml").write_text(GOOD)
    (folder / "listing.txt").write_bytes(LISTING.read_bytes())
    with Inbox(folder / "mails") as server:
        monkeypatch.setenv("DIGEST_SMTP__PORT", str(server.port))
        yield server


def verdicts(result: Any) -> dict[str, str]:
    return {finding["found"]: finding["verdict"] for finding in json.loads(result.stdout)["findings"]}


def test_a_sound_installation_has_nothing_to_fix(run: Run, asked: Callable[..., Any], inbox: Inbox) -> None:
    asked("subscribers", "sync")
    asked("ingest")
    result = run("doctor", "--offline", "--json")
    assert (result.exit_code, json.loads(result.stdout)["well"]) == (0, True)
    assert any("45 papers, 3 active of 3 subscribers" in found for found in verdicts(result))
    assert any("answers without TLS" in found for found in verdicts(result))
    assert "Everything is fine." in run("doctor", "--offline").stdout


def test_a_test_message_goes_to_the_operator_with_what_is_to_be_looked_at(run: Run, inbox: Inbox) -> None:
    result = run("doctor", "--offline", "--send-to", "me@example.com")
    assert result.exit_code == 0, result.output
    (mail,) = inbox.mails()
    message = email.message_from_bytes(mail.data, policy=email.policy.default)
    assert (message["To"], message["Subject"]) == ("me@example.com", "[Test] Paper Digest can send mail")
    assert message["X-Paper-Digest-Test"] == "yes"
    assert "nobody is subscribed" in message.get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (("digest@lab.net", "digest@example.org"), "nobody can answer"),
        (("https://digest.lab.net", "http://digest.lab.net"), "not https"),
        (("digest@lab.net", "weekly-paper-letters@lab.net"), "with a token 15 fit"),
        (('host = "127.0.0.1"', 'host = "192.0.2.1"'), "without TLS"),
        (('tls = "none"', 'tls = "starttls"'), "does not offer STARTTLS"),
        (("timeout_seconds = 5", 'timeout_seconds = 1\nuser = "u"'), "AUTH"),
    ],
    ids=[
        "a reserved address",
        "links without TLS",
        "too long",
        "a far relay without TLS",
        "no STARTTLS",
        "no login",
    ],
)
def test_what_keeps_mail_from_going_out_is_named_and_ends_with_code_1(
    run: Run, inbox: Inbox, folder: Path, change: tuple[str, str], part: str
) -> None:
    (folder / "digest.toml").write_text(GOOD.replace("timeout_seconds = 5", "timeout_seconds = 1").replace(*change)
                                        if "timeout" not in change[0] else GOOD.replace(*change))  # fmt: skip
    result = run("doctor", "--offline", "--json")
    assert result.exit_code == 1
    assert [found for found, verdict in verdicts(result).items() if part in found and verdict == "fix"]


def test_a_relay_that_is_not_there_a_faulty_profile_and_a_broken_store_are_all_named(
    run: Run, inbox: Inbox, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_SMTP__PORT", "1")
    (folder / "subscribers" / "bad.toml").write_text("hour = 99\n")
    (folder / "digest.db").write_bytes(b"this is no database" * 100)
    to_fix = [found for found, verdict in verdicts(run("doctor", "--offline", "--json")).items() if verdict == "fix"]
    for part in ("127.0.0.1:1", "bad.toml, line 1: hour", "digest.db"):
        assert any(part in found for found in to_fix), part


def test_a_mailbox_that_nobody_reads_is_named_where_e_mail_is_the_only_way_out(
    run: Run, inbox: Inbox, folder: Path
) -> None:
    (folder / "digest.toml").write_text(GOOD.replace('url = "https://digest.lab.net"', 'url = ""'))
    found = verdicts(run("doctor", "--offline", "--json"))
    assert found["people can unsubscribe by e-mail only, and no mailbox is read"] == "fix"
