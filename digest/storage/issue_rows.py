"""Issues as compact JSON: a few hundred bytes in the ledger from which the message is made at each attempt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from digest.issues import Issue, Pick, Reason, ReasonKind
from digest.storage.paper_rows import storable

PLACES = 9  #: decimals of a contribution that are kept; their sum stays right to far below a millionth
_GROUPS = ("picks", "also", "trending")
_KINDS = {kind.value: kind for kind in ReasonKind}
_TOLD = 4  # places in the row of a reason that are always there
_USUAL: Sequence[Any] = (-1, -1, "", "", 1.0)  # start, end, matched, words, share: left out from the end while usual
_LEFT_OUT = {_TOLD + given: list(_USUAL[given:]) for given in range(len(_USUAL) + 1)}  # by the length of the row


def issue_row(issue: Issue) -> dict[str, Any]:
    """Gives the issue as JSON values; subscriber and date stand in columns of their own."""
    row = {name: [_pick_row(pick) for pick in getattr(issue, name)] for name in _GROUPS}
    return {name: picks for name, picks in row.items() if picks} | {
        "created": issue.created.astimezone(UTC).isoformat(),
        "message_id": issue.message_id,
        "more": issue.more,
        "considered": issue.considered,
        "weekly": issue.weekly,
    }


def issue_of(subscriber: int, issue_date: date, row: dict[str, Any]) -> Issue:
    """Gives the issue that `issue_row` described."""
    return Issue(
        subscriber=subscriber,
        issue_date=issue_date,
        created=datetime.fromisoformat(row["created"]),
        message_id=row["message_id"],
        **{name: tuple(_pick_of(pick) for pick in row.get(name, ())) for name in _GROUPS},
        more=row["more"],
        considered=row["considered"],
        weekly=row["weekly"],
    )


def papers_in(row: dict[str, Any]) -> tuple[int, ...]:
    """Gives the numbers of all papers that the issue shows."""
    return tuple(pick[0] for name in _GROUPS for pick in row.get(name, ()))


def _pick_row(pick: Pick) -> list[Any]:
    reasons = [_reason_row(reason) for reason in pick.reasons]
    return [pick.paper, pick.match, storable(pick.interest), pick.trending, reasons]


def _pick_of(row: Sequence[Any]) -> Pick:
    paper, match, interest, trending, reasons = row
    made = object.__new__(Pick)  # its constructor would take twice as long, and a message has a dozen
    told = tuple([_reason_of(reason) for reason in reasons])
    made.__dict__.update(paper=paper, match=match, interest=interest, trending=trending, reasons=told)
    return made


def _reason_row(reason: Reason) -> list[Any]:
    contribution = round(reason.contribution, PLACES)
    row = [storable(reason.term), reason.kind.value, reason.field, contribution, reason.start, reason.end]
    row += [storable(reason.matched), storable(reason.words), reason.share]
    while len(row) > _TOLD and row[-1] == _USUAL[len(row) - _TOLD - 1]:
        row.pop()
    return row


def _reason_of(row: list[Any]) -> Reason:
    values = row + _LEFT_OUT[len(row)]
    values[1] = _KINDS[values[1]]
    return Reason._make(values)
