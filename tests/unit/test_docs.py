"""The documentation is true: pages are found, links lead somewhere, and what it names exists."""

from __future__ import annotations

import csv
import doctest
import io
import re
import subprocess
import sys
import tomllib
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from digest import __version__
from digest.cli import COMMANDS, main
from digest.profile_files import read_profile_file, read_table
from digest.profile_files.fields import _KEYWORD_FIELDS, PROFILE_FIELDS, SUBSCRIPTION_FIELDS
from digest.settings import Settings
from digest.web.api import operator, personal, public

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
TEXTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *PAGES]
TOGETHER = {path: path.read_text(encoding="utf-8") for path in TEXTS}
CONTRIBUTING = TOGETHER[DOCS / "CONTRIBUTING.md"]
FENCE = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def label(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(kind: str, *pages: Path) -> list[tuple[str, str]]:
    """Return the code blocks of a kind, unindented, each with its page."""
    found = []
    for page in pages or TEXTS:
        for indent, language, text in FENCE.findall(TOGETHER[page]):
            if language == kind:
                found.append((label(page), re.sub(f"^{indent}", "", text, flags=re.MULTILINE)))
    return found


def navigation(entries: Any) -> Iterator[str]:
    """Return the pages of the site's navigation."""
    for entry in entries:
        value = next(iter(entry.values())) if isinstance(entry, dict) else entry
        yield from navigation(value) if isinstance(value, list) else [value]


def test_every_page_is_in_the_navigation_once() -> None:
    site = yaml.safe_load((ROOT / ".mkdocs.yml").read_text(encoding="utf-8"))
    assert sorted(navigation(site["nav"])) == sorted(page.relative_to(DOCS).as_posix() for page in PAGES)


def test_the_site_fetches_nothing_from_the_network() -> None:
    site = yaml.safe_load((ROOT / ".mkdocs.yml").read_text(encoding="utf-8"))
    assert site["theme"]["font"] is False
    assert site["plugins"] == ["search"]


@pytest.mark.parametrize("path", TEXTS, ids=label)
def test_every_link_and_picture_is_there(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", re.sub(r"```.*?```", "", TOGETHER[path], flags=re.DOTALL))
    local = [target for target in targets if not target.startswith(("https://", "mailto:"))]
    assert [target for target in local if not (path.parent / target).exists()] == []


def commands() -> dict[str, click.Command]:
    """Return all commands by name, those of groups as "store move"."""
    context, found = click.Context(main), {}
    for name in COMMANDS:
        command = main.get_command(context, name)
        assert command is not None
        found[name] = command
        found |= {f"{name} {below}": inner for below, inner in getattr(command, "commands", {}).items()}
    return found


def calls(text: str) -> Iterator[str]:
    """Return the calls of the program: in code spans, and at the start of lines of code."""
    flat = re.sub(r"\s*\n\s*", " ", text)
    yield from re.findall(r"`digest ([^`]+)`", flat)
    yield from re.findall(r"^[ $]*(?:\S*bin/)?digest ((?!/)[a-z-].*)$", text, re.MULTILINE)
    yield from re.findall(r"bin/digest ([a-z-].*)$", text, re.MULTILINE)


@pytest.mark.parametrize("path", TEXTS, ids=label)
def test_every_command_and_option_that_is_named_exists(path: Path) -> None:
    known, unknown = commands(), []
    everywhere = {option for parameter in main.params for option in parameter.opts} | {"--json", "--help"}
    for call in calls(TOGETHER[path]):
        words = call.split("#")[0].split(" && ")[0].split()
        while words and words[0] in everywhere:
            words = words[2 if words[0] == "--config" else 1 :]
        if not words or not re.fullmatch(r"[a-z-]+,?", words[0]):
            continue  # "digest COMMAND"
        name = " ".join(words[:2]) if " ".join(words[:2]) in known else words[0].rstrip(",")
        options = {option for parameter in known[name].params for option in parameter.opts} if name in known else set()
        wrong = [w for w in words if w.startswith("--") and w.split("=")[0].rstrip(".,") not in options | everywhere]
        if name not in known or wrong:
            unknown.append(call)
    assert unknown == []


def settings() -> set[str]:
    """Return all settings as "section.key", from the page that is made from their declarations."""
    sections = re.split(r"^## `\[+(\w+)\]+`$", TOGETHER[DOCS / "reference/settings.md"], flags=re.MULTILINE)[1:]
    pairs = zip(sections[::2], sections[1::2], strict=True)
    return {f"{name}.{key}" for name, text in pairs for key in re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)}


@pytest.mark.parametrize("path", [path for path in TEXTS if "CHANGELOG" not in path.name], ids=label)
def test_every_setting_that_is_named_exists(path: Path) -> None:
    sections = "|".join(Settings.model_fields)
    named = set(re.findall(rf"`((?:{sections})\.[a-z_]+)(?:`| = )", TOGETHER[path])) - {"digest.toml", "store.db"}
    assert len(settings()) > 60
    assert named - settings() == set()


@pytest.mark.parametrize("block", blocks("toml"), ids=lambda block: block[0])
def test_an_example_in_toml_is_valid(block: tuple[str, str]) -> None:
    page, text = block
    values = tomllib.loads(text)
    if "address" in values:
        assert read_profile_file(text.encode(), page).faults == ()
    elif "profile" not in values:
        Settings.model_validate(values)


# Files that the reader of a page writes.
PLACEHOLDER = re.compile(r"NAME|NNNN|/(?:es|xx)\.po|pipe|subscribers/you|\.github/workflows/")
PATH_IN_CODE = re.compile(r"`((?:digest|tests|templates|cron|docs|subscribers|\.ci|\.github)/[\w./-]*\w/?)`")


@pytest.mark.parametrize("path", TEXTS, ids=label)
def test_every_file_of_the_project_that_is_named_exists(path: Path) -> None:
    named = [one for one in PATH_IN_CODE.findall(TOGETHER[path]) if not PLACEHOLDER.search(one)]
    assert [one for one in named if not (ROOT / one).exists()] == []


TASKS = re.findall(r"^\| (\w[^|]+) \| `([\w./]+)` \| `(\w+)` \|$", CONTRIBUTING, re.MULTILINE)


def test_at_least_ten_tasks_say_which_file_to_open() -> None:
    assert len({task for task, _, _ in TASKS}) >= 10


@pytest.mark.parametrize(("task", "file", "name"), TASKS, ids=[task for task, _, _ in TASKS])
def test_the_file_for_a_task_has_what_the_task_is_about(task: str, file: str, name: str) -> None:
    assert re.search(rf"\b{name}\b", (ROOT / file).read_text(encoding="utf-8")), task


def table_keys(page: str) -> list[str]:
    return re.findall(r"^\| `(\w+)` \|", TOGETHER[DOCS / page], re.MULTILINE)


def test_the_profile_file_page_has_every_key_and_no_other() -> None:
    expected = [*SUBSCRIPTION_FIELDS, *PROFILE_FIELDS, *_KEYWORD_FIELDS]
    assert sorted(table_keys("reference/profile-file.md")) == sorted(key for key in expected if key != "profile")


def test_the_api_page_has_every_operation_and_no_other() -> None:
    routes = [route for room in (public, personal, operator) for route in room.router.routes]
    offered = {f"{method} {getattr(route, 'path')}" for route in routes for method in getattr(route, "methods")}  # noqa: B009
    assert set(re.findall(r"^\| `([A-Z]+ /[^`]*)` \|", TOGETHER[DOCS / "reference/api.md"], re.MULTILINE)) == offered


def test_the_example_of_an_import_can_be_imported() -> None:
    ((_, example),) = blocks("csv", DOCS / "how-to/migrate.md")
    people = [row.read("people.csv") for row in read_table(example.encode(), "people.csv", "csv")]
    assert [person.faults for person in people] == [(), ()]
    ada = people[0].subscription
    assert ada is not None
    assert [(keyword.term, keyword.weight) for keyword in ada.profile.keywords] == [
        ("hyperparameter optimization", 2.0),
        ("learning rate", 1.0),
    ]


EXPORTS = [
    pytest.param(
        ["unsubscribed"],
        "Email Address,First Name,Last Name,MEMBER_RATING\nada@example.com,Ada,Byron,2\n",
        {"address": "ada@example.com", "name": "Ada", "state": "unsubscribed"},
        id="mailchimp",
    ),
    pytest.param(
        [],
        'uuid,email,name,attributes,status,created_at\n1,ada@example.com,Ada Byron,"{""a"": 1}",blocklisted,\n',
        {"address": "ada@example.com", "name": "Ada Byron", "state": "unsubscribed"},
        id="listmonk",
    ),
]


@pytest.mark.parametrize(("arguments", "export", "expected"), EXPORTS)
def test_the_migration_script_writes_what_the_import_reads(
    arguments: list[str], export: str, expected: dict[str, str]
) -> None:
    ((_, script),) = blocks("python", DOCS / "how-to/migrate.md")
    command = [sys.executable, "-c", script, *arguments]
    written = subprocess.run(command, input=export, capture_output=True, text=True, check=True).stdout
    assert list(csv.DictReader(io.StringIO(written))) == [expected]
    assert [row.state for row in read_table(written.encode(), "people.csv", "csv")] == ["unsubscribed"]


def test_the_example_of_a_format_reads_its_sample() -> None:
    ((_, source),) = blocks("python", DOCS / "how-to/new-format.md")
    module = types.ModuleType("pipe_lines")
    exec(compile(source, "pipe_lines.py", "exec"), module.__dict__)
    result = doctest.testmod(module)
    assert (result.attempted, result.failed) == (4, 0)


def test_the_scale_page_quotes_what_its_script_prints() -> None:
    command = [sys.executable, str(DOCS / "scale.py")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    assert f"```\n{printed}```" in TOGETHER[DOCS / "explanation" / "scale.md"]


def test_the_changelog_begins_with_what_is_unreleased_and_has_the_present_release_with_its_date() -> None:
    headings = re.findall(r"^## (.*)$", TOGETHER[ROOT / "CHANGELOG.md"], re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert re.fullmatch(rf"{re.escape(__version__)} \(\d{{4}}-\d\d-\d\d\)", headings[1])
