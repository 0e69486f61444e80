"""The command `digest preview`: prints its address, answers there on loopback, runs an inbox beside it, and ends."""

from __future__ import annotations

import json
import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import ROOT

MAIL = "From: a@example.com\r\nTo: b@example.com\r\nSubject: Hello there\r\n\r\nHello\r\n"


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """Return the command as it runs, and the report that it printed."""
    (folder / "digest.toml").write_text("")
    command = [sys.executable, "-m", "digest", "--config", str(folder / "digest.toml"), "--json", "preview"]
    with subprocess.Popen([*command, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def test_it_answers_at_the_address_that_it_prints_and_ends_when_told_to(tmp_path: Path) -> None:
    with running(tmp_path, "--port", "0") as (process, report):
        assert report["address"].startswith("http://127.0.0.1:")
        assert report["inbox"] is None
        assert "Preview of an issue" in httpx.get(report["address"]).text
        origin = "/".join(report["address"].split("/")[:3])
        assert httpx.get(f"{origin}/").status_code == 404
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) in (0, -signal.SIGTERM)


def test_each_start_has_a_token_of_its_own(tmp_path: Path) -> None:
    with running(tmp_path, "--port", "0") as (_, one), running(tmp_path, "--port", "0") as (_, other):
        assert one["address"].split("/")[3] != other["address"].split("/")[3]
        assert len(one["address"].split("/")[3]) >= 32


def test_its_inbox_shows_what_any_program_sends_there(tmp_path: Path) -> None:
    with running(tmp_path, "--port", "0", "--inbox", "--inbox-port", "0") as (_, report):
        with smtplib.SMTP(report["inbox"]["host"], report["inbox"]["port"], timeout=10) as client:
            client.sendmail("a@example.com", ["b@example.com"], MAIL)
        assert "Hello there" in httpx.get(f"{report['address']}inbox").text
        assert "Hello there" in httpx.get(f"{report['address']}inbox/1").text


@pytest.mark.parametrize("option", ["--port", "--inbox-port"])
def test_a_port_that_is_taken_is_named(option: str, tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text("")
    command = [sys.executable, "-m", "digest", "--config", str(tmp_path / "digest.toml"), "preview", "--inbox"]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ports = {"--port": "0", "--inbox-port": "0", option: port}
        done = subprocess.run(
            [*command, *(word for pair in ports.items() for word in pair)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert f"{option} {port}" in done.stderr
