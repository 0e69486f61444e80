"""A place in a TOML text is named by the line that a person finds it on."""

from __future__ import annotations

import tomllib

import pytest

from digest.toml_lines import Place, dotted, line_of, syntax_fault

TEXT = """\
# a comment
address = "ada@example.com"  # another
days = [
  "mon",
  # in between
  "tue",
]

[profile]
keywords = [{ term = "one", weight = 2 },
  { term = "two", weight = -1 }]
text = '''
several
lines'''
last.one = 1

[[sources]]
name = "first"

[[sources]]
name = "second"

[odd]
"""

CASES: list[tuple[str, Place, int | None]] = [
    ("a top-level key", ("address",), 2),
    ("an item of a list over several lines", ("days", 1), 6),
    ("a table", ("profile",), 9),
    ("a table after others", ("odd",), 23),
    ("a key of an inline table", ("profile", "keywords", 1, "weight"), 11),
    ("an inline table", ("profile", "keywords", 1), 11),
    ("a key after a text of several lines", ("profile", "last", "one"), 15),
    ("a key of the second table of an array", ("sources", 1, "name"), 21),
    ("an array of tables", ("sources",), 17),
    ("a missing key: that of the table it is missing from", ("profile", "papers"), 9),
    ("a missing key at the top", ("timezone",), None),
]


@pytest.mark.parametrize(("place", "line"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_line_of_a_place_is_that_on_which_its_value_begins(place: Place, line: int | None) -> None:
    assert line_of(TEXT, place) == line


@pytest.mark.parametrize(
    ("text", "line"),
    [("a = 1\nb = = 2\n", 2), ("a = 1\na = 2\n", 2), ("a = 1\n\nb = [1,\n", 3)],
    ids=["a stray sign", "a key given twice", "a list that never ends"],
)
def test_a_syntax_fault_names_its_line_and_a_reason_without_positions(text: str, line: int) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)
    found, reason = syntax_fault(text, caught.value)
    assert found == line
    assert reason
    assert "(at" not in reason


def test_a_place_is_written_with_dots_and_positions() -> None:
    assert dotted(("profile", "keywords", 2, "weight")) == "profile.keywords[2].weight"
