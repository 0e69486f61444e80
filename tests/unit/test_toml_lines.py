"""A place in a TOML text is named by the line that a person finds it on."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.toml_lines import Place, TomlFault, TomlLines, dotted, line_of, read_toml

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
    with pytest.raises(TomlFault) as caught:
        read_toml(text)
    assert caught.value.line == line
    assert caught.value.reason
    assert "(at" not in caught.value.reason


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("papers = " + "9" * 4301, id="a number of thousands of digits"),
        pytest.param("x = " + "[" * 1000, id="nested lists without an end"),
        pytest.param("x = " + "[" * 2000 + "]" * 2000, id="nested lists"),
        pytest.param("x = " + "{a = " * 1000 + "1" + "}" * 1000, id="nested tables"),
    ],
)
def test_a_text_that_the_parser_cannot_bear_is_a_fault(text: str) -> None:
    with pytest.raises(TomlFault):
        read_toml(text)


def places(value: Any, above: Place = ()) -> list[Place]:
    """Every place in a document that holds a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return (
        [above, *(place for key, one in items for place in places(one, (*above, key)))]
        if above
        else [place for key, one in items for place in places(one, (key,))]
    )


SCALARS = st.one_of(
    st.integers(-(10**6), 10**6).map(str),
    st.booleans().map(lambda flag: str(flag).lower()),
    st.text(st.characters(codec="ascii", exclude_characters='\\"\x7f', min_codepoint=32), max_size=8).map(
        lambda text: f'"{text}"'
    ),
    st.sampled_from(["2026-03-12 07:30:00", "07:30:00", "1.5e3", "'a # b'", '"""one\ntwo"""', "'''three\n'''"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[ # note ]\n" + ",\n".join(items) + "\n]"),
        st.lists(inner, max_size=3).map(
            lambda items: "{" + ", ".join(f"k{n} = {item}" for n, item in enumerate(items)) + "}"
        ),
    ),
    max_leaves=6,
)


@given(st.lists(st.tuples(st.sampled_from(["", "[table]", "[[array]]", '[a."b c"]']), VALUES), max_size=6))
def test_every_value_of_a_text_has_a_line_with_its_own_text_on_it(parts: list[tuple[str, str]]) -> None:
    text = "".join(
        f"{head} # c\nkey{n} = {value}\n" if head else f"key{n} = {value}\n" for n, (head, value) in enumerate(parts)
    )
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    lines = TomlLines(text)
    for place in places(document):
        if place == ("a",):
            continue  # a table without a header of its own
        assert lines.line(place) is not None
        if isinstance(place[-1], str) and place[-1].startswith("key"):
            assert text.splitlines()[lines.line(place) - 1].startswith(f"{place[-1]} = ")  # type: ignore[operator]


def test_a_place_is_written_with_dots_and_positions() -> None:
    assert dotted(("profile", "keywords", 2, "weight")) == "profile.keywords[2].weight"
