"""What the delivery benchmark sends: a store with planned issues of a real size, and the function that makes them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from digest.fetching.templates import load_templates
from digest.issues import Issue, Pick, Reason, ReasonKind
from digest.papers import Paper
from digest.profiles import Keyword, Profile
from digest.rendering import MailRenderer
from digest.runs.delivery.deliver import Compose, composer
from digest.runs.issues.compose import masthead
from digest.settings import SenderSettings, Settings, SmtpSettings, StoreSettings, WebSettings
from digest.signed_links import Keyring
from digest.storage import Store
from digest.storage.delivery import plans
from digest.storage.delivery.plans import Plan
from digest.storage.papers import papers
from digest.storage.subscribers import subscribers
from digest.storage.subscribers.subscribers import Admission
from digest.subscribers import Owner, State, Subscriber, Subscription

NOW = datetime(2026, 3, 12, 6, 0, tzinfo=UTC)
PAPERS = 200
PICKS = 12
KEYWORDS = ("learning rate", "graph networks", "calibration", "federated learning", "code generation", "robot hands")
_WORDS = (
    "we study how the choice of a step size shapes what large models learn from noisy labels and show that a simple "
    "rule found on small proxies carries over to deeper networks with far fewer trials than a search would need"
).split()
_SHARD = 1000


def settings(url: str, port: int, connections: int) -> Settings:
    """Return the settings of a sender with web links (each card has two)."""
    return Settings(
        store=StoreSettings(url=url) if url else StoreSettings(),
        sender=SenderSettings(postal="Example Research Digest, 1 Sample Street, 10115 Berlin"),
        web=WebSettings(url="https://digest.example.org"),
        smtp=SmtpSettings(host="127.0.0.1", port=port, tls="none", timeout_seconds=30, connections=connections),
    )


def fill(store: Store, count: int) -> None:
    """Take in so many active subscribers, each with a planned issue of twelve papers."""
    chance = random.Random(1)
    with store.ingesting(wait=60) as tx:
        known = papers.add(tx, [_paper(number, chance) for number in range(1, PAPERS + 1)])
    for start in range(0, count, _SHARD):
        names = range(start, min(start + _SHARD, count))
        with store.transaction() as tx:
            admission = Admission(owner=Owner.WEB, state=State.ACTIVE, cursor=0, cause="benchmark")
            people = subscribers.add_many(tx, [_subscription(n) for n in names], admission, NOW - timedelta(days=1))
            plans.enter(tx, [_plan(person, known, chance) for person in people], NOW)


def make(wanted: Settings) -> Compose:
    """Return the function that composes the messages, as `digest run` has it."""
    renderer = MailRenderer.load(load_templates(), masthead(wanted.sender), "default")
    return composer(renderer, Keyring(keys=(b"k" * 32,)), wanted)


def _paper(number: int, chance: random.Random) -> Paper:
    title = " ".join(chance.choices(_WORDS, k=10)).capitalize()
    abstract = " ".join(_sentences(chance))
    return Paper(
        number=number,
        key=f"arxiv:2603.{number:05}",
        title=title,
        title_raw=title,
        abstract=abstract,
        abstract_raw=abstract,
        authors=tuple(f"{first} Example" for first in ("Ada", "Ben", "Cleo", "Dora")),
        arxiv_id=f"2603.{number:05}",
        links={"abs": f"https://example.org/abs/2603.{number:05}", "pdf": f"https://example.org/pdf/2603.{number:05}"},
        first_seen=NOW,
    )


def _sentences(chance: random.Random) -> Iterator[str]:
    for _ in range(8):
        yield " ".join(chance.choices(_WORDS, k=20)).capitalize() + "."


def _subscription(number: int) -> Subscription:
    keywords = tuple(Keyword(term=term) for term in KEYWORDS)
    return Subscription(address=f"r{number}@example.com", name=f"Reader {number}", profile=Profile(keywords=keywords))


def _plan(person: Subscriber, known: list[Paper], chance: random.Random) -> Plan:
    chosen = chance.sample(known, PICKS)
    picks = tuple(_pick(paper, place, chance) for place, paper in enumerate(chosen))
    issue = Issue(
        subscriber=person.number,
        issue_date=date(2026, 3, 12),
        created=NOW,
        message_id=f"{person.number}.20260312@example.org",
        picks=picks,
        considered=PAPERS,
    )
    return Plan(subscriber=person, issue_date=issue.issue_date, cursor=PAPERS, issue=issue)


def _pick(paper: Paper, place: int, chance: random.Random) -> Pick:
    match = 95 - 5 * place
    first, second = chance.sample(KEYWORDS, 2)
    share = match * 0.75
    reasons = (
        Reason(term=first, kind=ReasonKind.KEYWORD, field="title", contribution=share, matched=first),
        Reason(term=second, kind=ReasonKind.KEYWORD, field="abstract", contribution=match - share, matched=second),
    )
    return Pick(paper=paper.number, match=match, reasons=reasons, interest=first)
