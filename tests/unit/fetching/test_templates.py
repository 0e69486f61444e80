from pathlib import Path

import pytest

from digest.errors import ConfigurationError
from digest.fetching.templates import load_templates


def test_the_templates_that_ship_are_found() -> None:
    assert {"mail/issue.mjml", "mail/card.html", "mail/card.txt", "theme/default.toml"} <= set(load_templates())


def test_a_file_in_the_operators_folder_wins_and_the_others_stay(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "chip.html").write_text("<b>{{ label }}</b>")
    own = load_templates(str(tmp_path))
    assert own["mail/chip.html"] == "<b>{{ label }}</b>"
    assert own["mail/card.html"] == load_templates()["mail/card.html"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"templates\.folder: .*nowhere"):
        load_templates(str(tmp_path / "nowhere"))


def test_a_template_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.html").write_bytes(b"ok \xff")
    with pytest.raises(ConfigurationError, match=r"x\.html: is not UTF-8: .* at byte 3"):
        load_templates(str(tmp_path))
