"""The main job as a newcomer does it: a saved page, four profiles, `digest run` from the shell, real SMTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.inbox import Inbox

ROOT = Path(__file__).parents[2]
LATER = (datetime.now(UTC) + timedelta(days=4)).isoformat()  # by then everyone had a working day
PROFILES = {
    "ada": '{ term = "hyperparameter optimization", weight = 2 }, { term = "learning rate" }',
    "ben": '"diffusion models"',
    "cleo": '"large language models", "fine-tuning"',
    "dan": '"quantum"',
}
COUNTS = ("planned", "sent", "deferred", "failed", "unknown")


@pytest.fixture(params=["spaced_2025-03-12_70papers", "dense_197papers"])
def home(request: pytest.FixtureRequest, tmp_path: Path, captures: Path) -> Path:
    """An installation with one saved page as its only source."""
    page = captures / "listings" / "hf_page_text" / f"{request.param}.txt"
    for folder in ("listings", "subscribers"):
        (tmp_path / folder).mkdir()
    (tmp_path / "listings" / page.name).write_bytes(page.read_bytes())
    for name, keywords in PROFILES.items():
        text = f'address = "{name}@example.com"\n[profile]\nkeywords = [{keywords}]\n'
        (tmp_path / "subscribers" / f"{name}.toml").write_text(text)
    (tmp_path / "digest.toml").write_text('[[sources]]\nname = "saved"\npath = "listings/"\n')
    return tmp_path


@pytest.fixture
def inbox(home: Path) -> Iterator[Inbox]:
    with Inbox(home / "mails") as server:
        yield server


def started(home: Path, inbox: Inbox, *words: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
    environment |= {"PYTHONPATH": str(ROOT), "DIGEST_SMTP__HOST": inbox.host, "DIGEST_SMTP__TLS": "none"}
    environment["DIGEST_SMTP__PORT"] = str(inbox.port)
    command = [sys.executable, "-m", "digest", *words, "--json"]
    return subprocess.Popen(command, cwd=home, env=environment, stdout=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> Any:
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return json.loads(out)


def test_a_saved_page_gives_most_of_four_readers_an_issue_and_nobody_two(home: Path, inbox: Inbox) -> None:
    ended(started(home, inbox, "subscribers", "sync"))
    both = [started(home, inbox, "run", "--now", LATER) for _ in range(2)]
    reports = [ended(process) for process in both]
    sent = Counter(mail.recipients[0] for mail in inbox.mails())
    assert len(sent) >= 3
    assert set(sent.values()) == {1}
    assert sum(report["sent"] for report in reports) == len(sent)
    again = ended(started(home, inbox, "run", "--now", LATER))
    assert {name: again[name] for name in COUNTS} == dict.fromkeys(COUNTS, 0)
    assert len(inbox.mails()) == len(sent)
