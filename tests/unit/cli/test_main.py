"""The main group knows its commands without importing them, and ends with the documented codes."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec

import click
import pytest
from click.testing import CliRunner

import digest.cli
from digest.cli.exits import Exit, exit_code
from digest.cli.invocation import Invocation, command
from digest.errors import ConfigurationError, DigestError, ListingError, SchemaTooNew, StoreBusy, UsageError

PRESENT = [name for name in digest.cli.COMMANDS if find_spec(f"digest.cli.{name}")]


def test_the_overview_names_every_command_with_its_summary() -> None:
    result = CliRunner().invoke(digest.cli.main, ["--help"])
    assert result.exit_code == Exit.OK
    assert [name for name, summary in digest.cli.COMMANDS.items() if f"{name} " not in result.output] == []


def test_the_overview_imports_no_command_and_nothing_heavy() -> None:
    program = "import sys, digest.cli; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert {"pydantic", "rich", "numpy", "sqlalchemy", "jinja2", "logging"}.isdisjoint(loaded)
    assert [name for name in PRESENT if f"digest.cli.{name}" in loaded] == []


@pytest.mark.parametrize("name", PRESENT)
def test_the_summary_is_the_first_line_of_the_commands_own_help(name: str) -> None:
    made = digest.cli.main.get_command(click.Context(digest.cli.main), name)
    assert made is not None
    assert (made.help or "").splitlines()[0].rstrip(".") == digest.cli.COMMANDS[name]


def test_an_unknown_command_is_a_usage_error() -> None:
    result = CliRunner().invoke(digest.cli.main, ["frobnicate"])
    assert result.exit_code == Exit.USAGE
    assert "frobnicate" in result.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigurationError("x"), 78),
        (UsageError("x"), 2),
        (StoreBusy("x"), 5),
        (SchemaTooNew("x"), 1),
        (ListingError("x"), 1),
        (DigestError("x"), 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, DigestError) else "",
)
def test_each_error_has_its_exit_code(error: DigestError, code: int) -> None:
    assert exit_code(error) == code


@pytest.fixture
def with_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    @command(reports=True)
    @click.option("--fail", is_flag=True)
    def probe(invocation: Invocation, fail: bool) -> None:
        """Probe."""
        if fail:
            raise StoreBusy("the store is busy")
        invocation.show({"line": "one\ntwo\u2028", "port": invocation.settings.smtp.port}, "for people")

    monkeypatch.setattr(digest.cli.main, "get_command", lambda ctx, name: probe)


@pytest.mark.usefixtures("with_probe")
def test_an_error_of_the_family_is_one_sentence_on_standard_error_and_its_code() -> None:
    result = CliRunner().invoke(digest.cli.main, ["probe", "--fail", "--json"])
    assert (result.exit_code, result.stdout, result.stderr) == (Exit.BUSY, "", "digest: the store is busy\n")


@pytest.mark.usefixtures("with_probe")
@pytest.mark.parametrize("words", [["--json", "probe"], ["probe", "--json"]], ids=["before", "after"])
def test_the_json_report_is_one_line_wherever_the_option_stands(words: list[str]) -> None:
    result = CliRunner().invoke(digest.cli.main, words)
    assert len(result.stdout.splitlines()) == 1
    assert json.loads(result.stdout) == {"line": "one\ntwo\u2028", "port": 25}


@pytest.mark.usefixtures("with_probe")
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_the_settings_file_can_be_named_on_either_side_of_the_command(
    tmp_path_factory: pytest.TempPathFactory, before: bool
) -> None:
    file = tmp_path_factory.mktemp("settings") / "other.toml"
    file.write_text("[smtp]\nport = 2525\n")
    option = ["--config", str(file)]
    result = CliRunner().invoke(
        digest.cli.main, [*option, "--json", "probe"] if before else ["--json", "probe", *option]
    )
    assert json.loads(result.stdout)["port"] == 2525


@pytest.mark.usefixtures("with_probe")
def test_quiet_leaves_out_the_text_for_people() -> None:
    assert CliRunner().invoke(digest.cli.main, ["probe"]).stdout == "for people\n"
    assert CliRunner().invoke(digest.cli.main, ["-q", "probe"]).stdout == ""
