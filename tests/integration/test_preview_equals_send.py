"""Preview and send are one path: for the same inputs, their bytes are equal but for the tokens of the delivery."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from digest.fetching.templates import load_templates
from digest.inbox import Inbox
from digest.issues import Issue
from digest.profiles import Keyword, Profile
from digest.ranking import CorpusStatistics
from digest.rendering import MailRenderer
from digest.rendering.sample_mails import HOSTILE, paper_sets
from digest.runs.delivery.deliver import composer, deliver
from digest.runs.issues.compose import masthead
from digest.runs.issues.plan import plan
from digest.runs.issues.render import NO_DELIVERY
from digest.runs.preview.preview import IssuePreviews, Scope
from digest.settings import SenderSettings, Settings, SmtpSettings, WebSettings
from digest.signed_links import Keyring, LinkClaim, Purpose, link_form, verp_form
from digest.storage import Store
from digest.storage.database import secrets
from digest.storage.delivery import deliveries
from digest.storage.papers import papers, statistics
from digest.storage.subscribers import subscribers
from digest.storage.subscribers.subscribers import Admission
from digest.subscribers import Cadence, Owner, Schedule, State, Subscriber, Subscription

SEEN = datetime(2026, 3, 9, 6, 0, tzinfo=UTC)
NOW = SEEN + timedelta(hours=1, minutes=5)
TEMPLATES = load_templates()
SETS = paper_sets(TEMPLATES)
EVERY_DAY = Schedule(hour=time(7), days=frozenset(range(7)))
KEYWORDS = Profile(
    keywords=(Keyword(term="learning rate", weight=2), Keyword(term="language models"), Keyword(term="retrieval")),
    exclude=("federated learning",),
    minimum_match=1,
    trending=True,
)
CATEGORIES = Profile(categories=("cs", "stat"), minimum_match=0, papers=50)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One reader on one set of papers."""

    name: str
    papers: str = "daily"
    profile: Profile = KEYWORDS
    reader: str = "Ada"
    web: str = "https://digest.example.org"
    schedule: Schedule = field(default_factory=lambda: EVERY_DAY)


CASES = [
    *(Case(name=f"{name}, by keywords", papers=name) for name in ("daily", "one", "thirty")),
    *(Case(name=f"{name}, by category", papers=name, profile=CATEGORIES) for name in SETS),
    *(Case(name=f"{name}, trending", papers=name, profile=Profile()) for name in SETS),
    Case(name="without web pages", web=""),
    Case(name="weekly", schedule=replace(EVERY_DAY, cadence=Cadence.WEEKLY)),
    Case(name="a hostile name", papers="hostile", profile=CATEGORIES, reader=HOSTILE),
]


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    with Inbox(tmp_path / "inbox") as server:
        yield server


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


def filled(store: Store, case: Case) -> Subscriber:
    """Store the papers, what the ranking learns from them, and the reader."""
    with store.ingesting(5) as tx:
        added = papers.add(tx, [replace(paper, number=0, first_seen=SEEN) for paper in SETS[case.papers]])
        corpus = CorpusStatistics.empty().with_papers(added)
        statistics.add(tx, SEEN, corpus.papers, corpus.dump())
    name = "".join(filter(str.isprintable, case.reader))[:100]
    subscription = Subscription(address="ada@example.com", name=name, schedule=case.schedule, profile=case.profile)
    admission = Admission(owner=Owner.FILE, state=State.ACTIVE, cursor=0, cause="test")
    with store.transaction() as tx:
        return subscribers.add(tx, subscription, admission, SEEN)


def with_tokens_of(delivery: int, data: bytes, issue: Issue, keys: Keyring) -> bytes:
    """Return the bytes of a preview with the tokens that this delivery has."""
    numbers = [0, *(pick.paper for pick in (*issue.picks, *issue.trending))]
    for purpose in Purpose:
        for paper in numbers:
            for form in (link_form, verp_form):
                old, new = (
                    form(keys.sign(LinkClaim(purpose=purpose, delivery=of, paper=paper, issued=issue.issue_date)))
                    for of in (NO_DELIVERY, delivery)
                )
                data = data.replace(old.encode(), new.encode())
    return data


def test_a_preview_has_the_bytes_of_what_is_sent_but_for_the_tokens_of_the_delivery(
    case: Case, sqlite_store: Store, inbox: Inbox
) -> None:
    settings = Settings(
        sender=SenderSettings(address="digest@example.org", postal="1 Sample Street"),
        smtp=SmtpSettings(host=inbox.host, port=inbox.port, tls="none"),
        web=WebSettings(url=case.web),
    )
    reader = filled(sqlite_store, case)
    renderer = MailRenderer.load(TEMPLATES, masthead(settings.sender))
    previews = IssuePreviews(sqlite_store, settings, NOW)
    decided = previews.decide(reader, Scope(), NOW)
    previewed = previews.compose(decided, renderer).message

    with sqlite_store.transaction() as tx:
        keys = secrets.keyring(tx, NOW)
    assert plan(sqlite_store, settings, NOW).planned == 1
    assert deliver(sqlite_store, composer(renderer, keys, settings), settings, NOW).sent == 1

    [mail] = inbox.mails()
    with sqlite_store.reading() as tx:
        [delivery] = deliveries.of_subscriber(tx, reader.number)
    assert delivery.issue_date == decided.issue.issue_date
    assert previewed.data != mail.data
    assert with_tokens_of(delivery.id, previewed.data, decided.issue, keys) == mail.data
    assert with_tokens_of(delivery.id, previewed.sender.encode(), decided.issue, keys) == mail.sender.encode()
    assert mail.recipients == (previewed.recipient,)


def test_a_preview_changes_nothing_in_the_store(sqlite_store: Store) -> None:
    settings = Settings(sender=SenderSettings(address="digest@example.org"))
    reader = filled(sqlite_store, CASES[0])
    previews = IssuePreviews(sqlite_store, settings, NOW)
    decided = previews.decide(reader, Scope(), NOW)
    previews.compose(decided, MailRenderer.load(TEMPLATES, masthead(settings.sender)))

    with sqlite_store.reading() as tx:
        assert subscribers.by_numbers(tx, [reader.number]) == {reader.number: reader}
        assert deliveries.of_subscriber(tx, reader.number) == []
