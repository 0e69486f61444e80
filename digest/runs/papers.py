"""Papers that are known, for people and scripts that look something up."""

from __future__ import annotations

from itertools import islice

from digest.papers import Paper
from digest.storage import Store, papers


def known_papers(store: Store, search: str = "", limit: int | None = None) -> list[Paper]:
    """Gives the papers that are known, in the order in which they came; with a limit the newest of them.

    With a search only those that have every word of it somewhere in title, abstract, authors, categories or key.
    """
    words = search.casefold().split()
    with store.reading() as tx:
        newest = papers.stream(tx, newest=None if words else limit)
        found = islice((paper for paper in newest if _has(paper, words)), limit)
        return papers.with_popularity(tx, list(found)[::-1])


def _has(paper: Paper, words: list[str]) -> bool:
    if not words:
        return True
    parts = (paper.title, paper.abstract, *paper.authors, *paper.categories, paper.key, paper.doi or "")
    text = "\n".join(parts).casefold()
    return all(word in text for word in words)
