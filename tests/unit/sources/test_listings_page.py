"""docs/reference/listings.md names every format and every kind of ready-made source."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from digest.fetching.presets import preset_url
from digest.sources import FORMATS

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "listings.md").read_text(encoding="utf-8")


def test_the_table_has_every_format_and_no_other() -> None:
    assert sorted(re.findall(r"^\| `([\w-]+)` \|", PAGE, re.MULTILINE)) == sorted(known.name for known in FORMATS)


@pytest.mark.parametrize("preset", re.findall(r"\b(?:arxiv|huggingface|biorxiv):[\w.+-]+", PAGE))
def test_a_ready_made_source_on_the_page_is_one(preset: str) -> None:
    assert preset_url(preset).startswith("https://")
