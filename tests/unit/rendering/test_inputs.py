"""Each template is given one documented dataclass, uses all of it but the look, and nothing beside it."""

from dataclasses import fields
from pathlib import Path

import pytest
from jinja2 import Environment, meta

from digest.fetching.templates import load_templates
from digest.rendering.encoded_text import slot
from digest.rendering.mjml import assembled
from digest.rendering.neutralizing import neutralized
from digest.rendering.templates import hanging_indent
from tests.gallery.reference import GIVEN, reference

TEMPLATES = load_templates()
SHARED = {"theme", "language", "web", "masthead"}  # what a template may leave alone
WORDS = {"_", "ngettext"}  # the functions of the language


def _used(name: str) -> set[str]:
    """The variables that a template uses, with what it includes and imports."""
    environment = Environment()
    environment.filters["hanging_indent"] = hanging_indent
    source = "\n".join(line.text for line in assembled(name, TEMPLATES)) if name.endswith(".mjml") else TEMPLATES[name]
    tree = environment.parse(source)
    others = [other for other in meta.find_referenced_templates(tree) if other]
    found = set(meta.find_undeclared_variables(tree))
    return found.union(*(_used(other) for other in others)) - {"label"} if others else found


def _files(name: str) -> list[str]:
    return [f"mail/{name}.{kind}" for kind in ("mjml", "html", "txt") if f"mail/{name}.{kind}" in TEMPLATES]


@pytest.mark.parametrize("name", GIVEN)
def test_a_template_uses_what_it_is_given_and_nothing_else(name: str) -> None:
    given = {field.name for field in fields(GIVEN[name])}
    used = set().union(*(_used(file) for file in _files(name)))
    assert used - given - WORDS == set(), "not in the dataclass"
    assert given - used - SHARED == set(), "in the dataclass, used by no template"


@pytest.mark.parametrize("name", GIVEN)
def test_an_input_names_its_templates_and_explains_itself(name: str) -> None:
    documentation = GIVEN[name].__doc__ or ""
    assert all(f"mail/{name}." in file and file in documentation for file in _files(name))


def test_every_mail_template_has_an_input() -> None:
    names = {
        name.removeprefix("mail/").rpartition(".")[0]
        for name in TEMPLATES
        if name.startswith("mail/") and "/locale/" not in name
    }
    assert {name for name in names if not name.startswith("_")} == set(GIVEN)


def test_the_page_about_templates_is_up_to_date() -> None:
    page = Path(__file__).parents[3] / "docs" / "reference" / "templates.md"
    assert page.read_text("utf-8") == reference(), "run python -m tests.gallery.reference > docs/reference/templates.md"


def test_every_input_has_a_meaning() -> None:
    rows = [row for row in reference().splitlines() if row.startswith("| `")]
    assert not [row for row in rows if row.endswith("|  |")]


def test_a_slot_has_a_mark_that_no_text_from_outside_can_have() -> None:
    mark = str(slot("match").default)
    assert neutralized(f"a{mark}b") == "amatchb"
