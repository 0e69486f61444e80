"""`digest papers`: list the stored papers."""

from __future__ import annotations

import click

from digest.cli.invocation import Invocation, command
from digest.cli.tables import counted, table
from digest.runs.lookup import known_papers
from digest.runs.matching.serialization import paper_dict


@command(reports=True)
@click.option("--search", default="", metavar="WORDS", help='Only papers that contain all these words and "phrases".')
@click.option("--limit", type=click.IntRange(min=1), help="Maximum number: the newest, or the most relevant.")
def papers(invocation: Invocation, search: str, limit: int | None) -> None:
    """List the stored papers.

    In the order in which they were read, or with --search by relevance, as on the archive page. The JSON contains both
    the cleaned text and the text of the listing.
    """
    with invocation.store() as store:
        found = known_papers(store, search, limit)
    rows = [(paper.first_seen.date(), paper.arxiv_id or paper.doi or "-", paper.title) for paper in found]
    text = table(("seen", "id", "title"), rows) + "\n" if rows else ""
    invocation.show({"papers": [paper_dict(paper) for paper in found]}, text + counted(len(found), "paper"))
