"""Sample values for the tests of the store."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from digest.issues import Issue, Pick, Reason, ReasonKind, SkipReason
from digest.papers import Paper, PublishedKind, Sighting
from digest.profiles import Keyword, Profile
from digest.storage import Store
from digest.storage.delivery.plans import Plan
from digest.storage.papers.listings import ListingRecord
from digest.storage.subscribers import subscribers
from digest.storage.subscribers.subscribers import Admission
from digest.subscribers import Owner, Schedule, State, Subscriber, Subscription

NOW = datetime(2026, 3, 12, 6, 0, tzinfo=UTC)
TODAY = NOW.date()


def paper(key: str = "arxiv:2603.00001", **changes: Any) -> Paper:
    """A paper with little more than a title."""
    values: dict[str, Any] = {"title": f"On {key}", "abstract": "We study it.", "first_seen": NOW, "number": 0}
    values = {"title_raw": values["title"], "abstract_raw": values["abstract"], **values, **changes}
    return Paper(key=key, **values)


FULL_PAPER = paper(
    title="Naïve Optimisers \U0001f642 are “Enough”",
    title_raw="Na\\\"ive Optimisers $\\to$ \x0bare ``Enough''\u2028",
    authors=("Åsa Öberg", "李 明"),
    affiliations={"Åsa Öberg": "Example University"},
    arxiv_id="2603.00001",
    arxiv_version=2,
    doi="10.1000/example.1",
    categories=("cs.LG", "stat.ML"),
    published=date(2026, 3, 11),
    published_kind=PublishedKind.ANNOUNCED,
    links={"abs": "https://example.org/abs/2603.00001"},
    keywords=("optimisation",),
    tldr="Small steps do.",
    comment="12 pages",
    journal_ref="J. Ex. 1 (2026)",
    licence="CC BY 4.0",
    sources=("pages", "feed"),
)


def listing(name: str = "a", **changes: Any) -> ListingRecord:
    """A listing of the source "pages"."""
    values: dict[str, Any] = {"source": "pages", "origin": f"{name}.txt", "format": "page_text", "read_at": NOW}
    return ListingRecord(sha256=f"{name:0>64}", **values | changes)


def sighting(**changes: Any) -> Sighting:
    return Sighting(title="On it", **changes)


def subscription(name: str = "ada", **schedule: Any) -> Subscription:
    """Someone who wants learning rates at seven."""
    profile = Profile(keywords=(Keyword(term="learning rate", weight=2.0),))
    return Subscription(address=f"{name}@example.com", name=name, schedule=Schedule(**schedule), profile=profile)


def admission(state: State = State.ACTIVE, **changes: Any) -> Admission:
    return Admission(**{"owner": Owner.FILE, "state": state, "cursor": 0, "cause": "a test", **changes})


def subscribed(store: Store, *names: str, **schedule: Any) -> list[Subscriber]:
    """Take in these people, active since the day before, and return them."""
    with store.transaction() as tx:
        asked = [subscription(name, **schedule) for name in names]
        return subscribers.add_many(tx, asked, admission(), NOW - timedelta(days=1))


def issue(subscriber: Subscriber, day: date = TODAY, papers: tuple[int, ...] = (1,)) -> Issue:
    """An issue with these papers, all matched by one keyword."""
    reason = Reason(term="learning rate", kind=ReasonKind.KEYWORD, field="title", contribution=61.5)
    return Issue(
        subscriber=subscriber.number,
        issue_date=day,
        created=NOW,
        message_id=f"{subscriber.number}.{day}@example.org",
        picks=tuple(Pick(paper=number, match=61, reasons=(reason,)) for number in papers),
        considered=len(papers),
    )


def plan(subscriber: Subscriber, day: date = TODAY, papers: tuple[int, ...] = (1,), **changes: Any) -> Plan:
    """A plan that gives the subscriber these papers, or nothing when there are none."""
    found = issue(subscriber, day, papers) if papers else None
    skip = None if papers else SkipReason.NO_NEW_PAPERS
    cursor = max((subscriber.cursor, *papers))
    return Plan(subscriber=subscriber, issue_date=day, cursor=cursor, issue=found, skip=skip, **changes)
