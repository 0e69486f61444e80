"""`digest hold` and `digest release`."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from digest.cli import main


def test_a_hold_is_kept_until_it_is_released(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text("")

    def invocation(*words: str) -> dict[str, str]:
        result = CliRunner().invoke(main, [*words, "--config", str(tmp_path / "digest.toml"), "--json"])
        assert result.exit_code == 0, result.output
        found: dict[str, str] = json.loads(result.stdout)
        return found

    assert invocation("release") == {"was_held": ""}
    assert invocation("hold", "a broken link") == {"held": "a broken link"}
    assert invocation("release") == {"was_held": "a broken link"}
    assert invocation("release") == {"was_held": ""}


def test_the_doctor_says_that_everything_is_held(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text("")
    config = ["--config", str(tmp_path / "digest.toml")]
    CliRunner().invoke(main, ["hold", "a broken link", *config])
    result = CliRunner().invoke(main, ["doctor", "--offline", "--json", *config])
    found = [finding for finding in json.loads(result.stdout)["findings"] if finding["found"].endswith("a broken link")]
    assert found == [
        {
            "area": "store",
            "verdict": "fix",
            "found": "nothing is sent: a broken link",
            "fix": "`digest release`",
            "mend": "`digest release`",
        }
    ]
