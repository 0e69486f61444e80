"""Progress is for people at a terminal; elsewhere nothing is shown and rich is not loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

from digest.cli.progress import bars, status


def test_at_a_terminal_a_bar_is_seen_once_it_moves(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    with bars(True, ("papers", "mails")) as (read, _tried):
        read(3)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "papers" in shown.err
    assert "3" in shown.err
    assert "mails" not in shown.err


def test_at_a_terminal_the_step_is_shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    with status(True) as tell:
        tell("sending over SMTP")
    assert "sending over SMTP" in capsys.readouterr().err


def test_elsewhere_nothing_is_shown_and_rich_is_not_loaded() -> None:
    program = (
        "import sys\nfrom digest.cli.progress import bars, status\n"
        "with bars(False, ('papers',)) as (move,), status(False) as tell:\n    move(3)\n    tell('step')\n"
        "print('rich' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (found.stdout.strip(), found.stderr) == ("False", "")
