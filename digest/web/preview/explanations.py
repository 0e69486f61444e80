"""Why: each ranked paper with its match, its reasons and its outcome; searchable, sortable, in pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from typing import Any

from digest.issues import LeftOut, Pick, Reason
from digest.papers import Paper
from digest.ranking import Ranking, highlights
from digest.rendering.key_sentences import LONGEST_EXCERPT, key_sentences

PAGE = 30  #: papers on a page
PICKED, ALSO, TRENDING = "picked", "also matched", "trending"
OUTCOMES = (PICKED, ALSO, TRENDING, *(str(reason) for reason in LeftOut))


@dataclass(frozen=True, kw_only=True)
class PaperOutcome:
    """The outcome of one paper, with its match and reasons."""

    paper: Paper
    match: int | None  #: None when no keyword matched
    reasons: tuple[Reason, ...]  #: strongest first; they add up to the match
    outcome: str  #: one of OUTCOMES
    place: int = 0  #: position in its section of the issue, from 1; 0 when it is not in the issue
    note: str = ""  #: when it was sent, or which term excludes it; may be empty
    excluded_by: str = ""  #: the term that excludes it; may be empty

    @property
    def shown(self) -> bool:
        """True when the paper is in the issue."""
        return self.place > 0

    @property
    def label(self) -> str:
        """The outcome in words, such as "picked 3" for the third pick."""
        label = f"{self.outcome} {self.place}" if self.outcome in (PICKED, TRENDING) else self.outcome
        return f"{label} ({self.note})" if self.note else label


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A part of a text."""

    text: str
    hit: bool  #: whether it matches a term of the profile
    key: bool = False  #: whether it is of a sentence that the card shows


@dataclass(frozen=True, kw_only=True)
class WhyRow:
    """One row of the table of papers."""

    title: tuple[Segment, ...]
    abstract: tuple[Segment, ...]
    authors: str
    match: int | None
    reasons: tuple[Reason, ...]
    outcome: str
    shown: bool


def paper_outcomes(ranking: Ranking, papers: Mapping[int, Paper], sent: Mapping[int, str]) -> list[PaperOutcome]:
    """Return the outcome of every ranked paper: those in the issue first, then the best matches.

    `sent` maps the papers of earlier issues to a note that says when they were sent.
    """
    matched = {pick.paper: pick for pick in (*ranking.picks, *ranking.also, *ranking.matched)}
    inside: dict[int, tuple[str, int]] = {}
    for section, picks in ((TRENDING, ranking.trending), (ALSO, ranking.also), (PICKED, ranking.picks)):
        inside |= {pick.paper: (section, place) for place, pick in enumerate(picks, 1)}
    found = []
    for number, paper in papers.items():
        left_out = ranking.left_out.get(number)
        by = ranking.excluded_by.get(number, "") if left_out is LeftOut.EXCLUDED else ""
        note = f"“{by}”" if by else sent.get(number, "") if left_out is LeftOut.ALREADY_CONSIDERED else ""
        outcome = _outcome_of(paper, matched.get(number), inside.get(number), left_out)
        found.append(replace(outcome, note=note, excluded_by=by))
    return sorted(found, key=lambda outcome: (OUTCOMES.index(outcome.outcome) > 2, *_best_first(outcome)))


def _outcome_of(
    paper: Paper, pick: Pick | None, inside: tuple[str, int] | None, left_out: LeftOut | None
) -> PaperOutcome:
    outcome, place = inside or (str(left_out or LeftOut.NO_MATCH), 0)
    return PaperOutcome(
        paper=paper,
        match=pick.match if pick else None,
        reasons=pick.reasons if pick else (),
        outcome=outcome,
        place=place,
    )


def _best_first(outcome: PaperOutcome) -> tuple[int, int, int, int]:
    stage = OUTCOMES.index(outcome.outcome) if outcome.shown else 0
    return stage, outcome.place, -1 if outcome.match is None else -outcome.match - 1, outcome.paper.number


_SORTS: Mapping[str, Callable[[PaperOutcome], Any]] = {
    "match": lambda outcome: (-1 if outcome.match is None else outcome.match, -outcome.paper.number),
    "paper": lambda outcome: outcome.paper.title.casefold(),
    "reasons": lambda outcome: outcome.reasons[0].term.casefold() if outcome.reasons else "\uffff",
    "outcome": lambda outcome: (OUTCOMES.index(outcome.outcome), outcome.place, -(outcome.match or 0)),
}
_BEST_IS_LAST = "match"


def sorted_outcomes(found: Sequence[PaperOutcome], sort: str) -> list[PaperOutcome]:
    """Return the outcomes sorted by a column, best match or first letter on top; a hyphen reverses the order."""
    column = sort.removeprefix("-")
    if column not in _SORTS:
        return list(found)
    return sorted(found, key=_SORTS[column], reverse=sort.startswith("-") != (column == _BEST_IS_LAST))


def search_outcomes(found: Iterable[PaperOutcome], q: str, outcome: str) -> list[PaperOutcome]:
    """Return the papers with that outcome whose text or reasons contain every word of the query."""
    words = q.casefold().split()
    chosen = (ranked for ranked in found if not outcome or ranked.outcome == outcome)
    return [ranked for ranked in chosen if not words or _has(ranked, words)]


def _has(outcome: PaperOutcome, words: Iterable[str]) -> bool:
    paper = outcome.paper
    terms = " ".join(reason.term for reason in outcome.reasons)
    text = "\n".join((paper.title, paper.abstract, *paper.authors, *paper.categories, terms, paper.key)).casefold()
    return all(word in text for word in words)


def outcome_counts(found: Iterable[PaperOutcome]) -> list[tuple[str, int]]:
    """Return each outcome that occurs, with its number of papers."""
    counts = Counter(ranked.outcome for ranked in found)
    return [(outcome, counts[outcome]) for outcome in OUTCOMES if counts[outcome]]


def row_of(outcome: PaperOutcome) -> WhyRow:
    """Return the row of a paper; words that match a reason or the excluding term are marked."""
    terms = [term for reason in outcome.reasons for term in (reason.term, reason.matched) if reason.kind != "author"]
    terms += [outcome.excluded_by] if outcome.excluded_by else []
    paper = outcome.paper
    return WhyRow(
        title=tuple(_segments(paper.title or "Untitled", terms)),
        abstract=tuple(_segments(paper.abstract, terms, key_sentences(paper.abstract, LONGEST_EXCERPT).spans)),
        authors=", ".join(paper.authors[:8]) + (f" and {len(paper.authors) - 8} more" if paper.authors[8:] else ""),
        match=outcome.match,
        reasons=outcome.reasons,
        outcome=outcome.label,
        shown=outcome.shown,
    )


def _segments(text: str, terms: Sequence[str], keys: Sequence[tuple[int, int]] = ()) -> Iterable[Segment]:
    """Yield the parts of a text, cut wherever a hit or a key sentence begins or ends."""
    hits = highlights(text, terms) if terms else []
    cuts = sorted({0, len(text), *chain.from_iterable(hits), *chain.from_iterable(keys)})
    for start, end in pairwise(cuts):
        hit, key = (any(a <= start and end <= b for a, b in spans) for spans in (hits, keys))
        yield Segment(text=text[start:end], hit=hit, key=key)
