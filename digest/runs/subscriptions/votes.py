"""Feedback: more or less like this, one vote for each subscriber and paper; the next ranking reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from digest.papers import Paper
from digest.ranking import Vote
from digest.storage import Store
from digest.storage.papers import papers
from digest.storage.subscribers import votes
from digest.storage.subscribers.votes import VoteRecord


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """A vote with the paper that it is about."""

    paper: Paper
    value: int  #: 1 up, -1 down
    at: datetime


def vote(store: Store, subscriber: int, paper: int, value: Literal[1, -1], *, now: datetime) -> None:
    """Store a vote; another one of the same subscriber on the same paper takes its place."""
    with store.transaction() as tx:
        votes.cast(tx, VoteRecord(subscriber=subscriber, paper=paper, value=value, at=now))


def withdraw(store: Store, subscriber: int, paper: int) -> bool:
    """Take a vote back; False when there was none."""
    with store.transaction() as tx:
        kept = papers.by_numbers(tx, [paper]).get(paper)
        return votes.withdraw(tx, subscriber, kept.number if kept else paper)


def opinions(store: Store, subscriber: int) -> list[Opinion]:
    """Return what somebody thought of which papers, newest first."""
    with store.reading() as tx:
        records = votes.of_subscribers(tx, [subscriber]).get(subscriber, [])
        known = papers.by_numbers(tx, [record.paper for record in records])
    return [Opinion(paper=known[r.paper], value=r.value, at=r.at) for r in records if r.paper in known]


def as_votes(given: list[Opinion]) -> tuple[Vote, ...]:
    """Return opinions as the ranking takes them."""
    return tuple(Vote(paper=opinion.paper, value=1 if opinion.value > 0 else -1) for opinion in given)
