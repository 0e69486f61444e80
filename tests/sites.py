"""A site for tests: the real application on a real server on loopback, with a clock that tests can set."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import uvicorn

from digest.identity import keys_of
from digest.issues import Issue, Pick, Reason, ReasonKind
from digest.papers import Paper
from digest.profiles import Keyword, Profile
from digest.ranking import CorpusStatistics
from digest.runs.transactional import outbox
from digest.runs.transactional.outbox import TransactionalMail
from digest.settings import SenderSettings, Settings, WebSettings
from digest.signed_links import LinkClaim, Purpose, link_form
from digest.storage import Store
from digest.storage.database import secrets
from digest.storage.delivery import plans
from digest.storage.delivery.plans import Plan
from digest.storage.papers import papers, statistics
from digest.storage.subscribers import consent, subscribers, suppressions
from digest.storage.subscribers.consent import Change
from digest.storage.subscribers.subscribers import Admission
from digest.subscribers import Owner, State, Subscriber, Subscription
from digest.web.app import create_app

NOW = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
OTHERS = 60  #: papers on other subjects, so that a topic is something rare
FIELDS = (
    *("coral", "granite", "violin", "harbour", "walnut", "comet", "glacier", "bridge", "turbine", "orchard"),
    *("growth", "erosion", "tuning", "design", "ageing", "motion"),
)
TOPICS = ("learning rate schedules", "graph neural networks", "speech recognition", "protein folding")


@dataclass
class Clock:
    """The present, as a test wants it."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass(kw_only=True)
class Running:
    """A site that runs."""

    url: str
    store: Store
    clock: Clock
    settings: Settings
    app: Any = None  #: the application
    mails: list[TransactionalMail] = field(default_factory=list)  #: from the outbox

    def client(self, **headers: str) -> httpx.Client:
        """A client without cookies, as most of them are."""
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)

    def link(self, purpose: Purpose, delivery: int, paper: int = 0, issued: date | None = None) -> str:
        """The token of one link of a delivery's mail."""
        claim = LinkClaim(purpose=purpose, delivery=delivery, paper=paper, issued=issued or self.clock.now.date())
        with self.store.transaction() as tx:
            return link_form(secrets.keyring(tx, self.clock.now).sign(claim))

    def person(self, address: str) -> Subscriber | None:
        with self.store.reading() as tx:
            return subscribers.by_address(tx, address)


@contextmanager
def running(
    store: Store, *, wake: Callable[[], None] | None = None, clock: Clock | None = None, **web: Any
) -> Iterator[Running]:
    """Run a site on the store; `wake` sends the e-mails, else they are taken at once and kept in the result."""
    time_of, mails = clock or Clock(), list[TransactionalMail]()
    settings = Settings(
        sender=SenderSettings(postal="Example Research Digest, 1 Sample Street, 10115 Berlin"),
        web=WebSettings(**{"url": "https://digest.example.org", "requests_per_network": 1000, **web}),
    )

    def take() -> None:
        mails.extend(outbox.take(store, time_of.now, timedelta(days=9999), 1000))

    app = create_app(store, settings, clock=time_of, wake=wake or take)
    with serving(app) as url:
        yield Running(url=url, store=store, clock=time_of, settings=settings, app=app, mails=mails)


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve an application on a free port of loopback; return its address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the server did not start")
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


def paper(number: int, topic: str = TOPICS[0], **changes: Any) -> Paper:
    """A paper on a topic."""
    title = f"Study {number} of {topic} in practice"
    values: dict[str, Any] = {
        "title": title,
        "abstract": f"We look at {topic} with care. What we find about {topic} is of use to many.",
        "authors": ("Ada Example", "Bo Sample"),
        "arxiv_id": f"2603.{number:05}",
        "first_seen": NOW,
        **changes,
    }
    raw = {"title_raw": values["title"], "abstract_raw": values["abstract"]}
    return Paper(number=0, key=f"arxiv:{values['arxiv_id']}", **(raw | values))


def fill(store: Store, count: int = 40, more: Sequence[Paper] = ()) -> list[Paper]:
    """Store papers, topics by turns and then other subjects, and the statistics over them."""
    on_topics = [paper(n, TOPICS[n % len(TOPICS)]) for n in range(1, count + 1)]
    others = [paper(count + n, f"{FIELDS[n % 10]} {FIELDS[10 + n // 10]}") for n in range(OTHERS)]
    with store.ingesting(10) as tx:
        wanted = [*on_topics, *others, *more]
        stored = papers.add(tx, wanted)
        papers.identify(tx, {key: each.number for each in stored for key in keys_of(each)})
        statistics.add(tx, NOW, len(stored), CorpusStatistics.empty().with_papers(stored).dump())
    return stored


def subscribe(store: Store, address: str = "ada@example.com", **changes: Any) -> Subscriber:
    """Take somebody in, active and owned by the web unless told otherwise."""
    terms = changes.pop("keywords", ("learning rate", "graph neural networks"))
    profile = Profile(keywords=tuple(Keyword(term=term) for term in terms))
    wanted = Subscription(address=address, name="Ada", profile=profile)
    values = {"owner": Owner.WEB, "state": State.ACTIVE, "cursor": 0, "cause": "a test", **changes}
    with store.transaction() as tx:
        return subscribers.add(tx, wanted, Admission(**values), NOW - timedelta(days=1))


def plan_issue(store: Store, person: Subscriber, numbers: Sequence[int], day: date = TODAY) -> int:
    """Enter an issue with these papers in the ledger; return the delivery."""
    reason = Reason(term="learning rate", kind=ReasonKind.KEYWORD, field="title", contribution=61.0)
    issue = Issue(
        subscriber=person.number,
        issue_date=day,
        created=NOW,
        message_id=f"{person.number}.{day}@example.org",
        picks=tuple(Pick(paper=number, match=61, reasons=(reason,), interest="learning rate") for number in numbers),
        considered=len(numbers),
    )
    with store.transaction() as tx:
        current = subscribers.by_numbers(tx, [person.number])[person.number]
        wanted = Plan(subscriber=current, issue_date=day, cursor=max(numbers), issue=issue)
        return plans.enter(tx, [wanted], NOW).planned[person.number]


def bounce(store: Store, subscriber: Subscriber) -> None:
    """Suppress the subscriber's address, as a hard bounce does."""
    with store.transaction() as tx:
        suppressions.suppress(tx, subscriber.address, "hard bounce", "550 5.1.1 no such user", NOW)
        consent.set_state(tx, subscriber.number, Change(state=State.BOUNCED, cause="hard bounce"), NOW)
