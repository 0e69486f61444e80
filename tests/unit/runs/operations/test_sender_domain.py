"""The records of the sender's domain are judged as a receiver judges them, with words on what to mend."""

from __future__ import annotations

import pytest

from digest.runs.operations.sender_domain import RecordVerdict, domain_findings

GOOD = {
    "lab.net": ["v=spf1 include:relay.net ~all", "something else"],
    "s1._domainkey.lab.net": ["v=DKIM1; k=rsa; p=MIIB"],
    "_dmarc.lab.net": ["v=DMARC1; p=quarantine; rua=mailto:d@lab.net"],
}

CASES = [
    ("all is well", {}, [RecordVerdict.GOOD, RecordVerdict.GOOD, RecordVerdict.GOOD], ""),
    ("no SPF", {"lab.net": []}, [RecordVerdict.FIX, RecordVerdict.GOOD, RecordVerdict.GOOD], "no SPF record"),
    (
        "two SPF",
        {"lab.net": ["v=spf1 -all", "v=spf1 ~all"]},
        [RecordVerdict.FIX, RecordVerdict.GOOD, RecordVerdict.GOOD],
        "2 SPF",
    ),
    (
        "SPF for all",
        {"lab.net": ["v=spf1 +all"]},
        [RecordVerdict.FIX, RecordVerdict.GOOD, RecordVerdict.GOOD],
        "everybody",
    ),
    (
        "SPF left open",
        {"lab.net": ["v=spf1 mx ?all"]},
        [RecordVerdict.LOOK, RecordVerdict.GOOD, RecordVerdict.GOOD],
        "leaves open",
    ),
    (
        "SPF elsewhere",
        {"lab.net": ["v=spf1 redirect=a.net"]},
        [RecordVerdict.GOOD, RecordVerdict.GOOD, RecordVerdict.GOOD],
        "",
    ),
    (
        "no DKIM",
        {"s1._domainkey.lab.net": []},
        [RecordVerdict.GOOD, RecordVerdict.FIX, RecordVerdict.GOOD],
        "no DKIM key",
    ),
    (
        "DKIM withdrawn",
        {"s1._domainkey.lab.net": ["p="]},
        [RecordVerdict.GOOD, RecordVerdict.FIX, RecordVerdict.GOOD],
        "withdrawn",
    ),
    (
        "DKIM as test",
        {"s1._domainkey.lab.net": ["t=y; p=M"]},
        [RecordVerdict.GOOD, RecordVerdict.LOOK, RecordVerdict.GOOD],
        "t=y",
    ),
    (
        "no DMARC",
        {"_dmarc.lab.net": []},
        [RecordVerdict.GOOD, RecordVerdict.GOOD, RecordVerdict.FIX],
        "no DMARC policy",
    ),
    (
        "DMARC watches",
        {"_dmarc.lab.net": ["v=DMARC1; p=none"]},
        [RecordVerdict.GOOD, RecordVerdict.GOOD, RecordVerdict.LOOK],
        "p=none",
    ),
]


@pytest.mark.parametrize(("change", "verdicts", "part"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_each_record_has_its_verdict(change: dict[str, list[str]], verdicts: list[RecordVerdict], part: str) -> None:
    zone = GOOD | change
    found = list(domain_findings("lab.net", ["s1"], lambda name: zone.get(name, [])))
    assert [finding.verdict for finding in found] == verdicts
    worst = [finding for finding in found if finding.verdict is not RecordVerdict.GOOD]
    assert all(part in finding.found and finding.fix for finding in worst)


def test_the_policy_of_the_domain_above_counts_when_there_is_none_of_its_own() -> None:
    zone = GOOD | {"mail.lab.net": ["v=spf1 -all"]}
    *_, dmarc = domain_findings("mail.lab.net", [], lambda name: zone.get(name, []))
    assert (dmarc.verdict, "_dmarc.lab.net" in dmarc.found) == (RecordVerdict.GOOD, True)


def test_without_a_selector_dkim_is_not_checked() -> None:
    _, dkim, _ = domain_findings("lab.net", [], lambda name: GOOD.get(name, []))
    assert (dkim.verdict, "--dkim-selector" in dkim.fix) == (RecordVerdict.LOOK, True)
