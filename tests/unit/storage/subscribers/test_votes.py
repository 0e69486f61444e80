from __future__ import annotations

from datetime import timedelta

from digest.storage import Store
from digest.storage.papers import papers
from digest.storage.subscribers import votes
from digest.storage.subscribers.votes import VoteRecord
from tests.unit.storage.samples import NOW, paper, subscribed


def vote(subscriber: int, number: int, value: int = 1, hours: int = 0) -> VoteRecord:
    return VoteRecord(subscriber=subscriber, paper=number, value=value, at=NOW + timedelta(hours=hours))


def test_the_last_vote_on_a_paper_counts(store: Store) -> None:
    [ada, bob] = subscribed(store, "ada", "bob")
    with store.ingesting(1) as tx:
        papers.add(tx, [paper("a"), paper("b")])
        for cast in (vote(ada.number, 1), vote(ada.number, 2, hours=1), vote(ada.number, 1, -1, hours=2)):
            votes.cast(tx, cast)
        expected = [vote(ada.number, 1, -1, hours=2), vote(ada.number, 2, hours=1)]
        assert votes.of_subscribers(tx, [ada.number, bob.number]) == {ada.number: expected}
        since = NOW + timedelta(hours=2)
        assert votes.of_subscribers(tx, [ada.number], since=since) == {ada.number: expected[:1]}


def test_a_vote_on_a_merged_paper_goes_to_the_surviving_one(store: Store) -> None:
    [ada] = subscribed(store, "ada")
    with store.ingesting(1) as tx:
        added = papers.add(tx, [paper("a"), paper("b"), paper("c")])
        votes.cast(tx, vote(ada.number, 2))
        papers.merge(tx, added[0], 2)
        papers.merge(tx, added[0], 3)
        assert votes.of_subscribers(tx, [ada.number]) == {ada.number: [vote(ada.number, 1)]}
        votes.cast(tx, vote(ada.number, 3, -1))
        assert votes.of_subscribers(tx, [ada.number]) == {ada.number: [vote(ada.number, 1, -1)]}


def test_a_vote_on_an_unknown_paper_is_not_stored(store: Store) -> None:
    [ada] = subscribed(store, "ada")
    with store.transaction() as tx:
        votes.cast(tx, vote(ada.number, 99))
        assert votes.of_subscribers(tx, [ada.number]) == {}


def test_a_withdrawn_vote_is_gone(store: Store) -> None:
    [ada] = subscribed(store, "ada")
    with store.ingesting(1) as tx:
        papers.add(tx, [paper()])
        votes.cast(tx, vote(ada.number, 1))
        assert votes.withdraw(tx, ada.number, 1)
        assert not votes.withdraw(tx, ada.number, 1)
        assert votes.of_subscribers(tx, [ada.number]) == {}
