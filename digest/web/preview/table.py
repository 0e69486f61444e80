"""The table of papers: the rows of one page, and the links that sort it and turn the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from digest.runs.preview.preview import Decided
from digest.web.preview.choice import Choice
from digest.web.preview.explanations import (
    PAGE,
    PaperOutcome,
    outcome_counts,
    paper_outcomes,
    row_of,
    search_outcomes,
    sorted_outcomes,
)
from digest.web.preview.views import ColumnView, Option, WhyView

_COLUMNS = {"match": "Match", "paper": "Paper", "reasons": "Reasons", "outcome": "Outcome"}
_LARGEST_FIRST = "match"  #: the column that starts with its largest value

Link = Callable[..., str]  #: returns the URL of the same page with changes


def why_view(decided: Decided, choice: Choice, link: Link) -> WhyView:
    """Return the chosen page of the table."""
    sent = {number: f"sent on {day.day} {day:%B}" for number, day in decided.sent.items()}
    every = paper_outcomes(decided.ranking, decided.papers, sent)
    found = sorted_outcomes(search_outcomes(every, choice.q, choice.outcome), choice.sort)
    pages = max(1, -(-len(found) // PAGE))
    page = min(choice.page, pages)
    return WhyView(
        rows=tuple(row_of(outcome) for outcome in found[(page - 1) * PAGE : page * PAGE]),
        columns=tuple(_column(name, label, choice.sort, link) for name, label in _COLUMNS.items()),
        outcomes=tuple(_outcomes(every, choice.outcome)),
        q=choice.q,
        carried=choice.pairs("q", "outcome", "page"),
        found=len(found),
        total=len(every),
        page=page,
        pages=pages,
        size=PAGE,
        before=link(page=page - 1) if page > 1 else "",
        after=link(page=page + 1) if page < pages else "",
    )


def _column(name: str, label: str, sort: str, link: Link) -> ColumnView:
    is_chosen, is_turned = sort.removeprefix("-") == name, sort.startswith("-")
    descending = is_turned != (name == _LARGEST_FIRST)
    return ColumnView(
        name=name,
        label=label,
        link=link(sort=f"-{name}" if sort == name else name, page=1),
        direction=("descending" if descending else "ascending") if is_chosen else "",
    )


def _outcomes(every: Sequence[PaperOutcome], chosen: str) -> Iterator[Option]:
    yield Option(value="", label="All outcomes", chosen=not chosen)
    for outcome, count in outcome_counts(every):
        yield Option(value=outcome, label=f"{outcome} ({count})", chosen=outcome == chosen)
