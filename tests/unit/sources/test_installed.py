"""Formats and sources of other packages: the example of the docs, installed, and packages that go wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.errors import ListingError
from digest.sources.installed import guarded
from digest.sources.raw_listing import Format, RawListing

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "docs" / "how-to" / "example-format"
RAW = RawListing(data=b"x", origin="x", now=datetime(2026, 4, 1, tzinfo=UTC))


def python(folder: Path, *words: str) -> str:
    path = os.pathsep.join((str(folder), str(ROOT)))
    done = subprocess.run(
        [sys.executable, *words], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_example_of_the_docs_works_once_it_is_installed(tmp_path: Path) -> None:
    target = tmp_path / "installed"
    python(
        tmp_path,
        *("-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"),
        *("--target", str(target), str(EXAMPLE)),
    )
    listing = tmp_path / "today.txt"
    listing.write_text("#gates\n10.1000/g.1\tSparse gates\nbroken\n", encoding="utf-8")
    config = tmp_path / "digest.toml"
    config.write_text('[store]\nurl = "sqlite:///digest.db"\n', encoding="utf-8")
    report = json.loads(python(target, "-m", "digest", "--config", str(config), "--json", "ingest", str(listing)))
    assert [(one["format"], one["papers"], len(one["problems"])) for one in report["listings"]] == [("gate-list", 1, 1)]
    url = python(target, "-c", "from digest.fetching.presets import preset_url; print(preset_url('gates:today'))")
    assert url.strip() == "https://gates.example/today.txt"


def test_a_format_that_raises_refuses_the_listing_and_recognises_nothing() -> None:
    def fail(raw_listing: RawListing) -> bool:
        raise KeyError("gate")

    broken = guarded(Format(name="broken", recognise=fail, read=fail))  # type: ignore[arg-type]
    assert not broken.recognise(RAW)
    with pytest.raises(ListingError, match="x: format broken: KeyError"):
        broken.read(RAW)
