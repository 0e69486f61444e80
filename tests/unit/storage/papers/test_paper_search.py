"""The archive and its search index, the same on both databases."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from digest.search_terms import read_query
from digest.settings import StoreSettings
from digest.storage import Store, open_store
from digest.storage.database import search_index
from digest.storage.database.migrations import step_0005
from digest.storage.papers import paper_search, papers
from digest.storage.store_copy import move
from tests.unit.storage.samples import paper

KNOWN = [
    paper("a", title="Deep nets for graphs", abstract="We study learning rate schedules.", authors=("Frank Hutter",)),
    paper("b", title="Shallow models", abstract="Unlike deep nets, rates of learning vary.", categories=("cs.LG",)),
    paper("c", title="Wide: 100% C++", abstract="Poincaré embeddings for GPT-4 and input/output.", authors=()),
    paper("d", title="Deep deep nets", abstract="Schedules.", authors=("Íñigo Łukasz O'Neill",)),
]


@pytest.fixture
def known(store: Store) -> Store:
    with store.ingesting(5) as tx:
        papers.add(tx, KNOWN)
    return store


def found(store: Store, query: str, **page: int) -> list[str]:
    with store.reading() as tx:
        return [one.key for one in paper_search.search(tx, query, **page).papers]


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        pytest.param("", {"d", "c", "b", "a"}, id="everything"),
        pytest.param("deep NETS", {"a", "b", "d"}, id="every word"),
        pytest.param("network", set(), id="a word that none has"),
        pytest.param("schedule", {"a", "d"}, id="another inflection"),
        pytest.param('"learning rates"', {"a"}, id="a phrase in another inflection"),
        pytest.param('"rate learning"', set(), id="words of a phrase in another order"),
        pytest.param('"graphs we"', set(), id="no phrase reaches from title to abstract"),
        pytest.param("sched", {"a", "d"}, id="the beginning of the last word"),
        pytest.param("learni", {"a", "b"}, id="a beginning that is longer than the stem"),
        pytest.param("sched deep", set(), id="the beginning of another word"),
        pytest.param('"sched"', set(), id="a word in quotation marks is whole"),
        pytest.param("poincare", {"c"}, id="without the accent"),
        pytest.param("POINCARÉ", {"c"}, id="with it"),
        pytest.param("GPT-4", {"c"}, id="a hyphen"),
        pytest.param("output", {"c"}, id="after a slash"),
        pytest.param("c++", {"c"}, id="a sign that belongs to the word"),
        pytest.param("100%", {"c"}, id="a sign that patterns use"),
        pytest.param("hutter", {"a"}, id="an author"),
        pytest.param('"frank hutter" deep', {"a"}, id="an author's name and a word"),
        pytest.param("inigo lukasz", set(), id="a letter that is no accented one"),
        pytest.param("inigo o'neill", {"d"}, id="an author with accents"),
        pytest.param("cs.LG", {"b"}, id="a category"),
        pytest.param("%", set(), id="nothing to search for"),
        pytest.param("_", set(), id="nor here"),
        pytest.param('"', set(), id="nor in an open quotation"),
    ],
)
def test_a_query_finds_the_papers_that_have_all_of_it(known: Store, query: str, keys: set[str]) -> None:
    assert set(found(known, query)) == keys
    with known.reading() as tx:
        assert paper_search.search(tx, query, limit=1).total == len(keys)


def test_the_most_relevant_come_first_and_without_a_query_the_newest(known: Store) -> None:
    assert found(known, "") == ["d", "c", "b", "a"]
    assert found(known, "deep nets") == ["d", "a", "b"]
    assert found(known, "deep nets", offset=1, limit=1) == ["a"]


def test_of_many_results_the_newest_are_ranked_and_every_page_can_be_reached(
    known: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_index, "MAX_RANKED", 2)
    assert found(known, "deep nets") == ["d", "b"]
    assert found(known, "deep nets", offset=1) == ["b"]
    assert found(known, "deep nets", offset=2) == ["a"]


HOSTILE = [
    "'",
    '"',
    "\\",
    ":*",
    "NEAR(",
    "a AND",
    "OR",
    "NOT x",
    "^",
    "{title} :",
    "(",
    ")",
    "--",
    ";",
    "\0",
    "\ud800",
    "&|!<->",
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(HOSTILE) | st.text(max_size=8), max_size=8).map(" ".join))
def test_no_query_is_an_error(known: Store, query: str) -> None:
    with known.reading() as tx:
        assert paper_search.search(tx, query).total >= 0


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_paper_is_found_by_any_of_its_own_words_whatever_they_are(known: Store, data: st.DataObject) -> None:
    title = data.draw(st.text(min_size=1, max_size=40))
    with known.ingesting(5) as tx:
        [added] = papers.add(tx, [paper(f"own {papers.high_water(tx)}", title=title)])
        for term in read_query(title):
            assert added.number in search_index.find(tx.connection, [term], offset=0, limit=1000), term


def index_rows(store: Store) -> dict[int, Any]:
    query = "SELECT number, words" if store.on_postgresql else "SELECT rowid, title, abstract, names, plain"
    with store.reading() as tx:
        rows = tx.connection.execute(text(f"{query} FROM paper_search")).all()
    return {row[0]: tuple(row[1:]) for row in rows}


def made_anew(store: Store) -> dict[int, Any]:
    with store.transaction() as tx:
        tx.connection.execute(text("DELETE FROM paper_search"))
        search_index.put(tx.connection, papers.search_entries(papers.stream(tx)))
    return index_rows(store)


def test_the_index_follows_the_papers_through_additions_changes_and_merges(store: Store) -> None:
    chance = random.Random(7)
    words = ["deep", "nets", "learning", "rates", "graphs", "C++", "naïve", "schedules"]

    def any_title() -> str:
        return " ".join(chance.choices(words, k=5))

    for turn in range(12):
        with store.ingesting(5) as tx:
            papers.add(tx, [paper(f"{turn}/{n}", title=any_title()) for n in range(3)])
            listed = list(papers.stream(tx))
            papers.change(tx, [replace(chance.choice(listed), title=any_title())])
            kept, gone = sorted(chance.sample(listed, 2), key=lambda one: one.number)
            papers.merge(tx, replace(kept, abstract=gone.abstract), gone.number)
    kept_in_step = index_rows(store)
    assert len(kept_in_step) == 24
    assert kept_in_step == made_anew(store)


def test_a_moved_store_gives_the_same_search_results(known: Store, tmp_path: Path) -> None:
    target = open_store(StoreSettings(url="sqlite:///target.db"), tmp_path)
    move(known, target)
    assert found(target, "deep nets") == ["d", "a", "b"]
    target.close()


def test_papers_of_an_upgraded_store_are_found(known: Store) -> None:
    with known.transaction() as tx:
        tx.connection.execute(text("DROP TABLE paper_search"))
        step_0005.upgrade(Operations(MigrationContext.configure(tx.connection)))
    assert set(found(known, "hutter deep")) == {"a"}
    assert index_rows(known) == made_anew(known)
