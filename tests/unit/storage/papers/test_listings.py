from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from digest.errors import StoreError
from digest.papers import Problem
from digest.storage import Store
from digest.storage.papers import listings, papers
from digest.storage.papers.listings import SourceState
from tests.unit.storage.samples import NOW, listing, paper, sighting


def test_a_listing_comes_back_as_it_was_recorded(store: Store) -> None:
    record = listing(
        page_date=date(2026, 3, 12),
        papers=2,
        new=1,
        updated=1,
        problems=(Problem(line=8, reason="two titles in a row"), Problem(line=None, reason="cut off")),
    )
    with store.transaction() as tx:
        listings.add(tx, record)
        assert listings.recent(tx) == [record]


def test_contents_that_a_source_showed_before_are_known(store: Store) -> None:
    first, other = listing("a"), listing("a", source="feed")
    with store.transaction() as tx:
        listings.add(tx, first)
        assert listings.known(tx, "pages", [first.sha256, "f" * 64]) == {first.sha256}
        assert listings.known(tx, "feed", [other.sha256]) == frozenset()
        listings.add(tx, other)


def test_the_same_content_of_a_source_cannot_be_recorded_twice(store: Store) -> None:
    with store.transaction() as tx:
        listings.add(tx, listing("a"))
    with pytest.raises(StoreError), store.transaction() as tx:
        listings.add(tx, listing("a", origin="copy.txt"))


def test_of_a_paper_shown_twice_the_first_sighting_counts(store: Store) -> None:
    with store.ingesting(1) as tx:
        papers.add(tx, [paper()])
        listings.add(tx, listing(), [(1, sighting(votes=3)), (1, sighting(votes=4))])
        assert papers.beyond(tx, 0)[0].popularity.votes == 3


def test_the_newest_listings_come_first(store: Store) -> None:
    with store.transaction() as tx:
        for hours, name in enumerate("abc"):
            listings.add(tx, listing(name, read_at=NOW + timedelta(hours=hours)))
        assert [record.origin for record in listings.recent(tx, limit=2)] == ["c.txt", "b.txt"]


def test_a_failing_source_is_failing_since_its_first_failure_until_it_works(store: Store) -> None:
    later = NOW + timedelta(hours=1)
    works = SourceState(name="feed", etag='"1"', last_modified="Thu, 12 Mar 2026 06:00:00 GMT", last_ok=NOW)
    with store.transaction() as tx:
        listings.source_worked(tx, "feed", NOW, etag=works.etag, last_modified=works.last_modified)
        assert listings.source_states(tx) == {"feed": works}
        listings.source_failed(tx, "feed", later, "503")
        listings.source_failed(tx, "feed", later + timedelta(hours=1), "time-out")
        failing = replace(works, failing_since=later, last_error="time-out")
        assert listings.source_states(tx) == {"feed": failing}
        listings.source_worked(tx, "feed", later)
        assert listings.source_states(tx) == {"feed": SourceState(name="feed", last_ok=later)}
