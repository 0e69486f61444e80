"""`digest store`: what a person types, and what it leaves."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

import digest.cli
from digest.settings import StoreSettings
from digest.storage import open_store
from digest.storage.delivery import runs


def called(folder: Path, *arguments: str) -> tuple[int, str, str]:
    config = folder / "digest.toml"
    config.write_text('[store]\nurl = "sqlite:///digest.db"\n')
    result = CliRunner().invoke(digest.cli.main, ["--config", str(config), *arguments])
    return result.exit_code, result.stdout, result.stderr


def flagged(folder: Path) -> None:
    store = open_store(StoreSettings(url="sqlite:///digest.db"), folder)
    with store.transaction() as tx:
        runs.set_flag(tx, "hold", "yes")
    store.close()


def flag_in(file: Path) -> str:
    store = open_store(StoreSettings(url=f"sqlite:///{file}"), file.parent)
    with store.reading() as tx:
        found = runs.flag(tx, "hold")
    store.close()
    return found


def test_a_moved_store_is_complete_and_the_rows_are_counted(tmp_path: Path) -> None:
    flagged(tmp_path)
    code, said, _ = called(tmp_path, "--json", "store", "move", "--to", "sqlite:///new.db")
    assert code == 0
    assert json.loads(said)["rows"]["flags"] == 1
    assert flag_in(tmp_path / "new.db") == "yes"


def test_a_store_cannot_be_moved_onto_itself(tmp_path: Path) -> None:
    flagged(tmp_path)
    code, _, said = called(tmp_path, "store", "move", "--to", "sqlite:///digest.db")
    assert (code, "is the store that you are moving" in said) == (2, True)


def test_a_backup_is_a_store_and_is_not_overwritten(tmp_path: Path) -> None:
    flagged(tmp_path)
    copy = tmp_path / "copy.db"
    assert called(tmp_path, "store", "backup", str(copy))[0] == 0
    assert flag_in(copy) == "yes"
    assert called(tmp_path, "store", "backup", str(copy))[0] == 2
