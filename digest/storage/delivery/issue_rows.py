"""Issues as compact JSON: a few hundred bytes beside the ledger from which the message is made at each attempt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from msgspec import MsgspecError, Struct
from msgspec.json import Decoder
from sqlalchemy import Text, cast

from digest.errors import StoreError
from digest.issues import Issue, Pick, Reason
from digest.storage.database import schema
from digest.storage.papers.paper_rows import storable

CONTENT = cast(schema.issues.c.content, Text).label("content")  #: the JSON as it stands there, to be read when wanted
PLACES = 9  #: decimals of a contribution that are kept; their sum stays right to far below a millionth
_GROUPS = ("picks", "also", "trending")
_TOLD = 4  # places in the row of a reason that are always there
_USUAL: Sequence[Any] = (-1, -1, "", "", 1.0)  # start, end, matched, words, share: left out from the end while usual


class _Content(Struct):
    """What the JSON holds; a pick and a reason stand there as lists, in the order of their fields."""

    created: datetime
    message_id: str
    more: int
    considered: int
    weekly: bool
    picks: tuple[Pick, ...] = ()
    also: tuple[Pick, ...] = ()
    trending: tuple[Pick, ...] = ()


_read = Decoder(_Content).decode  # straight into what the message is made from


def issue_row(issue: Issue) -> dict[str, Any]:
    """Return the issue as JSON values; subscriber and date stand in columns of their own."""
    row = {name: [_pick_row(pick) for pick in getattr(issue, name)] for name in _GROUPS}
    return {name: picks for name, picks in row.items() if picks} | {
        "created": issue.created.astimezone(UTC).isoformat(),
        "message_id": issue.message_id,
        "more": issue.more,
        "considered": issue.considered,
        "weekly": issue.weekly,
    }


def issue_of(delivery: int, subscriber: int, issue_date: date, content: str) -> Issue:
    """Return the issue that `issue_row` described. Raise StoreError, naming the delivery, when this is not one."""
    found = _content(delivery, content)
    return Issue(
        subscriber=subscriber,
        issue_date=issue_date,
        created=found.created,
        message_id=found.message_id,
        picks=found.picks,
        also=found.also,
        trending=found.trending,
        more=found.more,
        considered=found.considered,
        weekly=found.weekly,
    )


def papers_in(delivery: int, content: str) -> tuple[int, ...]:
    """Return the numbers of all papers that the issue shows. Raise StoreError like `issue_of`."""
    found = _content(delivery, content)
    return tuple(pick.paper for picks in (found.picks, found.also, found.trending) for pick in picks)


def _content(delivery: int, content: str) -> _Content:
    try:
        return _read(content)
    except MsgspecError as error:
        raise StoreError(f"the issue of delivery {delivery} cannot be read: {error}") from error


def _pick_row(pick: Pick) -> list[Any]:
    reasons = [_reason_row(reason) for reason in pick.reasons]
    return [pick.paper, pick.match, storable(pick.interest), pick.trending, reasons]


def _reason_row(reason: Reason) -> list[Any]:
    contribution = round(reason.contribution, PLACES)
    row = [storable(reason.term), reason.kind.value, reason.field, contribution, reason.start, reason.end]
    row += [storable(reason.matched), storable(reason.words), reason.share]
    while len(row) > _TOLD and row[-1] == _USUAL[len(row) - _TOLD - 1]:
        row.pop()
    return row
