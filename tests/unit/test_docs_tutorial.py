"""The tutorial works as it says: its commands are run in order, and their output is compared with the page's."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tutorial" / "first-digest.md").read_text(encoding="utf-8")
SESSIONS = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)


def steps() -> Iterator[tuple[str, str]]:
    """Return each command of the console blocks with the output that the page shows."""
    for session in SESSIONS:
        for step in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
            command, _, output = step.partition("\n")
            yield command, output


def pattern(shown: str) -> str:
    """Return the expression that the output has to match: "…" stands for any text, alone on a line for any lines."""
    lines = [r"(?:.*\n)*" if line == "…" else re.escape(line).replace("…", ".*") + r"\n" for line in shown.splitlines()]
    return "".join(lines)


@pytest.mark.parametrize(
    ("shown", "output", "fits"),
    [
        ("1 issue planned\n", "1 issue planned\n", True),
        ("1 issue planned\n", "2 issues planned\n", False),
        ("…/listing.txt: 45 papers\n", "/home/ada/listing.txt: 45 papers\n", True),
        ("first\n…\n", "first\nsecond\nthird\n", True),
        ("first\n", "first\nsecond\n", False),
    ],
)
def test_output_fits_the_page_when_only_what_is_left_out_differs(shown: str, output: str, fits: bool) -> None:
    assert bool(re.fullmatch(pattern(shown), output)) is fits


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def inbox(folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """Run the preview with its SMTP server in the background, as in the second terminal."""
    command = [sys.executable, "-m", "digest", "preview", "--port", "0", "--inbox"]
    port = ["--inbox-port", environment["DIGEST_SMTP__PORT"]]
    with subprocess.Popen([*command, *port], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("The preview is at ")
            yield
        finally:
            process.terminate()


def run(command: str, folder: Path, environment: dict[str, str]) -> str:
    """Return the output of a command of the page."""
    words = shlex.split(command)
    if words[0] == "cp":
        shutil.copy(ROOT / words[1].removeprefix("../"), folder / words[2])
        return ""
    assert words[0] == "digest"
    called = [sys.executable, "-m", "digest", *words[1:]]
    done = subprocess.run(called, cwd=folder, env=environment, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def test_the_tutorial_works_as_it_says(tmp_path: Path) -> None:
    assert "digest run --only you@example.com" in PAGE
    # What the page tells the reader to write into digest.toml, on a port that is free here.
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "DIGEST_SMTP__HOST": "localhost",
        "DIGEST_SMTP__PORT": str(free_port()),
        "DIGEST_SMTP__TLS": "none",
    }
    with inbox(tmp_path, environment):
        for command, shown in steps():
            output = run(command, tmp_path, environment)
            assert re.fullmatch(pattern(shown), output), f"$ {command}\n{output}"
    assert len(list((tmp_path / "inbox").glob("*.eml"))) == 1


def test_the_demo_prints_what_the_tutorial_quotes(tmp_path: Path) -> None:
    (quoted,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    called = [sys.executable, "-m", "digest", "demo"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(called, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True, timeout=60)
    printed = [re.sub(r" · .*", "", line) for line in done.stdout.splitlines()]
    assert [line for line in quoted.splitlines() if re.sub(r" · .*", "", line) not in printed] == []
