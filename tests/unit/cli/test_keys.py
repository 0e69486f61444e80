"""`digest keys`: what a person types, and that no key is ever shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from digest.settings import StoreSettings
from digest.signed_links import MAX_KEYS, Keyring
from digest.storage import open_store
from digest.storage.database import secrets
from tests.unit.cli.conftest import Run

NOW = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)


def keyring(folder: Path, *, rotated: int = 0) -> Keyring:
    """The keys of the store there, after so many rotations."""
    store = open_store(StoreSettings(url="sqlite:///digest.db"), folder)
    with store.transaction() as tx:
        for _ in range(rotated):
            secrets.rotate(tx, NOW)
        found = secrets.keyring(tx, NOW)
    store.close()
    return found


def test_a_rotation_adds_the_key_that_signs(folder: Path, asked: Callable[..., Any]) -> None:
    assert asked("keys", "list") == {"keys": [], "left": 256}
    keyring(folder)
    added = asked("keys", "rotate")
    assert (added["number"], added["signs"], added["left"]) == (2, True, 254)
    listed = asked("keys", "list")
    first = {"number": 1, "created": NOW.isoformat(), "signs": False}
    second = {name: added[name] for name in ("number", "created", "signs")}
    assert listed == {"keys": [first, second], "left": 254}
    assert len(keyring(folder).keys) == 2


def test_people_read_which_key_signs_and_that_old_links_stay_valid(folder: Path, run: Run) -> None:
    assert "no keys" in run("keys", "list").stdout
    keyring(folder)
    said = run("keys", "rotate").stdout
    assert "key 2 signs" in said
    assert "links in sent e-mails stay valid" in said
    lines = run("keys", "list").stdout.splitlines()
    assert lines[0].split() == ["key", "created", "use"]
    assert lines[1].split() == ["1", NOW.isoformat(), "verifies"]
    assert (lines[2].split()[0], lines[2].split()[-1]) == ("2", "signs")
    assert lines[3] == "254 more keys can be added"


def test_at_the_limit_a_rotation_is_refused_and_nothing_changes(folder: Path, run: Run) -> None:
    full = keyring(folder, rotated=MAX_KEYS)
    refused = run("keys", "rotate")
    assert refused.exit_code == 2
    assert "there are 256 keys, the most that links can name" in refused.stderr
    assert keyring(folder) == full
    assert run("keys", "list").stdout.splitlines()[-1] == "no more can be added"
