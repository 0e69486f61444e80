"""`digest serve` as an operator starts it: pages, schedule and mail in one process, ended by a signal."""

from __future__ import annotations

import email
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from digest.inbox import Inbox
from tests.unit.web.forms import FORM, stamp

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
PROFILE = """
address = "lin@example.com"
[profile]
keywords = [{ term = "protein folding" }]
"""


@contextmanager
def serving(folder: Path, settings: str, *words: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run the command in the folder, with those words after it; return its address and the process."""
    new_store = "" if "[store]" in settings else "[store]\ncreate = true\n"
    (folder / "digest.toml").write_text(settings + new_store)
    command = [sys.executable, "-m", "digest", "serve", *words]
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    )
    assert process.stdout
    try:
        yield process.stdout.readline().split()[-1], process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    with Inbox(tmp_path / "inbox") as server:
        yield server


def settings(inbox: Inbox) -> str:
    return f"""
[web]
url = "https://digest.example.org"
port = 0
[smtp]
host = "{inbox.host}"
port = {inbox.port}
tls = "none"
"""


def mail_to(inbox: Inbox, address: str, seconds: float = 20) -> str:
    """The text part of the first mail that arrives for an address."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for received in inbox.mails():
            if address in received.recipients:
                part = email.message_from_bytes(received.data).get_payload()[0]  # type: ignore[index]
                return bytes(part.get_payload(decode=True)).decode()  # type: ignore[union-attr, arg-type]
        time.sleep(0.1)
    raise AssertionError(f"no mail for {address}")


def test_it_signs_people_up_by_mail_follows_profile_files_and_ends_at_a_signal(tmp_path: Path, inbox: Inbox) -> None:
    (tmp_path / "subscribers").mkdir()
    (tmp_path / "subscribers" / "lin.toml").write_text(PROFILE)
    with serving(tmp_path, settings(inbox)) as (address, process), httpx.Client(base_url=address) as client:
        assert client.get("/health").text == "ok\n"
        signed = stamp(client)
        time.sleep(3.2)
        assert client.post("/subscribe", data={**FORM, "stamp": signed}).status_code == 200
        found = re.search(r"https://digest\.example\.org(/c/\S+)", mail_to(inbox, "ada@example.com"))
        assert found
        assert "You are subscribed" in client.post(found[1]).text
        until = time.monotonic() + 20
        while client.get("/ready").json()["last_run"] is None and time.monotonic() < until:
            time.sleep(0.1)
        assert client.get("/ready").json()["last_run"]["kind"] == "housekeeping"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    listing = [sys.executable, "-m", "digest", "subscribers", "list", "--json"]
    people = json.loads(
        subprocess.run(listing, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=True).stdout
    )
    states = {person["address"]: person["state"] for person in people["subscribers"]}
    assert states == {"ada@example.com": "active", "lin@example.com": "active"}


def wait_for_a_try(folder: Path, seconds: float = 20) -> None:
    """Wait until a letter has been tried and put off."""
    until = time.monotonic() + seconds
    with sqlite3.connect(folder / "digest.db") as store:
        while not store.execute(
            "SELECT 1 FROM letters WHERE tries = 1 AND not_before < datetime('now', '+30 seconds')"
        ).fetchone():
            assert time.monotonic() < until
            time.sleep(0.1)


def test_a_sign_up_survives_that_the_program_is_killed_while_no_mail_can_be_sent(tmp_path: Path) -> None:
    with Inbox(tmp_path / "first") as gone:
        away = settings(gone)
    with serving(tmp_path, away) as (address, process), httpx.Client(base_url=address) as client:
        signed = stamp(client)
        time.sleep(3.2)
        assert client.post("/subscribe", data={**FORM, "stamp": signed}).status_code == 200
        wait_for_a_try(tmp_path)
        process.kill()
        process.wait(20)
    with Inbox(tmp_path / "inbox") as inbox, serving(tmp_path, settings(inbox)) as (address, _):
        found = re.search(r"https://digest\.example\.org(/c/\S+)", mail_to(inbox, "ada@example.com", seconds=60))
        assert found
        assert "You are subscribed" in httpx.post(address.rstrip("/") + found[1]).text


def test_a_port_that_is_taken_is_a_wrong_setting(tmp_path: Path, inbox: Inbox) -> None:
    (tmp_path / "digest.toml").write_text(f"[web]\nport = {inbox.port}\n[store]\ncreate = true\n")
    command = [sys.executable, "-m", "digest", "serve"]
    ended = subprocess.run(
        command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 78
    assert f"web.port {inbox.port}: cannot listen there" in ended.stderr
