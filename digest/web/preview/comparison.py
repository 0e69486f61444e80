"""Comparing: two profiles side by side, ranked on the same papers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from digest.errors import UsageError
from digest.issues import Pick
from digest.web.preview.access import place
from digest.web.preview.choice import Choice
from digest.web.preview.session import PreviewedIssue, PreviewSession
from digest.web.preview.tuning import named, papers_options
from digest.web.preview.views import ComparePage, Option, PickView, SideView

_DRAFT = "~"  #: separates the number of a subscriber from a draft profile


def compare_page(session: PreviewSession, choice: Choice, left: str, right: str) -> ComparePage:
    """Return the comparison of two sides, each the number of a subscriber, optionally with a draft.

    Raise UsageError for an invalid side.
    """
    people = [str(person.number) for person in session.people()]
    left = left or next(iter(people), "0")
    right = right or next((number for number in people if number != left), "0")
    one, other = (session.see(_side(choice, text)) for text in (left, right))
    return ComparePage(
        place=place(session, "compare"),
        lefts=tuple(_options(session, left)),
        rights=tuple(_options(session, right)),
        papers=papers_options(session, choice),
        overlap=_outcome_of(_picks(one), _picks(other)),
        sides=(_view(one, other, moves=False), _view(other, one, moves=True)),
    )


def _side(choice: Choice, text: str) -> Choice:
    number, _, draft = text.partition(_DRAFT)
    if not number.isdecimal():
        raise UsageError(f"{text[:40]!r} is not a side of a comparison: expected the number of a subscriber")
    return replace(choice, who=int(number), draft=draft)


def _options(session: PreviewSession, chosen: str) -> Iterator[Option]:
    for person in session.people():
        yield Option(value=str(person.number), label=named(person), chosen=chosen == str(person.number))
    number, changed, _ = chosen.partition(_DRAFT)
    if changed:
        label = "your draft" if number == "0" else f"{named(session.subscriber(int(number)))}, edited"
        yield Option(value=chosen, label=label, chosen=True)
    elif number == "0":
        yield Option(value="0", label="new profile", chosen=True)


def _picks(seen: PreviewedIssue) -> Sequence[Pick]:
    if seen.decided is None:
        return ()
    return (*seen.decided.ranking.picks, *seen.decided.ranking.trending)


def _outcome_of(left: Sequence[Pick], right: Sequence[Pick]) -> str:
    one, other = ({pick.paper for pick in picks} for picks in (left, right))
    return f"{len(one & other)} in both, {len(one - other)} only on the left, {len(other - one)} only on the right."


def _view(seen: PreviewedIssue, other: PreviewedIssue, *, moves: bool) -> SideView:
    ranks = {pick.paper: rank for rank, pick in enumerate(_picks(other))}
    profile, decided = seen.subscriber.profile, seen.decided
    considered = decided.ranking.considered if decided else 0
    name = named(seen.subscriber)
    return SideView(
        name=f"{name}, edited" if seen.choice.draft else name,
        keywords=profile.keywords,
        summary="; ".join(seen.wrong)
        or f"{len(_picks(seen))} of {considered} new papers; minimum match {profile.minimum_match}",
        picks=tuple(
            PickView(
                title=decided.papers[pick.paper].title if decided else "",
                match=pick.match,
                reasons=pick.reasons,
                only_here=pick.paper not in ranks,
                moved=_moved(ranks[pick.paper] - rank) if moves and pick.paper in ranks else "",
            )
            for rank, pick in enumerate(_picks(seen))
        ),
    )


def _moved(up: int) -> str:
    if not up:
        return ""
    return f"{up} higher" if up > 0 else f"{-up} lower"
