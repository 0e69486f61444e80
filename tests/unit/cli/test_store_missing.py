"""A store that is missing is never replaced by an empty one in silence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest.cli import main

RUNS = [["run"], ["run", "--dry-run"], ["deliver"], ["serve", "--no-web"]]


def call(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a store that does not exist, on either database."""
    if request.param == "sqlite":
        yield "sqlite:///volume/digest.db"
        return
    with request.getfixturevalue("postgresql_server").empty_database() as url:
        yield url


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store_url: str) -> Path:
    """The folder of an installation whose store was not created yet."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "subscribers").mkdir()
    (tmp_path / "subscribers" / "ada.toml").write_text('address = "ada@example.com"\n')
    (tmp_path / "digest.toml").write_text(f'[store]\nurl = "{store_url}"\n')
    return tmp_path


@pytest.mark.parametrize("words", RUNS, ids=" ".join)
def test_a_run_creates_no_store_and_says_how_to(home: Path, words: list[str]) -> None:
    result = call(*words)
    assert result.exit_code == 78
    assert "there is no store at" in result.stderr
    assert "digest store create" in result.stderr
    assert not (home / "volume").exists()


@pytest.mark.parametrize("words", RUNS[:3], ids=" ".join)
def test_a_run_opens_a_store_that_was_created_on_purpose(home: Path, words: list[str]) -> None:
    assert call("store", "create").exit_code == 0
    assert call(*words).exit_code == 0
    assert call("store", "create").exit_code == 0


def test_a_setting_allows_a_run_to_create_the_store(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_STORE__CREATE", "true")
    assert call("run").exit_code == 0


@pytest.mark.parametrize(
    "words",
    [["run"], ["subscribers", "sync"], ["subscribers", "list"], ["papers"], ["bounces", "--lift", "a@example.com"]],
    ids=" ".join,
)
@pytest.mark.parametrize("left", ["nothing", "an empty file", "an empty folder"])
def test_no_command_replaces_a_store_that_was_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], left: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "digest.toml").write_text('[store]\nurl = "sqlite:///volume/digest.db"\n')
    (tmp_path / "subscribers").mkdir()
    assert call("subscribers", "list").exit_code == 0  # creates it, as nothing was here before
    for file in (tmp_path / "volume").iterdir():
        file.unlink()
    if left == "nothing":
        (tmp_path / "volume").rmdir()
    if left == "an empty file":
        (tmp_path / "volume" / "digest.db").touch()
    result = call(*words)
    assert (result.exit_code, "there is no store at" in result.stderr) == (78, True)
    assert call("store", "create").exit_code == 0
    assert call(*words).exit_code == 0


@pytest.mark.parametrize("words", RUNS, ids=" ".join)
def test_a_run_in_the_wrong_folder_names_the_missing_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    result = call(*words)
    assert (result.exit_code, "no digest.toml here" in result.stderr) == (78, True)
    assert list(tmp_path.iterdir()) == []


def test_init_creates_the_store_that_the_next_run_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("init").exit_code == 0
    assert (tmp_path / "digest.db").is_file()
    assert call("run").exit_code == 0


def test_the_doctor_names_a_missing_store_and_creates_none(home: Path) -> None:
    result = call("doctor", "--offline")
    assert "there is no store at" in result.stdout
    assert not (home / "volume").exists()
