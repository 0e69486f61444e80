"""`digest run` and `digest deliver`: reports, exit codes, and nothing sent twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.inbox import Inbox
from tests.unit.cli.conftest import LISTING, Run

Ask = Callable[..., Any]
LATER = (datetime.now(UTC) + timedelta(days=4)).isoformat()  # by then everyone had a working day


@pytest.fixture
def inbox(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    """The relay that the settings name, and the sample listing as the only source."""
    (folder / "listings").mkdir()
    (folder / "listings" / "page.txt").write_bytes(LISTING.read_bytes())
    with (folder / "digest.toml").open("a") as settings:
        settings.write('[[sources]]\nname = "saved"\npath = "listings/"\n')
    with Inbox(folder / "mails") as server:
        for key, value in {"HOST": server.host, "PORT": server.port, "TLS": "none"}.items():
            monkeypatch.setenv(f"DIGEST_SMTP__{key}", str(value))
        yield server


def test_a_run_serves_who_is_due_and_a_second_one_nobody(asked: Ask, inbox: Inbox) -> None:
    asked("run")  # takes the profiles in; nobody is due before their next hour
    report = asked("run", "--now", LATER)
    assert {"ingest", "planned", "sent", "skipped", "deferred", "failed", "unknown"} <= report.keys()
    assert (report["planned"], report["sent"]) == (3, 3)
    assert sorted(mail.recipients[0].partition("@")[0] for mail in inbox.mails()) == ["ada", "grace", "kofi"]
    again = asked("run", "--now", LATER)
    assert (again["planned"], again["sent"], len(inbox.mails())) == (0, 0, 3)


def test_one_subscriber_can_be_served_now(asked: Ask, inbox: Inbox) -> None:
    report = asked("run", "--only", "ada@example.com")
    assert (report["ingest"]["papers_new"], report["sent"]) == (45, 1)
    assert [mail.recipients for mail in inbox.mails()] == [("ada@example.com",)]


def test_a_dry_run_says_what_would_be_planned_and_sends_nothing(asked: Ask, run: Run, inbox: Inbox) -> None:
    asked("ingest")
    asked("subscribers", "sync")
    report = asked("run", "--dry-run", "--only", "ada@example.com")
    assert (report["planned"], report["sent"], inbox.mails()) == (1, 0, [])
    assert "1 issue would be planned" in run("run", "--dry-run", "--only", "ada@example.com").stdout


def test_nothing_due_is_silent_and_fine_and_a_code_of_its_own_where_asked_for(run: Run, inbox: Inbox) -> None:
    run("run")
    quiet = run("run")
    assert (quiet.exit_code, quiet.output) == (0, "")
    assert run("run", "--exit-code").exit_code == 4
    assert run("run", "--exit-code", "--only", "ada@example.com").exit_code == 0


def test_a_relay_that_is_not_there_is_named_and_the_next_delivery_sends(
    run: Run, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = str(inbox.port)
    monkeypatch.setenv("DIGEST_SMTP__PORT", "1")
    failed = run("run", "--only", "ada@example.com", "--json")
    document = json.loads(failed.stdout)
    assert (failed.exit_code, document["sent"], document["planned"]) == (1, 0, 1)
    assert document["problems"]
    assert document["problems"][0] in failed.stderr
    monkeypatch.setenv("DIGEST_SMTP__PORT", port)
    delivered = run("deliver")
    assert (delivered.exit_code, "1 issue sent" in delivered.stdout) == (0, True)


def test_a_faulty_profile_stops_nobody_else(run: Run, inbox: Inbox, folder: Path) -> None:
    (folder / "subscribers" / "bad.toml").write_text("hour = 3\n")
    result = run("run", "--only", "ada@example.com", "--json")
    assert (result.exit_code, json.loads(result.stdout)["sent"]) == (0, 1)
    assert "bad.toml" in result.stderr


@pytest.mark.parametrize(
    ("words", "part"),
    [(["--now", "tomorrow"], "expected an instant"), (["--only", "nobody@example.com"], "nobody@example.com")],
    ids=["an instant that is none", "an address that nobody has"],
)
def test_a_run_that_cannot_be_meant_ends_with_code_2(run: Run, words: list[str], part: str) -> None:
    result = run("run", *words)
    assert (result.exit_code, part in result.stderr) == (2, True)
