"""`digest init` writes settings that say the defaults and a profile that can be synced."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from digest.cli import main
from digest.cli.configuration import load
from digest.profile_files import read_subscription


def test_what_it_writes_can_be_read_and_synced(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["init", str(tmp_path), "--json"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["files"] == [str(tmp_path / "digest.toml"), str(tmp_path / "subscribers/you.toml")]
    settings = load(tmp_path / "digest.toml", {}).settings
    assert settings.sources[0].path == str(tmp_path / "listings")
    assert read_subscription((tmp_path / "subscribers/you.toml").read_bytes(), "you").address == "you@example.com"
    synced = CliRunner().invoke(main, ["--config", str(tmp_path / "digest.toml"), "subscribers", "sync", "--json"])
    assert json.loads(synced.stdout)["added"] == ["you@example.com"]


def test_what_is_commented_out_is_valid_as_well(tmp_path: Path) -> None:
    CliRunner().invoke(main, ["init", str(tmp_path)])
    file = tmp_path / "digest.toml"
    lines = file.read_text().splitlines()
    file.write_text("\n".join(line.removeprefix("# ") if "[[" in line or "= " in line else line for line in lines
                              if not line.startswith("# url = \"postgresql")))  # fmt: skip
    assert [source.name for source in load(file, {}).settings.sources] == ["saved-pages", "arxiv", "journal"]


def test_what_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text("# mine\n")
    result = CliRunner().invoke(main, ["init", str(tmp_path)])
    assert (result.exit_code, (tmp_path / "digest.toml").read_text()) == (2, "# mine\n")
    assert "digest.toml" in result.stderr
    assert not (tmp_path / "subscribers").exists()
