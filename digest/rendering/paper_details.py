"""Paper details: the quiet lines of a card, with authors, affiliations, venue, comment, date and version."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from digest.papers import Paper
from digest.rendering.excerpts import shortened
from digest.rendering.neutralizing import neutralized
from digest.rendering.wording import ENGLISH, Wording

MAX_AUTHORS = 4  #: with more, the first three are named and the others counted
MAX_CATEGORIES = 3
LONGEST_NAME = 60  # characters, like the following
_LONGEST_AFFILIATION = 40
_LONGEST_VENUE = 80
_LONGEST_COMMENT = 90
_CLAUSE_END = re.compile(r"\.\s+(?=[A-Z])|\s*;\s*")
_ACCEPTED = re.compile(
    r"\b(?:accept(?:ed|ance)|to appear|appear(?:s|ed|ing)|published|presented|proceedings|camera-ready|oral|spotlight"
    r"|award)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"(?:\b(?:code|project(?: page)?|data|website|available)\b[^:;.]{0,40}:?\s*)?https?://\S+", re.IGNORECASE
)


def author_line(
    authors: Sequence[str], wording: Wording = ENGLISH, affiliations: Mapping[str, str] | None = None
) -> str:
    """Return up to four names, or the first three and the number of others, with affiliations where known.

    Neighbours with the same affiliation share it: "Ada Byron, Alan Poe (Example University)".
    """
    shown = authors if len(authors) <= MAX_AUTHORS else authors[: MAX_AUTHORS - 1]
    names, others = names_with_affiliations(shown, affiliations or {}), len(authors) - len(shown)
    if not others:
        return names
    return wording.ngettext("%(names)s and %(num)s more", "%(names)s and %(num)s more", others, names=names)


def names_with_affiliations(authors: Sequence[str], affiliations: Mapping[str, str]) -> str:
    """Return the names in one line, each group of neighbours with the same affiliation followed by it."""
    known = [name for name in authors if neutralized(name)]
    places = [shortened(neutralized(affiliations.get(name, "")), _LONGEST_AFFILIATION) for name in known]
    labels = [shortened(neutralized(name), LONGEST_NAME) for name in known]
    return ", ".join(
        f"{label} ({place})" if place and place != following else label
        for label, place, following in zip(labels, places, [*places[1:], ""], strict=False)
    )


def venue_line(paper: Paper) -> str:
    """Return the journal reference, or else the first categories; empty without any."""
    if journal := neutralized(paper.journal_ref):
        return shortened(journal, _LONGEST_VENUE)
    return ", ".join(shortened(neutralized(category), 40) for category in paper.categories[:MAX_CATEGORIES])


def details_line(paper: Paper, wording: Wording = ENGLISH) -> str:
    """Return comment, date and version: "Accepted at Example 2025 · 12 March 2025 · v2"; empty without any."""
    parts = (
        comment_line(paper.comment),
        wording.full_date(paper.published) if paper.published else "",
        f"v{paper.arxiv_version}" if (paper.arxiv_version or 0) > 1 else "",
    )
    return " · ".join(part for part in parts if part)


def comment_line(comment: str) -> str:
    """Return the comment of the authors, shortened; a clause on its acceptance comes first, and addresses are left out.

    >>> comment_line("12 pages, 3 figures; Accepted at Example 2025; code: https://code.example/a")
    'Accepted at Example 2025; 12 pages, 3 figures'
    """
    without_addresses = _ADDRESS.sub("", neutralized(comment))
    clauses = [clause.strip(" .,;:") for clause in _CLAUSE_END.split(without_addresses)]
    ordered = sorted(filter(None, clauses), key=lambda clause: _ACCEPTED.search(clause) is None)
    line = shortened("; ".join(ordered), _LONGEST_COMMENT)
    return line[:1].upper() + line[1:]
