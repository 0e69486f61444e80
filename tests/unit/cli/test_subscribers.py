"""`digest subscribers`: what people read, what machines read, and the exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest.cli import main

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "subscribers").mkdir()
    (tmp_path / "subscribers" / "ada.toml").write_text('address = "ada@example.com"\n[profile]\nkeywords = ["x ray"]\n')
    return lambda *words: CliRunner().invoke(main, ["subscribers", *words])


def test_sync_says_who_is_new_and_list_shows_them(run: Run) -> None:
    assert "added: ada@example.com" in run("sync").stdout
    listed = json.loads(run("list", "--json").stdout)["subscribers"]
    assert [(one["address"], one["state"], one["owner"]) for one in listed] == [("ada@example.com", "active", "file")]
    assert "x ray" in run("list").stdout


def test_a_faulty_file_is_named_on_standard_error_and_ends_with_code_1(run: Run, tmp_path: Path) -> None:
    (tmp_path / "subscribers" / "bad.toml").write_text('address = "b@example.com"\nhour = "late"\n')
    result = run("sync", "--json")
    assert result.exit_code == 1
    assert "bad.toml, line 2: hour" in result.stderr
    document = json.loads(result.stdout)
    assert document["added"] == ["ada@example.com"]
    assert (document["problems"][0]["line"], document["problems"][0]["field"]) == (2, "hour")


def test_a_missing_folder_is_a_wrong_setting(run: Run, tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text('[subscribers]\nfolder = "nowhere"\n')
    result = run("sync")
    assert (result.exit_code, "subscribers.folder" in result.stderr) == (78, True)


def test_someone_is_added_shown_and_removed(run: Run, tmp_path: Path) -> None:
    added = run("add", "Cleo.B@example.com", "--keyword", "graph neural networks=2", "--hour", "6:30", "--json")
    document = json.loads(added.stdout)
    assert document["hour"] == "06:30"
    assert Path(document["file"]) == tmp_path / "subscribers" / "cleo.b-example.com.toml"
    assert "weight = 2" in run("show", "cleo.b@example.com").stdout
    assert json.loads(run("remove", "cleo.b@example.com", "--json").stdout)["state"] == "unsubscribed"


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["add", "cleo"], "not an e-mail address"),
        (["add", "c@example.com", "--hour", "25"], "hour: found '25'"),
        (["add", "c@example.com", "--timezone", "Berlin"], "'Berlin' is not a known time zone"),
        (["add", "c@example.com", "--keyword", "x=y"], "weight"),
        (["show", "nobody@example.com"], "no subscriber has this address"),
        (["remove", "nobody@example.com"], "no subscriber has this address"),
    ],
)
def test_what_cannot_be_meant_ends_with_code_2_and_says_why(run: Run, words: list[str], part: str) -> None:
    result = run(*words)
    assert (result.exit_code, part in result.stderr) == (2, True)


@pytest.mark.parametrize("name", ["people.csv", "people.json"])
def test_a_list_goes_out_and_comes_in_elsewhere(run: Run, tmp_path: Path, name: str) -> None:
    run("sync")
    assert run("export", name).exit_code == 0
    (tmp_path / "digest.db").unlink()
    CliRunner().invoke(main, ["store", "create"], catch_exceptions=False)
    report = json.loads(run("import", name, "--json").stdout)
    assert (report["rows"], report["added"], report["problems"]) == (1, {"active": 1}, [])
    assert "already known, not changed: 1" in run("import", name).stdout
    assert "x ray" in run("list").stdout
    assert "ada@example.com" in run("export", "--state", "active").stdout


def test_a_faulty_row_of_a_list_is_named_and_ends_with_code_1(run: Run, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("address,hour\na@example.com,7:30\nb@example.com,late\n")
    result = run("import", "people.csv")
    assert (result.exit_code, "people.csv, line 3: hour" in result.stderr) == (1, True)
    assert "added, active: 1" in result.stdout
