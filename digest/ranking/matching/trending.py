"""Trending: papers ordered by their reception as sources report it, regardless of any profile."""

from __future__ import annotations

from collections.abc import Sequence

from digest.papers import Paper, Popularity

SECTION = 3  #: papers in the trending section next to the picks


def order(papers: Sequence[Paper]) -> list[int]:
    """Return the places of the papers, the most trending first.

    Growth of votes, votes, distinct sources, listings, place on the page; then comments and the key, so that the
    order of the input plays no part.
    """
    return sorted(range(len(papers)), key=lambda place: (_rank(papers[place].popularity), papers[place].key))


def _rank(popularity: Popularity) -> tuple[int, ...]:
    return (
        -(popularity.votes_growth or 0),
        -(popularity.votes or 0),
        -popularity.sources,
        -popularity.listings,
        popularity.position or 1_000_000,
        -(popularity.comments or 0),
    )


def stands_out(popularity: Popularity) -> bool:
    """Return whether anything sets the paper apart: votes, or more than one source or listing."""
    return bool(popularity.votes) or popularity.sources > 1 or popularity.listings > 1


def explain(popularity: Popularity) -> str:
    """Return why a paper trends, in a few words: "42 votes, 12 of them new"; "new" where nothing is known."""
    parts = list(_parts(popularity))
    if not parts and popularity.position:
        parts = [f"number {popularity.position} on its page"]
    return ", ".join(parts) or "new"


def _parts(popularity: Popularity) -> list[str]:
    votes, growth = popularity.votes or 0, popularity.votes_growth or 0
    parts = [_counted(votes, "vote") + (f", {growth} of them new" if growth > 0 else "")] if votes else []
    if popularity.comments:
        parts.append(_counted(popularity.comments, "comment"))
    if popularity.sources > 1:
        parts.append(_counted(popularity.sources, "source"))
    elif popularity.listings > 1 and not votes:
        parts.append(_counted(popularity.listings, "listing"))
    return parts


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
