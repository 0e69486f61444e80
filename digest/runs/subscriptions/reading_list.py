"""The reading list: papers that a subscriber saved from past issues."""

from __future__ import annotations

from datetime import datetime

from digest.papers import Paper
from digest.storage import Store
from digest.storage.papers import papers
from digest.storage.subscribers import reading_lists


def save_paper(store: Store, subscriber: int, paper: int, now: datetime) -> bool:
    """Add a paper to the reading list; return False for a number that no paper has."""
    with store.transaction() as tx:
        if not papers.by_numbers(tx, [paper]):
            return False
        reading_lists.put(tx, subscriber, paper, now)
        return True


def remove_paper(store: Store, subscriber: int, paper: int) -> None:
    """Remove a paper from the reading list, if it is there."""
    with store.transaction() as tx:
        reading_lists.drop(tx, subscriber, paper)


def saved_papers(store: Store, subscriber: int) -> list[Paper]:
    """Return the papers on the reading list, newest entry first."""
    with store.reading() as tx:
        return reading_lists.of_subscriber(tx, subscriber)
