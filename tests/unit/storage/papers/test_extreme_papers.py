"""The same listing gives the same papers on both databases, whatever values it has."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.papers import Problem
from digest.storage import Store
from digest.storage.papers import listings, paper_search, papers
from digest.storage.papers.paper_rows import stored_key
from tests.unit.storage.samples import FULL_PAPER, listing, paper, sighting

LONG = "pneumono" * 400
EXTREMES = [
    pytest.param({"title": f"On {LONG}", "abstract": f"{LONG} {LONG}x"}, id="words of thousands of characters"),
    pytest.param({"title": "ß" * 2000, "abstract": "字" * 3000}, id="words of thousands of bytes"),
    pytest.param({"doi": f"10.1000/{'x' * 5000}"}, id="a DOI of thousands of characters"),
    pytest.param({"authors": tuple(f"Author{n} Surname{n}" for n in range(60_000))}, id="authors of a megabyte"),
    pytest.param({"abstract": " ".join(f"word{n}" for n in range(200_000))}, id="an abstract of a megabyte"),
    pytest.param({"abstract": "again " * 300_000}, id="one word many times"),
    pytest.param({"title": "a\0b", "abstract": "\0", "doi": "10.1000/\0", "arxiv_id": "26\0"}, id="NUL in texts"),
    pytest.param(
        {"authors": ("A\0",), "links": {"a\0": "b\0"}, "comment": "\0", "categories": ("\0",)}, id="NUL in lists"
    ),
    pytest.param({"title": "\ud800", "authors": ("\udfff",), "tldr": "\ud83d"}, id="lone surrogates"),
    pytest.param({"title": "'", "abstract": "\\' : & | ! <-> * \"", "authors": ("\\", "''")}, id="signs of queries"),
]


def stored(store: Store, **changes: Any) -> list[int]:
    """Store the paper between two others; return the numbers that a search for the last finds."""
    keys = ["title:before", f"doi:{changes.get('doi', 'none')}", "title:after"]
    made = [paper(keys[0]), paper(keys[1], **changes), paper(keys[2], title="Needle")]
    with store.ingesting(5) as tx:
        added = papers.add(tx, made)
        papers.identify(tx, {key: one.number for key, one in zip(keys, added, strict=True)})
        assert {key: one.number for key, one in papers.by_keys(tx, keys).items()} == dict(
            zip(keys, (1, 2, 3), strict=True)
        )
        papers.change(tx, added)
    with store.reading() as tx:
        assert papers.by_numbers(tx, [2])[2].first_seen == added[1].first_seen
        return [one.number for one in paper_search.search(tx, "needle").papers]


@pytest.mark.parametrize("changes", EXTREMES)
def test_a_paper_with_extreme_values_is_stored_and_found_by_its_key(store: Store, changes: dict[str, Any]) -> None:
    assert stored(store, **changes) == [3]


@pytest.mark.parametrize("query", [LONG, f'"{LONG} {LONG}"', "字" * 3000, "needle " * 500])
def test_no_query_is_too_long(store: Store, query: str) -> None:
    stored(store)
    with store.reading() as tx:
        assert paper_search.search(tx, query).total in (0, 1)


@pytest.mark.parametrize("count", [2**31, -(2**31) - 1, 10**30])
def test_counts_beyond_what_a_column_takes_are_cut(store: Store, count: int) -> None:
    with store.ingesting(5) as tx:
        [added] = papers.add(tx, [FULL_PAPER])
        record = listing(origin="a\0", problems=(Problem(line=1, reason="\0"),))
        shown = sighting(position=count, votes=count, comments=count, arxiv_version=count)
        listings.add(tx, record, [(added.number, shown)])
    with store.reading() as tx:
        popularity = papers.by_numbers(tx, [added.number])[added.number].popularity
    assert popularity is not None
    assert popularity.votes in (listings.MAX_COUNT, -listings.MAX_COUNT)


@given(st.text(max_size=600), st.text(max_size=600))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_different_keys_are_stored_differently_and_fit_an_index(first: str, second: str) -> None:
    for key in (first, second, first * 9):
        assert len(stored_key(key).encode()) < 2_700
        assert stored_key(stored_key(key)) == stored_key(key)
    clean = "\0" not in first + second and "\ufffd" not in first + second
    if clean and first != second:
        assert stored_key(first) != stored_key(second)
