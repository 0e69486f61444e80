from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from digest.errors import StoreError
from digest.papers import Paper, Popularity
from digest.storage import Store, Tx
from digest.storage.papers import listings, papers
from tests.unit.storage.samples import FULL_PAPER, NOW, listing, paper, sighting


def stored(store: Store, *new: Paper) -> list[Paper]:
    with store.ingesting(1) as tx:
        added = papers.add(tx, new)
        papers.identify(tx, {paper.key: paper.number for paper in added})
    return added


def test_a_paper_comes_back_as_it_was_stored(store: Store) -> None:
    [added] = stored(store, FULL_PAPER)
    with store.reading() as tx:
        assert papers.by_keys(tx, [FULL_PAPER.key]) == {FULL_PAPER.key: replace(FULL_PAPER, number=1)}
    assert added.number == 1


def test_papers_are_numbered_in_the_order_given_and_on_from_the_last(store: Store) -> None:
    assert [p.number for p in stored(store, paper("a"), paper("b"))] == [1, 2]
    assert [p.number for p in stored(store, paper("c"))] == [3]
    with store.reading() as tx:
        assert papers.high_water(tx) == 3


def test_only_an_ingest_may_number_papers(store: Store) -> None:
    with store.transaction() as tx, pytest.raises(StoreError, match="only in the ingest transaction"):
        papers.add(tx, [paper()])


def test_characters_that_no_database_takes_are_replaced(store: Store) -> None:
    stored(store, paper(title="a\0b", abstract="\ud800", authors=("\0",)))
    with store.reading() as tx:
        [found] = papers.beyond(tx, 0)
    assert (found.title, found.abstract, found.authors) == ("a\ufffdb", "?", ("\ufffd",))


def test_unknown_keys_are_not_found(store: Store) -> None:
    stored(store, paper("a"))
    with store.reading() as tx:
        assert list(papers.by_keys(tx, ["a", "b"])) == ["a"]
        assert papers.by_keys(tx, []) == {}


def test_a_thousand_keys_are_found_at_once(store: Store) -> None:
    stored(store, *(paper(f"k{n}") for n in range(1200)))
    with store.reading() as tx:
        found = papers.by_keys(tx, (f"k{n}" for n in range(1200)))
    assert {key: p.number for key, p in found.items()} == {f"k{n}": n + 1 for n in range(1200)}


def test_a_key_keeps_the_paper_that_it_named_first(store: Store) -> None:
    stored(store, paper("a"), paper("b"))
    with store.transaction() as tx:
        papers.identify(tx, {"a": 2, "c": 2})
        assert {key: p.number for key, p in papers.by_keys(tx, "abc").items()} == {"a": 1, "b": 2, "c": 2}


def test_a_changed_paper_reads_as_changed(store: Store) -> None:
    [first, second] = stored(store, paper("a"), paper("b"))
    changed = replace(first, abstract="Longer than before.", doi="10.1000/a", sources=("x",))
    with store.transaction() as tx:
        papers.change(tx, [changed])
        papers.change(tx, [])
        assert papers.beyond(tx, 0) == [changed, second]


def test_papers_beyond_a_number_stop_where_told_and_leave_old_ones_out(store: Store) -> None:
    old = paper("old", first_seen=NOW - timedelta(days=20))
    stored(store, paper("a"), old, paper("b"), paper("c"))
    with store.reading() as tx:
        found = papers.beyond(tx, 1, upto=3, seen_since=NOW - timedelta(days=14))
    assert [p.key for p in found] == ["b"]


def test_a_cursor_before_a_date_precedes_all_papers_since(store: Store) -> None:
    stored(store, *(paper(f"{days}", first_seen=NOW - timedelta(days=days)) for days in (9, 8, 7, 6)))
    with store.reading() as tx:
        assert papers.cursor_before(tx, NOW - timedelta(days=7)) == 2
        assert papers.cursor_before(tx, NOW) == 4


def test_the_stream_gives_the_newest_first_and_leaves_merged_papers_out(store: Store) -> None:
    added = stored(store, *(paper(key) for key in "abcd"))
    with store.transaction() as tx:
        papers.merge(tx, added[0], 3)
        assert [p.key for p in papers.stream(tx)] == ["d", "b", "a"]
        assert [p.key for p in papers.stream(tx, newest=2, size=1)] == ["d", "b"]


def see(tx: Tx, name: str, paper_number: int, days: int = 0, source: str = "pages", **shown: int) -> None:
    record = listing(name, read_at=NOW + timedelta(days=days), source=source)
    listings.add(tx, record, [(paper_number, sighting(**shown))])


def test_popularity_is_counted_from_the_sightings(store: Store) -> None:
    stored(store, paper("a"), paper("b"), paper("c"))
    with store.transaction() as tx:
        see(tx, "early", 1, days=0, position=9, votes=1)
        see(tx, "page1", 1, days=8, position=3, votes=10, comments=1)
        see(tx, "page2", 1, days=9, position=5, votes=42, comments=4)
        see(tx, "feed", 1, days=10, source="feed")
        see(tx, "page3", 2, days=10, position=1, votes=7)
        found = papers.beyond(tx, 0)
    assert [p.popularity for p in found] == [
        Popularity(votes=42, votes_growth=32, comments=4, sources=2, listings=4, position=3),
        Popularity(votes=7, position=1),
        Popularity(),
    ]


class TestJoining:
    def test_a_merge_keeps_the_lower_number_and_every_key_names_it(self, store: Store) -> None:
        added = stored(store, paper("a"), paper("b"), paper("c"))
        both = replace(added[0], doi="10.1000/b", title="Both")
        with store.transaction() as tx:
            papers.merge(tx, both, 2)
            assert papers.by_keys(tx, ["a", "b"]) == {"a": both, "b": both}
            assert papers.by_numbers(tx, [1, 2, 3, 4]) == {1: both, 2: both, 3: added[2]}
            assert papers.beyond(tx, 0) == [both, added[2]]

    def test_the_number_of_a_merged_paper_is_never_reused(self, store: Store) -> None:
        added = stored(store, paper("a"), paper("b"))
        with store.transaction() as tx:
            papers.merge(tx, added[0], 2)
        assert stored(store, paper("c"))[0].number == 3

    def test_redirects_stay_one_step_long_when_papers_merge_again(self, store: Store) -> None:
        added = stored(store, paper("a"), paper("b"), paper("c"))
        with store.transaction() as tx:
            papers.merge(tx, added[1], 3)
            papers.merge(tx, added[0], 2)
            assert papers.by_numbers(tx, [3])[3].number == 1

    def test_sightings_add_up_and_one_listing_counts_once(self, store: Store) -> None:
        added = stored(store, paper("a"), paper("b"))
        with store.transaction() as tx:
            listings.add(tx, listing("both"), [(1, sighting(votes=1)), (2, sighting(votes=2))])
            listings.add(tx, listing("second"), [(2, sighting(votes=5))])
            papers.merge(tx, added[0], 2)
            [found] = papers.beyond(tx, 0)
        assert (found.popularity.listings, found.popularity.votes) == (2, 5)

    def test_a_merge_cannot_keep_the_higher_number(self, store: Store) -> None:
        added = stored(store, paper("a"), paper("b"))
        with store.transaction() as tx, pytest.raises(StoreError, match="the lower number stays"):
            papers.merge(tx, added[1], 1)
