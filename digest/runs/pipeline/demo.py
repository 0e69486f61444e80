"""The demo: a run on the sample data that ships with the program, in a temporary store, over real SMTP."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import digest
from digest.errors import DigestError
from digest.fetching.profile_folder import read_profile_folder
from digest.fetching.templates import load_templates
from digest.inbox import Inbox, Received
from digest.issues import Pick
from digest.papers import Paper
from digest.rendering import MailRenderer
from digest.runs.delivery.deliver import composer, deliver
from digest.runs.ingest.ingest import ingest
from digest.runs.issues.compose import masthead
from digest.runs.issues.plan import plan_one
from digest.runs.matching.serialization import pick_dict
from digest.runs.subscriptions.sync import SyncOptions, sync
from digest.settings import SenderSettings, Settings, SmtpSettings, SourceSettings, StoreSettings, WebSettings
from digest.storage import Store, open_store
from digest.storage.database.secrets import keyring
from digest.storage.delivery import deliveries
from digest.storage.papers import papers
from digest.storage.subscribers import subscribers
from digest.subscribers import Subscriber

SHIPPED = Path(digest.__file__).parent / "demo"
POSTAL = "Example Research Digest, 1 Sample Street, 10115 Berlin"


@dataclass(frozen=True, kw_only=True)
class DemoOutcome:
    """The e-mail of one sample subscriber."""

    subscriber: Subscriber
    file: Path | None  #: the e-mail; None when no paper matched
    subject: str
    picks: tuple[tuple[Pick, Paper], ...]  #: best first
    considered: int
    reason: str  #: why there is no e-mail

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome as plain JSON values."""
        return {
            "subscriber": self.subscriber.address,
            "file": str(self.file) if self.file else None,
            "subject": self.subject,
            "picks": [pick_dict(pick, paper) for pick, paper in self.picks],
            "considered": self.considered,
            "reason": self.reason,
        }


@dataclass(frozen=True, kw_only=True)
class DemoReport:
    """The result of the demo and the folder with the e-mails."""

    folder: Path
    papers: int
    sent: int
    outcomes: tuple[DemoOutcome, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {
            "folder": str(self.folder),
            "papers": self.papers,
            "sent": self.sent,
            "subscribers": [outcome.as_dict() for outcome in self.outcomes],
        }


def demo(folder: Path, now: datetime, tell: Callable[[str], None]) -> DemoReport:
    """Run the demo, save the e-mails in `folder` and return the report. `tell` is called with each step.

    Raise DigestError when an e-mail could not be delivered to the embedded server.
    """
    with TemporaryDirectory(prefix="digest-demo-") as place, Inbox(folder) as inbox:
        settings = demo_settings(Path(place), inbox.port)
        before = {mail.file for mail in inbox.mails()}
        store = open_store(settings.store, Path(place))
        try:
            known, sent = _run(store, settings, now, tell)
            mails = {mail.recipients[0]: mail for mail in inbox.mails() if mail.file not in before}
            outcomes = _outcomes(store, mails)
        finally:
            store.close()
    return DemoReport(folder=folder, papers=known, sent=sent, outcomes=outcomes)


def demo_settings(place: Path, port: int) -> Settings:
    """Return settings for a temporary installation whose relay is the embedded server."""
    return Settings(
        store=StoreSettings(url=f"sqlite:///{place / 'demo.db'}"),
        sender=SenderSettings(name="Paper Digest", address="digest@example.org", postal=POSTAL),
        smtp=SmtpSettings(host="127.0.0.1", port=port, tls="none"),
        web=WebSettings(url="https://digest.example.org"),
        sources=(SourceSettings(name="sample listing", path=str(SHIPPED / "listing.txt")),),
    )


def _run(store: Store, settings: Settings, now: datetime, tell: Callable[[str], None]) -> tuple[int, int]:
    tell("reading the sample listing")
    known = ingest(store, settings.sources, now=now).papers_new
    tell("loading the sample subscribers")
    options = SyncOptions(first_issue_days=settings.issue.first_issue_days)
    people = sync(store, read_profile_folder(SHIPPED / "subscribers"), options, now).added
    tell("matching papers and profiles")
    for address in people:
        plan_one(store, settings, address, now)
    tell("sending over SMTP")
    renderer = MailRenderer.load(load_templates(), masthead(settings.sender), settings.templates.theme)
    with store.transaction() as tx:
        keys = keyring(tx, now)
    report = deliver(store, composer(renderer, keys, settings), settings, now)
    if not report.is_complete:
        raise DigestError(f"the embedded server did not accept every e-mail: {report.problem or report.as_dict()}")
    return known, report.sent


def _outcomes(store: Store, mails: Mapping[str, Received]) -> tuple[DemoOutcome, ...]:
    with store.reading() as tx:
        found = []
        for person in subscribers.everyone(tx):
            [row] = deliveries.of_subscriber(tx, person.number)
            picks = (*row.issue.picks, *row.issue.trending) if row.issue else ()
            shown = papers.by_numbers(tx, [pick.paper for pick in picks])
            mail = mails.get(person.address)
            found.append(
                DemoOutcome(
                    subscriber=person,
                    file=mail.file if mail else None,
                    subject=_subject(mail) if mail else "",
                    picks=tuple((pick, shown[pick.paper]) for pick in picks),
                    considered=row.issue.considered if row.issue else 0,
                    reason=str(row.skip or ""),
                )
            )
    return tuple(found)


def _subject(mail: Received) -> str:
    return str(email.message_from_bytes(mail.data, policy=email.policy.default)["Subject"])
