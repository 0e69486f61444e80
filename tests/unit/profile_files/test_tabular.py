"""Lists of people as CSV and JSON: what goes out comes back the same, and no cell is taken for a formula."""

from __future__ import annotations

import csv
import io
import json
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import ProfileError
from digest.profile_files import COLUMNS, csv_of, json_of, read_table
from digest.profiles import Keyword, Profile
from digest.subscribers import Cadence, Schedule, State, Subscription

PEOPLE = [
    (Subscription(address="a@example.com"), State.ACTIVE),
    (
        Subscription(
            address="b@example.com",
            name="=cmd()",
            language="de",
            schedule=Schedule(timezone="Asia/Tokyo", hour=time(21, 5), days=frozenset({0, 6}), cadence=Cadence.WEEKLY),
            profile=Profile(
                keywords=(Keyword(term="a; b = c\\", weight=1.5), Keyword(term="-x=2"), Keyword(term="c++", weight=2)),
                exclude=("+1", "p = np"),
                authors=("O'Hara, Éva",),
                categories=("cs.CL",),
                minimum_match=0,
                papers=50,
                trending=True,
            ),
        ),
        State.UNSUBSCRIBED,
    ),
]


@pytest.mark.parametrize(("kind", "write"), [("csv", csv_of), ("json", json_of)])
def test_an_exported_table_reads_back_unchanged(kind: str, write: object) -> None:
    text = write(PEOPLE)  # type: ignore[operator]
    rows = read_table(text.encode(), "list", kind)
    assert [(row.read("list").subscription, row.state) for row in rows] == PEOPLE


terms = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=12).filter(
    lambda text: any(character.isalnum() for character in text)
)


@given(st.lists(terms, max_size=4), st.lists(terms, max_size=4), st.sampled_from([1.0, 0.5, 3.0]))
def test_any_terms_survive_a_spreadsheet(keywords: list[str], exclude: list[str], weight: float) -> None:
    wanted = tuple(Keyword(term=term, weight=weight) for term in keywords)
    person = Subscription(address="a@example.com", profile=Profile(keywords=wanted, exclude=tuple(exclude)))
    (row,) = read_table(csv_of([(person, State.ACTIVE)]).encode(), "list", "csv")
    assert row.read("list").subscription == person


def test_no_cell_can_be_read_as_a_formula() -> None:
    for row in csv.reader(io.StringIO(csv_of(PEOPLE), newline="")):
        assert [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_an_imported_list_needs_only_addresses(delimiter: str) -> None:
    text = f"\ufeffname{delimiter}address{delimiter}keywords\r\nAda{delimiter}ada@example.com{delimiter}\r\n\r\n"
    (row,) = read_table(text.encode(), "list.csv", "csv")
    assert (row.read("l").subscription, row.state) == (
        Subscription(address="ada@example.com", name="Ada"),
        State.ACTIVE,
    )


def test_a_list_of_plain_objects_is_json_enough() -> None:
    data = json.dumps([{"address": "ada@example.com", "profile": {"keywords": ["x"]}}]).encode()
    (row,) = read_table(data, "list.json", "json")
    assert row.read("list").subscription.profile.keywords == (Keyword(term="x"),)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("kind", "text", "line", "part"),
    [
        ("csv", "mail\na@example.com\n", 1, "column address"),
        ("csv", "address,state\na@example.com,happy\n", 2, "'happy'"),
        ("json", '{"subscribers": 3}', None, "list of subscribers"),
        ("json", "[1]", None, "an object"),
        ("json", "\n[", 2, "not JSON"),
        ("csv", b"address\n\xff", 2, "UTF-8"),
        ("csv", "address,name\na@example.com," + "x" * 200_000, None, "not CSV"),
        ("json", "[" * 100_000, None, "nested too deeply"),
        ("json", "[" + "9" * 5_000 + "]", None, "too long"),
    ],
)
def test_a_file_that_is_not_a_list_is_reported_with_its_line(
    kind: str, text: str | bytes, line: int | None, part: str
) -> None:
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(ProfileError, match=part) as caught:
        read_table(data, "list", kind)
    assert caught.value.line == line


def test_a_faulty_row_is_named_with_its_line_and_field() -> None:
    text = 'address,hour,papers,colour\na@example.com,7:30,5,\n"b@\nexample",25,many,red\n'
    good, bad = read_table(text.encode(), "list.csv", "csv")
    assert good.read("list.csv").faults == ()
    faults = bad.read("list.csv").faults
    assert {(fault.line, fault.field) for fault in faults} == {
        (4, "address"), (4, "hour"), (4, "profile.papers"), (4, "colour"),
    }  # fmt: skip


def test_the_columns_are_the_keys_of_a_profile_file() -> None:
    head = csv_of([]).strip().split(",")
    assert tuple(head) == COLUMNS
