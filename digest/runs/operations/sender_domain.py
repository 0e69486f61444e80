"""The records of a sender's domain, checked: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

Texts = Callable[[str], Sequence[str]]
"""Gives the TXT records of a name. Raises FetchError when no resolver answers."""


class RecordVerdict(StrEnum):
    """How serious a finding is."""

    GOOD = "good"
    LOOK = "look"  #: works but could be better, or cannot be checked from here
    FIX = "fix"  #: does not work, or soon will not


@dataclass(frozen=True, kw_only=True)
class RecordFinding:
    """The result of one check."""

    area: str  #: settings, store, subscribers, sources, relay, domain
    verdict: RecordVerdict
    found: str  #: a sentence
    fix: str = ""  #: how to fix it; empty when nothing needs doing

    def as_dict(self) -> dict[str, str]:
        """Return the finding as plain JSON values; `mend` is the former name of `fix`, kept for one release."""
        return {"area": self.area, "verdict": self.verdict, "found": self.found, "fix": self.fix, "mend": self.fix}


def domain_findings(domain: str, selectors: Sequence[str], texts: Texts) -> Iterator[RecordFinding]:
    """Return the findings about the DNS records that authenticate mail from the From domain."""
    yield _spf(domain, texts(domain))
    if not selectors:
        fix = "ask the relay which selector it signs with, and name it with --dkim-selector"
        yield _finding(RecordVerdict.LOOK, f"DKIM of {domain} was not checked: no selector is known", fix)
    for selector in selectors:
        yield _dkim(f"{selector}._domainkey.{domain}", texts)
    yield _dmarc(domain, texts)


def _finding(verdict: RecordVerdict, found: str, fix: str = "") -> RecordFinding:
    return RecordFinding(area="domain", verdict=verdict, found=found, fix=fix)


def _spf(domain: str, records: Sequence[str]) -> RecordFinding:
    policies = [record for record in records if record.lower().split(" ")[0] == "v=spf1"]
    if not policies:
        fix = f'publish a TXT record for {domain} that names your relay, such as "v=spf1 include:relay.example ~all"'
        return _finding(RecordVerdict.FIX, f"{domain} has no SPF record", fix)
    if len(policies) > 1:
        fix = "merge them: with more than one, every check fails"
        return _finding(RecordVerdict.FIX, f"{domain} has {len(policies)} SPF records", fix)
    terms = policies[0].lower().split()
    if "+all" in terms or "all" in terms:
        return _finding(RecordVerdict.FIX, f"SPF of {domain} lets everybody send: {policies[0]}", 'end it with "~all"')
    restricted = {"-all", "~all"} & set(terms) or any(term.startswith("redirect=") for term in terms)
    if not restricted:
        return _finding(
            RecordVerdict.LOOK, f"SPF of {domain} leaves open who else may send: {policies[0]}", 'end with "~all"'
        )
    return _finding(RecordVerdict.GOOD, f"SPF of {domain}: {policies[0]}")


def _dkim(name: str, texts: Texts) -> RecordFinding:
    keys = [record for record in texts(name) if "p=" in record]
    if not keys:
        return _finding(
            RecordVerdict.FIX, f"{name} has no DKIM key", "publish the public key that the relay signs with"
        )
    tags = _tags(keys[0])
    if not tags.get("p"):
        return _finding(
            RecordVerdict.FIX, f"the DKIM key at {name} is withdrawn (p= is empty)", "publish the present key"
        )
    if "y" in tags.get("t", "").split(":"):
        return _finding(RecordVerdict.LOOK, f"the DKIM key at {name} is marked as a test (t=y)", "remove t=y")
    return _finding(RecordVerdict.GOOD, f"{name} has a DKIM key")


def _dmarc(domain: str, texts: Texts) -> RecordFinding:
    name, policy = _policy(domain, texts)
    if policy is None:
        fix = f'publish a TXT record for _dmarc.{domain}, to begin with "v=DMARC1; p=none; rua=mailto:…"'
        return _finding(
            RecordVerdict.FIX, f"{domain} has no DMARC policy; large providers refuse bulk mail without one", fix
        )
    if policy.get("p", "none") == "none":
        fix = "when the reports show that all your mail passes, ask for p=quarantine"
        return _finding(RecordVerdict.LOOK, f"DMARC at {name} only watches (p=none)", fix)
    return _finding(RecordVerdict.GOOD, f"DMARC at {name}: p={policy['p']}")


def _policy(domain: str, texts: Texts) -> tuple[str, dict[str, str] | None]:
    """Return the policy of the domain, or of the nearest domain above it that has one, and its name."""
    labels = domain.split(".")
    for start in range(max(len(labels) - 1, 1)):
        name = "_dmarc." + ".".join(labels[start:])
        found = [record for record in texts(name) if record.lower().replace(" ", "").startswith("v=dmarc1")]
        if found:
            return name, _tags(found[0])
    return "", None


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip()}
