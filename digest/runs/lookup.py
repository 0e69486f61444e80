"""Look-up of subscribers by address, and of papers by search."""

from __future__ import annotations

from itertools import islice

from digest.errors import UsageError
from digest.papers import Paper
from digest.storage import Store, Tx
from digest.storage.papers import paper_search, papers
from digest.storage.papers.paper_search import SearchResults
from digest.storage.subscribers import subscribers
from digest.subscribers import State, Subscriber

MAX_RESULTS = 1000


def subscriber_at(tx: Tx, address: str) -> Subscriber:
    """Return the subscriber with this address, whatever their state. Raise UsageError when there is none."""
    subscriber = subscribers.by_address(tx, address)
    if subscriber is None:
        raise UsageError(f"{address}: no subscriber has this address; `digest subscribers list` shows all")
    return subscriber


def active_subscriber(tx: Tx, address: str) -> Subscriber:
    """Return the active subscriber with this address. Raise UsageError when there is none."""
    subscriber = subscriber_at(tx, address)
    if subscriber.state is not State.ACTIVE:
        raise UsageError(f"{address}: the subscription is {subscriber.state}, so no issue can be sent")
    return subscriber


def known_papers(store: Store, search: str = "", limit: int | None = None) -> list[Paper]:
    """Return the stored papers in the order they were added; with a limit, only the newest.

    With a search, return at most a thousand results, the most relevant first.
    """
    with store.reading() as tx:
        if search.strip():
            return list(paper_search.search(tx, search, limit=limit or MAX_RESULTS).papers)
        return papers.with_popularity(tx, list(papers.stream(tx, newest=limit))[::-1])


def search_papers(store: Store, query: str = "", *, offset: int = 0, limit: int = 20) -> SearchResults:
    """Return a page of the archive: the newest papers, or with a query the most relevant ones, first."""
    with store.reading() as tx:
        return paper_search.search(tx, query, offset=offset, limit=limit)


def paper_at(store: Store, number: int) -> Paper | None:
    """Return the paper with this number; None when there is none or its text is no longer kept."""
    with store.reading() as tx:
        return papers.by_numbers(tx, [number]).get(number)


def subscribers_after(store: Store, number: int = 0, *, limit: int) -> list[Subscriber]:
    """Return the subscribers with higher numbers than this one, in ascending order, at most `limit`."""
    with store.reading() as tx:
        return list(islice(subscribers.everyone(tx, after=number), limit))
