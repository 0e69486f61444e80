"""Issues as JSON: what is read back is what was written, field by field."""

from __future__ import annotations

import json
from dataclasses import fields

from digest.issues import Issue, Pick, Reason, ReasonKind
from digest.storage.issue_rows import issue_of, issue_row
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


def test_an_issue_comes_back_as_it_was() -> None:
    assert issue_of(7, TODAY, json.loads(json.dumps(issue_row(ISSUE)))) == ISSUE


def test_every_field_of_a_pick_and_a_reason_comes_back() -> None:
    found = issue_of(7, TODAY, issue_row(ISSUE)).picks[0]
    assert vars(found).keys() == {field.name for field in fields(Pick)}
    assert found.reasons == REASONS
