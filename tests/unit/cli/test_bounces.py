"""`digest bounces`: reading a Maildir, and letting an address off."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from digest.cli import main


def test_a_maildir_is_read_and_counted(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "1.host").write_bytes(b"To: digest@example.org\r\nSubject: hello\r\n\r\n")
    (tmp_path / "digest.toml").write_text("")
    invocation = ["bounces", "--config", str(tmp_path / "digest.toml"), "--maildir", str(tmp_path)]
    result = CliRunner().invoke(main, [*invocation, "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["unproved"] == 1
    assert CliRunner().invoke(main, invocation).stdout == "0 messages read\n"


def test_without_a_mailbox_it_says_which_settings_are_missing(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text("")
    result = CliRunner().invoke(main, ["bounces", "--config", str(tmp_path / "digest.toml")])
    assert result.exit_code == 78
    assert "bounces.maildir" in result.stderr


def test_an_address_that_was_not_suppressed_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text("")
    invocation = ["bounces", "--config", str(tmp_path / "digest.toml"), "--lift", "ada@example.com"]
    assert "was not suppressed" in CliRunner().invoke(main, invocation).stdout
