"""The records of the sender's domain are judged as a receiver judges them, with words on what to mend."""

from __future__ import annotations

import pytest

from digest.runs.sender_domain import Verdict, domain_findings

GOOD = {
    "lab.net": ["v=spf1 include:relay.net ~all", "something else"],
    "s1._domainkey.lab.net": ["v=DKIM1; k=rsa; p=MIIB"],
    "_dmarc.lab.net": ["v=DMARC1; p=quarantine; rua=mailto:d@lab.net"],
}

CASES = [
    ("all is well", {}, [Verdict.GOOD, Verdict.GOOD, Verdict.GOOD], ""),
    ("no SPF", {"lab.net": []}, [Verdict.MEND, Verdict.GOOD, Verdict.GOOD], "no SPF record"),
    ("two SPF", {"lab.net": ["v=spf1 -all", "v=spf1 ~all"]}, [Verdict.MEND, Verdict.GOOD, Verdict.GOOD], "2 SPF"),
    ("SPF for all", {"lab.net": ["v=spf1 +all"]}, [Verdict.MEND, Verdict.GOOD, Verdict.GOOD], "everybody"),
    ("SPF left open", {"lab.net": ["v=spf1 mx ?all"]}, [Verdict.LOOK, Verdict.GOOD, Verdict.GOOD], "leaves open"),
    ("SPF elsewhere", {"lab.net": ["v=spf1 redirect=a.net"]}, [Verdict.GOOD, Verdict.GOOD, Verdict.GOOD], ""),
    ("no DKIM", {"s1._domainkey.lab.net": []}, [Verdict.GOOD, Verdict.MEND, Verdict.GOOD], "no DKIM key"),
    ("DKIM withdrawn", {"s1._domainkey.lab.net": ["p="]}, [Verdict.GOOD, Verdict.MEND, Verdict.GOOD], "withdrawn"),
    ("DKIM as test", {"s1._domainkey.lab.net": ["t=y; p=M"]}, [Verdict.GOOD, Verdict.LOOK, Verdict.GOOD], "t=y"),
    ("no DMARC", {"_dmarc.lab.net": []}, [Verdict.GOOD, Verdict.GOOD, Verdict.MEND], "no DMARC policy"),
    ("DMARC watches", {"_dmarc.lab.net": ["v=DMARC1; p=none"]}, [Verdict.GOOD, Verdict.GOOD, Verdict.LOOK], "p=none"),
]


@pytest.mark.parametrize(("change", "verdicts", "part"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_each_record_has_its_verdict(change: dict[str, list[str]], verdicts: list[Verdict], part: str) -> None:
    zone = GOOD | change
    found = list(domain_findings("lab.net", ["s1"], lambda name: zone.get(name, [])))
    assert [finding.verdict for finding in found] == verdicts
    worst = [finding for finding in found if finding.verdict is not Verdict.GOOD]
    assert all(part in finding.found and finding.mend for finding in worst)


def test_the_policy_of_the_domain_above_counts_when_there_is_none_of_its_own() -> None:
    zone = GOOD | {"mail.lab.net": ["v=spf1 -all"]}
    *_, dmarc = domain_findings("mail.lab.net", [], lambda name: zone.get(name, []))
    assert (dmarc.verdict, "_dmarc.lab.net" in dmarc.found) == (Verdict.GOOD, True)


def test_without_a_selector_dkim_is_not_judged() -> None:
    _, dkim, _ = domain_findings("lab.net", [], lambda name: GOOD.get(name, []))
    assert (dkim.verdict, "--dkim-selector" in dkim.mend) == (Verdict.LOOK, True)
