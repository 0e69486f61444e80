"""Papers and picks as JSON values, the same in every report."""

from __future__ import annotations

from typing import Any

from digest.issues import Pick
from digest.papers import Paper


def paper_dict(paper: Paper) -> dict[str, Any]:
    """Return what `digest papers --json` says of one paper."""
    return {
        "key": paper.key,
        "title": paper.title,
        "abstract": paper.abstract,
        "title_raw": paper.title_raw,
        "abstract_raw": paper.abstract_raw,
        "authors": list(paper.authors),
        "arxiv_id": paper.arxiv_id,
        "doi": paper.doi,
        "categories": list(paper.categories),
        "links": dict(paper.links),
        "published": paper.published.isoformat() if paper.published else None,
        "first_seen": paper.first_seen.isoformat(),
        "sources": list(paper.sources),
    }


def pick_dict(pick: Pick, paper: Paper) -> dict[str, Any]:
    """Return what `digest score --json` says of one pick; the contributions add up to the match."""
    reasons = [
        {
            "term": reason.term,
            "field": reason.field,
            "contribution": reason.contribution,
            "kind": reason.kind.value,
            "start": reason.start,
            "end": reason.end,
            "matched": reason.matched,
            "words": reason.shown_text,
            "share": reason.share,
        }
        for reason in pick.reasons
    ]
    shown = {"paper": paper_dict(paper), "match": pick.match, "reasons": reasons, "interest": pick.interest}
    return shown | ({"trending": pick.trending} if pick.trending else {})
