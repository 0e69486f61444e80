"""Mails that come back: each sample in tests/data/reports with what it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.reports import MailKind, read_report

SAMPLES = sorted((Path(__file__).parents[2] / "data" / "reports").glob("*.eml"))


@pytest.mark.parametrize("sample", SAMPLES, ids=[path.stem for path in SAMPLES])
def test_a_mail_says_what_is_expected(sample: Path) -> None:
    report = read_report(sample.read_bytes())
    assert {
        "kind": report.kind,
        "addressed": list(report.addressed),
        "returned": list(report.returned),
        "recipients": [[r.address, r.action, r.status] for r in report.recipients],
    } == json.loads(sample.with_suffix(".json").read_text())


def test_a_diagnostic_over_several_lines_is_kept_in_one() -> None:
    sample = next(path for path in SAMPLES if path.stem == "postfix-no-such-user")
    (recipient,) = read_report(sample.read_bytes()).recipients
    assert recipient.words == (
        "smtp; 550 5.1.1 <ada@example.com>: Recipient address rejected: User unknown in local recipient table"
    )


@given(st.binary(max_size=2000), st.sampled_from(SAMPLES), st.data())
def test_a_damaged_mail_never_raises(rubbish: bytes, sample: Path, data: st.DataObject) -> None:
    whole = sample.read_bytes()
    place = data.draw(st.integers(0, len(whole)))
    assert read_report(whole[:place] + rubbish + whole[place:]).kind in MailKind


@pytest.mark.parametrize(
    "body",
    [b"\n" + b"\n \n" * 1_600_000, b"\n" + b"a@b\n\n" * 1_000_000, b"Content-Type: text/html\n\n" + b"<a" * 2_400_000],
    ids=["blank lines", "paragraphs", "open tags"],
)
def test_a_mail_of_megabytes_that_is_made_to_be_slow_is_read_in_part(body: bytes) -> None:
    """It takes minutes where the text is not cut before it is searched."""
    head = b"To: digest+" + b"a" * 48 + b"@example.org\nFrom: mailer-daemon@example.com\nSubject: failure notice\n"
    (failure,) = read_report(head + body).recipients
    assert len(failure.words) <= 500
