"""A command line in a folder of its own, and the sample listing that ships with the program."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from digest.cli import main
from digest.runs.pipeline.demo import SHIPPED

Run = Callable[..., Result]
LISTING = SHIPPED / "listing.txt"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder of the command line: a digest.toml without sources and the three sample profiles."""
    (tmp_path / "digest.toml").write_text('[web]\nurl = "https://digest.example.org"\n')
    (tmp_path / "subscribers").mkdir()
    for file in (SHIPPED / "subscribers").glob("*.toml"):
        (tmp_path / "subscribers" / file.name).write_bytes(file.read_bytes())
    monkeypatch.chdir(tmp_path)
    CliRunner().invoke(main, ["store", "create"], catch_exceptions=False)
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Run:
    """Call the command line there."""
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def asked(run: Run) -> Callable[..., Any]:
    """Call the command line with --json and gives what it printed."""

    def ask(*words: object) -> Any:
        result = run(*words, "--json")
        assert result.exit_code == 0, result.stderr
        assert len(result.stdout.splitlines()) == 1
        return json.loads(result.stdout)

    return ask
