"""A small audience and a few papers for the tests of the runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from digest.papers import Paper
from digest.profiles import Keyword, Profile
from digest.ranking import CorpusStatistics
from digest.settings import SenderSettings, Settings, WebSettings
from digest.storage import Store
from digest.storage.papers import papers, statistics
from digest.storage.subscribers import subscribers
from digest.storage.subscribers.subscribers import Admission
from digest.subscribers import Owner, Schedule, State, Subscriber, Subscription

MONDAY = datetime(2026, 3, 9, 6, 0, tzinfo=UTC)
DUE = MONDAY + timedelta(hours=1, minutes=5)
DAY = timedelta(days=1)
SETTINGS = Settings(
    sender=SenderSettings(address="digest@example.org", postal="1 Sample Street"),
    web=WebSettings(url="https://digest.example.org"),
)

TUNING = "Hyperparameter optimization with learning rate schedules"
GRAPHS = "Graph neural networks for molecules"
SPEECH = "Speech recognition in noisy kitchens"
CACTI = "Counting cacti from the air"


def paper(title: str, seen: datetime = MONDAY) -> Paper:
    """A paper that is about what its title says, and about nothing else."""
    abstract = f"{title}. We study {title.lower()} and measure what helps. {title} deserves more work."
    key = f"title:{''.join(filter(str.isalnum, title)).lower()}"
    return Paper(
        number=0, key=key, title=title, abstract=abstract, title_raw=title, abstract_raw=abstract, first_seen=seen
    )


def ingested(store: Store, titles: Sequence[str], seen: datetime = MONDAY) -> list[Paper]:
    """Store papers with these titles and what the ranking learns from them."""
    with store.ingesting(5) as tx:
        added = papers.add(tx, [paper(title, seen) for title in titles])
        record = statistics.latest(tx)
        corpus = (CorpusStatistics.load(record.data) if record else CorpusStatistics.empty()).with_papers(added)
        statistics.add(tx, seen, corpus.papers, corpus.dump())
    return added


def profile(*terms: str, minimum: int = 1, exclude: tuple[str, ...] = ()) -> Profile:
    """A profile with these keywords."""
    return Profile(keywords=tuple(Keyword(term=term) for term in terms), minimum_match=minimum, exclude=exclude)


def subscribed(store: Store, name: str, wanted: Profile, hour: int = 7, now: datetime = MONDAY) -> Subscriber:
    """Take in someone who wants an issue every day at that hour, UTC."""
    schedule = Schedule(hour=time(hour), days=frozenset(range(7)))
    subscription = Subscription(address=f"{name}@example.com", name=name.title(), schedule=schedule, profile=wanted)
    admission = Admission(owner=Owner.FILE, state=State.ACTIVE, cursor=0, cause="test")
    with store.transaction() as tx:
        return subscribers.add(tx, subscription, admission, now)
