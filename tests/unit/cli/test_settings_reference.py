"""docs/reference/settings.md says what digest/settings.py declares, and every setting has its meaning."""

from __future__ import annotations

from pathlib import Path

from digest.cli.settings_reference import document
from digest.settings import Settings

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "settings.md"


def test_the_page_of_settings_is_made_from_their_declarations() -> None:
    assert PAGE.read_text(encoding="utf-8") == document(), (
        "run: python -m digest.cli.settings_reference > docs/reference/settings.md"
    )


def test_every_section_and_every_setting_stands_in_the_page_with_a_meaning() -> None:
    page = document()
    for section in Settings.model_fields:
        assert f"[{section}]" in page
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| `")]
    assert len(rows) > 20
    assert [row for row in rows if len(row) != 3 or len(row[2].rstrip(" |")) < 8] == []
