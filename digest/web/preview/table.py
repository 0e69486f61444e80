"""The table of papers: which verdicts are on the page, and the addresses of its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from digest.runs.preview.preview import Decided
from digest.web.preview.choice import Choice
from digest.web.preview.explanations import PAGE, PaperOutcome, counted, in_order, row_of, searched, verdicts
from digest.web.preview.views import ColumnView, Option, WhyView

_COLUMNS = {"match": "Match", "paper": "Paper", "reasons": "Reasons", "outcome": "Outcome"}
_LARGEST_FIRST = "match"  #: the column that begins with its largest value

Link = Callable[..., str]  #: gives the address of the same page with changes


def why_view(decided: Decided, choice: Choice, link: Link) -> WhyView:
    """Return the page of the table that is chosen."""
    sent = {number: f"sent on {day.day} {day:%B}" for number, day in decided.sent.items()}
    every = verdicts(decided.ranking, decided.papers, sent)
    found = in_order(searched(every, choice.q, choice.outcome), choice.sort)
    pages = max(1, -(-len(found) // PAGE))
    page = min(choice.page, pages)
    return WhyView(
        rows=tuple(row_of(verdict) for verdict in found[(page - 1) * PAGE : page * PAGE]),
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
    yield Option(value="", label="Every outcome", chosen=not chosen)
    for outcome, count in counted(every):
        yield Option(value=outcome, label=f"{outcome} ({count})", chosen=outcome == chosen)
