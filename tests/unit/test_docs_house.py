"""docs/house.md names every package, and every module that it names exists where it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "house.md").read_text(encoding="utf-8")
SECTIONS = {
    found[1].rstrip("/"): found[2]
    for found in re.finditer(r"^### `(.*?)`\n(.*?)(?=^##|\Z)", PAGE, re.DOTALL | re.MULTILINE)
}


def listed(section: str) -> set[str]:
    """Return the modules in the table of a section."""
    return set(re.findall(r"^\| `([a-z_]+)` \|", SECTIONS[section], re.MULTILINE))


def present(folder: Path) -> set[str]:
    """Return the modules and packages that a folder holds."""
    modules = {path.stem for path in folder.glob("*.py") if not path.stem.startswith("__")}
    return modules | {path.parent.name for path in folder.glob("*/__init__.py")}


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`((?:digest|templates|cron|tests|docs|subscribers)/[\w/.]*)`", PAGE)))
)
def test_a_path_that_the_page_names_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_every_package_is_named() -> None:
    packages = {path.parent.relative_to(ROOT).as_posix() for path in (ROOT / "digest").rglob("__init__.py")}
    assert packages - {"digest", "digest/storage/database/migrations"} - set(SECTIONS) == set()


@pytest.mark.parametrize("section", sorted(section for section in SECTIONS if listed(section)))
def test_a_table_lists_exactly_the_modules_of_its_folder(section: str) -> None:
    folder = ROOT / section
    rooms = {path.parent.name for path in folder.glob("*/__init__.py")} if section == "digest" else set()
    assert listed(section) == present(folder) - rooms


@pytest.mark.parametrize("section", sorted(section for section in SECTIONS if not listed(section)))
def test_a_module_that_a_paragraph_names_is_in_its_folder(section: str) -> None:
    named = set(re.findall(r"`([a-z_]+)`", SECTIONS[section]))
    assert named - present(ROOT / section) == set()
