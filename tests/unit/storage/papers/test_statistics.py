from __future__ import annotations

from digest.storage import Store
from digest.storage.papers import papers, statistics
from digest.storage.papers.statistics import StatisticsRecord
from tests.unit.storage.samples import NOW, paper, subscribed


def test_the_newest_statistics_are_found_and_old_ones_are_deleted(store: Store) -> None:
    with store.transaction() as tx:
        assert (statistics.latest(tx), statistics.latest_version(tx)) == (None, 0)
        versions = [statistics.add(tx, NOW, n, bytes([n]), keep=2) for n in range(1, 5)]
        newest = StatisticsRecord(version=versions[-1], created=NOW, papers=4, data=b"\x04")
        assert statistics.latest(tx) == newest
        assert statistics.latest_version(tx) == newest.version
        kept = [version for version in versions if statistics.by_version(tx, version)]
    assert kept == versions[-2:]
    assert versions == sorted(set(versions))


def test_a_subscriber_has_one_calibration_at_a_time(store: Store) -> None:
    [ada, bob] = subscribed(store, "ada", "bob")
    with store.transaction() as tx:
        for data in (b"old", b"new"):
            statistics.store_calibrations(tx, {person.number: data for person in (ada, bob)})
        assert statistics.calibrations(tx, [ada.number, 99]) == {ada.number: b"new"}


def test_vectors_are_kept_by_paper_and_model(store: Store) -> None:
    with store.ingesting(1) as tx:
        papers.add(tx, [paper("a"), paper("b")])
        statistics.store_embeddings(tx, "small", {1: b"\0\1", 2: b"\2"})
        statistics.store_embeddings(tx, "small", {2: b"\3"})
        statistics.store_embeddings(tx, "large", {})
        assert statistics.embeddings(tx, "small", [1, 2, 3]) == {1: b"\0\1", 2: b"\3"}
        assert statistics.embeddings(tx, "large", [1]) == {}
