"""Doctor: checks what an installation needs, part by part, and says how to fix what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from digest.deliveries import DeliveryState, Outcome
from digest.errors import DigestError, FetchError
from digest.fetching import dns
from digest.fetching.dkim_keys import load_signers
from digest.messages import compose
from digest.profile_files import read_profile_file
from digest.rendering import MailRenderer
from digest.rendering.transactional import RunFigures
from digest.runs.delivery.deliver import relays_of
from digest.runs.delivery.queue import HOLD
from digest.runs.issues.sender_identity import check_sender, sender_identity
from digest.runs.operations.sender_domain import RecordFinding, RecordVerdict, domain_findings
from digest.runs.transactional.send_test import send_test
from digest.settings import RelaySettings, Settings
from digest.smtp import probe
from digest.storage import Store
from digest.storage.delivery import ledger, limits
from digest.storage.delivery.runs import flag
from digest.storage.papers import listings, papers
from digest.storage.row_check import unreadable_rows
from digest.storage.subscribers import consent
from digest.subscribers import State

RESERVED = (".example", ".test", ".invalid", ".localhost", "example.com", "example.net", "example.org", "localhost")
FRESH = timedelta(days=3)  #: papers older than this mean that the sources have run dry


@dataclass(frozen=True, kw_only=True)
class DoctorReport:
    """All findings, in the order in which they were made."""

    findings: tuple[RecordFinding, ...]

    @property
    def is_well(self) -> bool:
        """True when nothing needs fixing."""
        return all(finding.verdict is not RecordVerdict.FIX for finding in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {"well": self.is_well, "findings": [finding.as_dict() for finding in self.findings]}


@dataclass(frozen=True, kw_only=True)
class Installation:
    """The installation to check."""

    settings: Settings
    profiles: Mapping[str, bytes]  #: path to content
    open_store: Callable[[], Store]
    renderer: MailRenderer
    selectors: Sequence[str] = ()  #: of DKIM
    send_to: str = ""  #: address for a test message; empty: none is sent
    online: bool = True  #: whether names may be looked up


def examine(installation: Installation, now: datetime, tell: Callable[[str], None]) -> DoctorReport:
    """Return the findings; `tell` is called with each step. A check that fails stops no other."""
    findings = list(_settings(installation.settings))
    tell("checking the profile files")
    findings += _profiles(installation.profiles)
    tell("opening the store")
    findings += _guarded("store", lambda: _store(installation, now))
    tell("asking the relay")
    findings += _relays(installation.settings)
    if installation.online:
        tell("looking up the sender's domain")
        findings += _domain(installation)
    if installation.send_to:
        tell("sending a test message")
        findings += _guarded("relay", lambda: _test_message(installation, findings, now))
    return DoctorReport(findings=tuple(findings))


def _guarded(area: str, look: Callable[[], Iterator[RecordFinding]]) -> Iterator[RecordFinding]:
    """Return the findings of one check; an error is a finding as well."""
    try:
        yield from look()
    except DigestError as error:
        yield RecordFinding(area=area, verdict=RecordVerdict.FIX, found=str(error))


def _is_reserved(domain: str) -> bool:
    return any(domain == name.lstrip(".") or domain.endswith("." + name.lstrip(".")) for name in RESERVED)


def _settings(settings: Settings) -> Iterator[RecordFinding]:
    yield from _guarded("settings", lambda: _sender(settings))
    sender, web = settings.sender, settings.web.url
    if _is_reserved(sender.address.rpartition("@")[2]):
        found = f"sender.address is {sender.address}, which nobody can answer"
        yield RecordFinding(
            area="settings", verdict=RecordVerdict.FIX, found=found, fix="set it to an address of your own domain"
        )
    if not sender.postal:
        fix = "set it: many countries ask for it in every bulk mail"
        yield RecordFinding(area="settings", verdict=RecordVerdict.LOOK, found="sender.postal is empty", fix=fix)
    if not web:
        fix = "run `digest serve` and set it; large providers want bulk mail to have an unsubscribe link"
        found = "web.url is empty: people can unsubscribe by mail only"
        yield RecordFinding(area="settings", verdict=RecordVerdict.LOOK, found=found, fix=fix)
    elif not web.startswith("https://"):
        fix = "mail programs follow unsubscribe links over https only"
        yield RecordFinding(area="settings", verdict=RecordVerdict.FIX, found=f"web.url is {web}, not https", fix=fix)
    if not web and not (settings.bounces.maildir or settings.bounces.imap_host):
        found = "people can unsubscribe by e-mail only, and no mailbox is read"
        fix = "set bounces.maildir or bounces.imap_host, or web.url; `digest run` reads the mailbox before it plans"
        yield RecordFinding(area="settings", verdict=RecordVerdict.FIX, found=found, fix=fix)
    if settings.smtp.tls == "none" and settings.smtp.host not in ("localhost", "127.0.0.1", "::1"):
        found = f"mail goes to {settings.smtp.host} without TLS"
        yield RecordFinding(
            area="settings", verdict=RecordVerdict.FIX, found=found, fix='set smtp.tls to "starttls" or "tls"'
        )
    if not settings.sources:
        found = "no sources are configured: papers come by `digest ingest PATH` only"
        yield RecordFinding(
            area="settings", verdict=RecordVerdict.LOOK, found=found, fix="add [[sources]] to digest.toml"
        )


def _sender(settings: Settings) -> Iterator[RecordFinding]:
    check_sender(settings)
    yield from ()


def _profiles(files: Mapping[str, bytes]) -> Iterator[RecordFinding]:
    read = [read_profile_file(data, file) for file, data in files.items()]
    for one in read:
        for fault in one.faults:
            yield RecordFinding(area="subscribers", verdict=RecordVerdict.FIX, found=str(fault))
    good = sum(one.subscription is not None for one in read)
    if good:
        yield RecordFinding(area="subscribers", verdict=RecordVerdict.GOOD, found=f"{good} profile files can be read")


def _store(installation: Installation, now: datetime) -> Iterator[RecordFinding]:
    store = installation.open_store()
    try:
        with store.reading() as tx:
            people, states, sources = consent.count_states(tx), ledger.counts(tx), listings.source_states(tx)
            known, newest = papers.high_water(tx), next(papers.stream(tx, newest=1), None)
            held, breakers = flag(tx, HOLD), limits.open_breakers(tx, now)
            unreadable = unreadable_rows(tx)
    finally:
        store.close()
    active = people[State.ACTIVE]
    found = f"{store.address} opens: {known} papers, {active} active of {sum(people.values())} subscribers"
    yield RecordFinding(area="store", verdict=RecordVerdict.GOOD, found=found)
    for problem in unreadable:
        fix = "correct or delete the row; everybody else is served"
        yield RecordFinding(area="store", verdict=RecordVerdict.FIX, found=str(problem), fix=fix)
    if not active:
        fix = "write profiles and run `digest subscribers sync`"
        yield RecordFinding(area="subscribers", verdict=RecordVerdict.LOOK, found="nobody is subscribed", fix=fix)
    if newest and newest.first_seen < now - FRESH:
        found = f"the newest paper came on {newest.first_seen:%Y-%m-%d}"
        yield RecordFinding(
            area="sources", verdict=RecordVerdict.LOOK, found=found, fix="see whether the sources still give papers"
        )
    if states[DeliveryState.UNKNOWN]:
        found = f"{states[DeliveryState.UNKNOWN]} issues may or may not have arrived"
        fix = "`digest report` shows them; `digest deliver --resend-unknown` sends them again"
        yield RecordFinding(area="store", verdict=RecordVerdict.LOOK, found=found, fix=fix)
    if held:
        yield RecordFinding(
            area="store", verdict=RecordVerdict.FIX, found=f"nothing is sent: {held}", fix="`digest release`"
        )
    for breaker in breakers.values():
        found = f"{breaker.name} refused us and is left alone until {breaker.until:%Y-%m-%d %H:%M}: {breaker.reason}"
        yield RecordFinding(area="relay", verdict=RecordVerdict.LOOK, found=found)
    for source in sources.values():
        if source.failing_since:
            found = f"{source.name} fails since {source.failing_since:%Y-%m-%d %H:%M}: {source.last_error}"
            yield RecordFinding(area="sources", verdict=RecordVerdict.FIX, found=found)


def _relays(settings: Settings) -> Iterator[RecordFinding]:
    for relay in relays_of(settings):
        yield from _guarded("relay", partial(_relay, relay))


def _relay(relay: RelaySettings) -> Iterator[RecordFinding]:
    offered = probe(relay)
    how = {"none": "without TLS", "starttls": "with STARTTLS", "tls": "with TLS"}[relay.tls]
    login = f", as {relay.user}" if relay.user else ""
    found = f"{relay.host}:{relay.port} answers {how}{login}"
    yield RecordFinding(area="relay", verdict=RecordVerdict.GOOD, found=found)
    if not offered.pipelining:
        found = "the relay does not offer PIPELINING: sending takes several times as long"
        yield RecordFinding(area="relay", verdict=RecordVerdict.LOOK, found=found)


def _domain(installation: Installation) -> Iterator[RecordFinding]:
    sender = installation.settings.sender
    domain = sender.address.rpartition("@")[2]
    if _is_reserved(domain):
        return
    try:
        yield from domain_findings(domain, installation.selectors, dns.texts)
        bounces = (sender.bounces or sender.address).rpartition("@")[2]
        if not dns.accepts_mail(bounces):
            fix = "give it an MX record, or set sender.bounces to an address that takes mail"
            found = f"{bounces} takes no mail, so bounces are lost"
            yield RecordFinding(area="domain", verdict=RecordVerdict.FIX, found=found, fix=fix)
    except FetchError as error:
        yield RecordFinding(area="domain", verdict=RecordVerdict.LOOK, found=f"not looked at: {error}")


def _test_message(
    installation: Installation, findings: Sequence[RecordFinding], now: datetime
) -> Iterator[RecordFinding]:
    sender = installation.settings.sender
    notes = [
        f"{finding.found}. {finding.fix}".strip() for finding in findings if finding.verdict is not RecordVerdict.GOOD
    ]
    figures = RunFigures(day=f"{now:%A, %-d %B}", deliveries={}, skipped={}, listings={}, problems=notes)
    rendering = replace(
        installation.renderer.transactional.report(figures), subject=f"[Test] {sender.name} can send mail"
    )
    settings = installation.settings
    envelope = sender_identity(settings).envelope(installation.send_to, "test", now, test=True)
    attempt = send_test(compose(rendering, envelope, load_signers(settings)), settings.smtp)
    if attempt.outcome is Outcome.SENT:
        fix = "check that it arrives, and not in the spam folder"
        found = f"a test message to {installation.send_to} was taken"
        yield RecordFinding(area="relay", verdict=RecordVerdict.GOOD, found=found, fix=fix)
    else:
        found = f"a test message to {installation.send_to} was not taken: {attempt.code or ''} {attempt.reply}"
        yield RecordFinding(area="relay", verdict=RecordVerdict.FIX, found=found)
