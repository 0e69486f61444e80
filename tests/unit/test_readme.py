"""The README leads: its links lead somewhere, every page of documentation is reachable, its examples are valid."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from digest.cli import COMMANDS
from digest.profile_files import read_subscription

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_link_and_picture_is_there() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)|(?:src|srcset)=\"([^\"]+)\"", README)
    assert len(targets) > 5
    assert [target for pair in targets for target in pair if target and not (ROOT / target).exists()] == []


def links(page: Path) -> set[Path]:
    """Return the pages of documentation that a page links to."""
    targets = re.findall(r"\]\(([^)#:]+\.md)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    return {(page.parent / target).resolve() for target in targets}


def test_every_page_of_documentation_can_be_reached_by_links() -> None:
    reached, waiting = set(), {ROOT / "README.md"}
    while waiting:
        page = waiting.pop()
        reached.add(page)
        waiting |= links(page) - reached
    home = ROOT / "docs" / "index.md"  # the README's place on the site
    pages = set((ROOT / "docs").rglob("*.md")) - {home}
    assert len(pages) > 20
    assert pages - reached == set()


@pytest.mark.parametrize("extra", ["", "[test]"])
def test_the_two_commands_are_near_the_top(extra: str) -> None:
    what = "-e '.[test]' && .venv/bin/pytest" if extra else "-e . && .venv/bin/digest demo"
    place = README.index(f"python3 -m venv .venv && .venv/bin/pip install {what}\n")
    assert README[:place].count("\n") < 30


def test_every_command_that_it_names_exists() -> None:
    named = set(re.findall(r"(?:`|bin/)digest ([a-z]+)", README))
    assert named >= {"demo", "run", "serve", "worker", "preview"}
    assert named <= set(COMMANDS)


def test_the_profile_that_it_shows_has_no_faults() -> None:
    (profile,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    assert read_subscription(profile.encode(), "README.md").address == "ada@example.com"
