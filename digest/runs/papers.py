"""Papers that are known, for people and scripts that look something up."""

from __future__ import annotations

from digest.papers import Paper
from digest.storage import Store, archive, papers

MOST_FOUND = 1000


def known_papers(store: Store, search: str = "", limit: int | None = None) -> list[Paper]:
    """Gives the papers that are known, in the order in which they came; with a limit the newest of them.

    With a search those that the archive finds, the most relevant first, at most a thousand.
    """
    with store.reading() as tx:
        if search.strip():
            return list(archive.search(tx, search, limit=limit or MOST_FOUND).papers)
        return papers.with_popularity(tx, list(papers.stream(tx, newest=limit))[::-1])
