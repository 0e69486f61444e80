"""Votes: more or less like this, one for each subscriber and paper; the next ranking uses them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from digest.papers import Paper
from digest.ranking import Vote
from digest.signed_links import LinkClaim, Purpose
from digest.storage import Store
from digest.storage.delivery import deliveries
from digest.storage.papers import papers
from digest.storage.subscribers import votes
from digest.storage.subscribers.votes import VoteRecord


@dataclass(frozen=True, kw_only=True)
class PaperVote:
    """A vote with its paper."""

    paper: Paper
    value: int  #: 1 up, -1 down
    at: datetime


def vote(store: Store, subscriber: int, paper: int, value: Literal[1, -1], *, now: datetime) -> None:
    """Store a vote, in place of an earlier one of the same subscriber on the same paper."""
    with store.transaction() as tx:
        votes.cast(tx, VoteRecord(subscriber=subscriber, paper=paper, value=value, at=now))


def withdraw(store: Store, subscriber: int, paper: int) -> bool:
    """Withdraw a vote; return False when there was none."""
    with store.transaction() as tx:
        kept = papers.by_numbers(tx, [paper]).get(paper)
        return votes.withdraw(tx, subscriber, kept.number if kept else paper)


def cast_votes(store: Store, subscriber: int) -> list[PaperVote]:
    """Return a subscriber's votes with their papers, newest first."""
    with store.reading() as tx:
        records = votes.of_subscribers(tx, [subscriber]).get(subscriber, [])
        known = papers.by_numbers(tx, [record.paper for record in records])
    return [PaperVote(paper=known[r.paper], value=r.value, at=r.at) for r in records if r.paper in known]


def as_votes(given: list[PaperVote]) -> tuple[Vote, ...]:
    """Return votes in the form that the ranking uses."""
    return tuple(Vote(paper=vote.paper, value=1 if vote.value > 0 else -1) for vote in given)


@dataclass(frozen=True, kw_only=True)
class RequestedVote:
    """The vote that a link in a mail asks for."""

    subscriber: int | None  #: None once they were erased
    paper: int  #: 0 once they were erased
    up: bool


def requested_vote_of_claim(store: Store, claim: LinkClaim) -> RequestedVote:
    """Return the vote of an older link, whose token itself names paper and direction."""
    with store.reading() as tx:
        found = deliveries.by_id(tx, claim.delivery)
    subscriber, up = (found.subscriber if found else None), claim.purpose is Purpose.VOTE_UP
    return RequestedVote(subscriber=subscriber, paper=claim.paper, up=up)


def requested_vote_of_issue(store: Store, delivery: int, paper: str, direction: str) -> RequestedVote | None:
    """Return the vote that a link asks for in its path; None unless the issue of the delivery shows the paper.

    Whoever holds the link can change the path: only a paper that their issue shows can be voted on. The links of an
    erased subscriber are answered as before, and store nothing.
    """
    if direction not in ("up", "down"):
        return None
    with store.reading() as tx:
        found = deliveries.by_id(tx, delivery)
    if found is None:
        return None
    if found.issue is None:
        return RequestedVote(subscriber=None, paper=0, up=direction == "up")
    shown = {str(pick.paper): pick.paper for pick in found.issue.shown}
    return (
        RequestedVote(subscriber=found.subscriber, paper=shown[paper], up=direction == "up") if paper in shown else None
    )


def apply_requested_vote(store: Store, requested: RequestedVote, now: datetime, *, undo: bool = False) -> None:
    """Store the vote, or withdraw it; nothing changes when the subscriber was erased."""
    if not requested.subscriber:
        return
    if undo:
        withdraw(store, requested.subscriber, requested.paper)
    else:
        vote(store, requested.subscriber, requested.paper, 1 if requested.up else -1, now=now)


def vote_on_known_paper(store: Store, subscriber: int, paper: int, value: Literal[1, -1], *, now: datetime) -> bool:
    """Store a vote on any stored paper; return False when no paper has this number."""
    with store.transaction() as tx:
        if not papers.by_numbers(tx, [paper]):
            return False
        votes.cast(tx, VoteRecord(subscriber=subscriber, paper=paper, value=value, at=now))
        return True
