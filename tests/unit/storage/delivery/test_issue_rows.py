"""Issues as JSON: what is read back is what was written, field by field."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from digest.errors import StoreError
from digest.issues import Issue, Pick, Reason, ReasonKind
from digest.storage.database.engine import compact
from digest.storage.delivery.issue_rows import issue_of, issue_row
from tests.unit.storage.samples import NOW, TODAY

PART = Reason(term="code generation", kind=ReasonKind.KEYWORD, field="title", contribution=3, words="code", share=0.58)
REASONS = (
    *(
        Reason(term=f"term {kind}", kind=kind, field="title", contribution=12.5, start=3, end=7, matched="Terms")
        for kind in ReasonKind
    ),
    PART,
)
ISSUE = Issue(
    subscriber=7,
    issue_date=TODAY,
    created=NOW,
    message_id="7.x@example.org",
    picks=(Pick(paper=1, match=61, reasons=REASONS, interest="term"), Pick(paper=2, match=40)),
    also=(
        Pick(paper=3, match=31, reasons=(Reason(term="a", kind=ReasonKind.AUTHOR, field="authors", contribution=1),)),
    ),
    trending=(Pick(paper=4, match=None, trending="42 votes"),),
    more=2,
    considered=70,
    weekly=True,
)


STORED = """
{"picks": [[12, 61, "learning rate", "", [
    ["learning rate", "keyword", "title", 40.5],
    ["code generation", "keyword", "abstract", 3, 17, 21, "code", "code", 0.58]
  ]]],
  "trending": [[7, null, "", "42 votes", []]],
  "created": "2026-03-12T06:00:00+00:00", "message_id": "7.x@example.org", "more": 2, "considered": 70, "weekly": false}
"""


def test_an_issue_comes_back_as_it_was() -> None:
    assert issue_of(5, 7, TODAY, compact(issue_row(ISSUE))) == ISSUE


def test_every_field_of_a_pick_and_a_reason_comes_back() -> None:
    changed = REASONS[0]._replace(words="Term … s", share=0.9)
    pick = Pick(paper=1, match=61, interest="term", trending="42 votes", reasons=(changed, PART))
    assert all(value != Pick._field_defaults.get(name) for name, value in pick._asdict().items())
    assert all(value != Reason._field_defaults.get(name) for name, value in changed._asdict().items())
    assert issue_of(5, 7, TODAY, compact(issue_row(replace(ISSUE, picks=(pick,))))).picks == (pick,)


def test_an_issue_that_was_stored_by_an_earlier_version_is_read() -> None:
    found = issue_of(5, 7, TODAY, STORED)
    keyword, part = found.picks[0].reasons
    assert keyword == Reason(term="learning rate", kind=ReasonKind.KEYWORD, field="title", contribution=40.5)
    assert (part.kind, part.start, part.end, part.matched, part.share) == (ReasonKind.KEYWORD, 17, 21, "code", 0.58)
    assert found.trending == (Pick(paper=7, match=None, trending="42 votes"),)
    assert (found.created, found.also, found.more, found.weekly) == (datetime(2026, 3, 12, 6, tzinfo=UTC), (), 2, False)


@pytest.mark.parametrize("content", ["", "{", "[]", STORED.replace("keyword", "colour"), STORED.replace("61", '"61"')])
def test_what_is_no_issue_is_told_with_its_delivery(content: str) -> None:
    with pytest.raises(StoreError, match="the issue of delivery 5 cannot be read: "):
        issue_of(5, 7, TODAY, content)
