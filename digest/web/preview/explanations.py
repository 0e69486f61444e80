"""Why: each paper that was judged, with its match, its reasons and what became of it; searched, sorted, in pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from digest.issues import LeftOut, Pick, Reason
from digest.papers import Paper
from digest.ranking import Ranking, highlights

PAGE = 30  #: papers on a page
PICKED, ALSO, TRENDING = "picked", "also matched", "trending"
OUTCOMES = (PICKED, ALSO, TRENDING, *(str(reason) for reason in LeftOut))


@dataclass(frozen=True, kw_only=True)
class PaperOutcome:
    """What became of one paper."""

    paper: Paper
    match: int | None  #: None where no keyword matched
    reasons: tuple[Reason, ...]  #: strongest first; they add up to the match
    outcome: str  #: one of OUTCOMES
    place: int = 0  #: in its part of the issue, counted from 1; 0 outside
    note: str = ""  #: what else there is to say: when it was sent, which term excludes it
    excluded_by: str = ""  #: the term that keeps it out

    @property
    def shown(self) -> bool:
        """True for a paper that is in the issue."""
        return self.place > 0

    @property
    def label(self) -> str:
        """The outcome in words: "picked, 3rd of the issue" is "picked 3"."""
        label = f"{self.outcome} {self.place}" if self.outcome in (PICKED, TRENDING) else self.outcome
        return f"{label} ({self.note})" if self.note else label


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A piece of a text."""

    text: str
    hit: bool  #: whether it stands for a term of the profile


@dataclass(frozen=True, kw_only=True)
class WhyRow:
    """A paper as the table shows it."""

    title: tuple[Segment, ...]
    abstract: tuple[Segment, ...]
    authors: str
    match: int | None
    reasons: tuple[Reason, ...]
    outcome: str
    shown: bool


def verdicts(ranking: Ranking, papers: Mapping[int, Paper], sent: Mapping[int, str]) -> list[PaperOutcome]:
    """Return what became of every paper that was judged: those in the issue first, then the best matches.

    `sent` says of papers that were in an earlier issue when that was.
    """
    matched = {pick.paper: pick for pick in (*ranking.picks, *ranking.also, *ranking.matched)}
    inside: dict[int, tuple[str, int]] = {}
    for outcome, picks in ((TRENDING, ranking.trending), (ALSO, ranking.also), (PICKED, ranking.picks)):
        inside |= {pick.paper: (outcome, place) for place, pick in enumerate(picks, 1)}
    found = []
    for number, paper in papers.items():
        left_out = ranking.left_out.get(number)
        by = ranking.excluded_by.get(number, "") if left_out is LeftOut.EXCLUDED else ""
        note = f"“{by}”" if by else sent.get(number, "") if left_out is LeftOut.ALREADY_CONSIDERED else ""
        verdict = _verdict(paper, matched.get(number), inside.get(number), left_out)
        found.append(replace(verdict, note=note, excluded_by=by))
    return sorted(found, key=lambda verdict: (OUTCOMES.index(verdict.outcome) > 2, *_best_first(verdict)))


def _verdict(paper: Paper, pick: Pick | None, inside: tuple[str, int] | None, left_out: LeftOut | None) -> PaperOutcome:
    outcome, place = inside or (str(left_out or LeftOut.NO_MATCH), 0)
    return PaperOutcome(
        paper=paper,
        match=pick.match if pick else None,
        reasons=pick.reasons if pick else (),
        outcome=outcome,
        place=place,
    )


def _best_first(verdict: PaperOutcome) -> tuple[int, int, int, int]:
    stage = OUTCOMES.index(verdict.outcome) if verdict.shown else 0
    return stage, verdict.place, -1 if verdict.match is None else -verdict.match - 1, verdict.paper.number


_SORTS: Mapping[str, Callable[[PaperOutcome], Any]] = {
    "match": lambda verdict: (-1 if verdict.match is None else verdict.match, -verdict.paper.number),
    "paper": lambda verdict: verdict.paper.title.casefold(),
    "reasons": lambda verdict: verdict.reasons[0].term.casefold() if verdict.reasons else "\uffff",
    "outcome": lambda verdict: (OUTCOMES.index(verdict.outcome), verdict.place, -(verdict.match or 0)),
}
_BEST_IS_LAST = "match"


def in_order(found: Sequence[PaperOutcome], sort: str) -> list[PaperOutcome]:
    """Return the verdicts sorted by a column, best match or first letter on top; a hyphen turns the order round."""
    column = sort.removeprefix("-")
    if column not in _SORTS:
        return list(found)
    return sorted(found, key=_SORTS[column], reverse=sort.startswith("-") != (column == _BEST_IS_LAST))


def searched(found: Iterable[PaperOutcome], q: str, outcome: str) -> list[PaperOutcome]:
    """Return the verdicts with that outcome whose paper or reasons have every word of the question."""
    words = q.casefold().split()
    chosen = (verdict for verdict in found if not outcome or verdict.outcome == outcome)
    return [verdict for verdict in chosen if not words or _has(verdict, words)]


def _has(verdict: PaperOutcome, words: Iterable[str]) -> bool:
    paper = verdict.paper
    terms = " ".join(reason.term for reason in verdict.reasons)
    text = "\n".join((paper.title, paper.abstract, *paper.authors, *paper.categories, terms, paper.key)).casefold()
    return all(word in text for word in words)


def counted(found: Iterable[PaperOutcome]) -> list[tuple[str, int]]:
    """Return each outcome that there is, with its number of papers."""
    counts = Counter(verdict.outcome for verdict in found)
    return [(outcome, counts[outcome]) for outcome in OUTCOMES if counts[outcome]]


def row_of(verdict: PaperOutcome) -> WhyRow:
    """Return the paper as the table shows it, every word marked that a reason, or the excluding term, is about."""
    terms = [term for reason in verdict.reasons for term in (reason.term, reason.matched) if reason.kind != "author"]
    terms += [verdict.excluded_by] if verdict.excluded_by else []
    paper = verdict.paper
    return WhyRow(
        title=tuple(_segments(paper.title or "Untitled", terms)),
        abstract=tuple(_segments(paper.abstract, terms)),
        authors=", ".join(paper.authors[:8]) + (f" and {len(paper.authors) - 8} more" if paper.authors[8:] else ""),
        match=verdict.match,
        reasons=verdict.reasons,
        outcome=verdict.label,
        shown=verdict.shown,
    )


def _segments(text: str, terms: Sequence[str]) -> Iterable[Segment]:
    at = 0
    for start, end in highlights(text, terms) if terms else ():
        yield Segment(text=text[at:start], hit=False)
        yield Segment(text=text[start:end], hit=True)
        at = end
    yield Segment(text=text[at:], hit=False)
