"""One poisoned row: a value that a column cannot have sets aside that row alone, and the row is named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from digest.fetching.templates import load_templates
from digest.inbox import Inbox
from digest.rendering import MailRenderer
from digest.runs.issues.compose import masthead
from digest.runs.operations.doctor import Installation, examine
from digest.runs.operations.housekeeping import tidy_store
from digest.runs.operations.report import report
from digest.runs.pipeline.run import RunReport, run
from digest.settings import HousekeepingSettings, Settings, SmtpSettings
from digest.storage import Store
from digest.storage.papers import listings
from digest.storage.subscribers import groups, reading_lists, subscribers, suppressions, votes
from digest.storage.subscribers.votes import VoteRecord
from tests.unit.runs.samples import DAY, DUE, GRAPHS, MONDAY, SETTINGS, TUNING, ingested, profile, subscribed
from tests.unit.storage.samples import listing, sighting

NAMES = ("ada", "ben", "eve")
DEEP = "[" * 5000 + "]" * 5000

#: table, column, the value as SQL, the part of the name of the row, and who is not served because of it.
ANYWHERE = [
    ("subscribers", "timezone", "'America/Nowhere_New'", "ben@example.com", ""),
    ("subscribers", "timezone", "'../../etc/passwd'", "ben@example.com", ""),
    ("subscribers", "timezone", "''", "ben@example.com", ""),
    ("subscribers", "cadence", "'hourly'", "ben@example.com", "ben"),
    ("subscribers", "state", "'asleep'", "ben@example.com", "ben"),
    ("subscribers", "owner", "'nobody'", "ben@example.com", "ben"),
    ("subscribers", "days", "0", "ben@example.com", "ben"),
    ("subscribers", "profile", "'[]'", "ben@example.com", "ben"),
    ("subscribers", "profile", "'\"text\"'", "ben@example.com", "ben"),
    ("subscribers", "profile", '\'{"keywords": [{"weight": 1}]}\'', "ben@example.com", "ben"),
    ("subscribers", "profile", '\'{"keywords": [{"term": 7}]}\'', "ben@example.com", "ben"),
    ("subscribers", "profile", '\'{"keywords": [{"term": "a", "weight": -1}]}\'', "ben@example.com", "ben"),
    ("subscribers", "profile", '\'{"keywords": [{"term": "a", "weight": "x"}]}\'', "ben@example.com", "ben"),
    ("subscribers", "profile", "'{\"papers\": 1000000000}'", "ben@example.com", "ben"),
    ("subscribers", "profile", '\'{"minimum_match": "high"}\'', "ben@example.com", "ben"),
    ("subscribers", "profile", "'{\"authors\": [[]]}'", "ben@example.com", "ben"),
    ("papers", "details", "'[]'", "title:poison", ""),
    ("papers", "details", "'{\"authors\": [5]}'", "title:poison", ""),
    ("papers", "details", '\'{"links": "here"}\'', "title:poison", ""),
    ("papers", "details", "'{\"tldr\": {}}'", "title:poison", ""),
    ("papers", "published_kind", "'guessed'", "title:poison", ""),
    ("listings", "problems", "'{}'", "a.txt", ""),
    ("listings", "problems", "'[[1]]'", "a.txt", ""),
    ("groups", "profile", "'[]'", "lab", ""),
]
#: SQLite stores any value in any column.
ON_SQLITE = [
    ("subscribers", "hour", "'late'", "ben@example.com", "ben"),
    ("subscribers", "profile", "'{'", "ben@example.com", "ben"),
    ("subscribers", "profile", f"'{DEEP}'", "ben@example.com", "ben"),
    ("subscribers", "days", "'daily'", "ben@example.com", "ben"),
    ("subscribers", "cursor", "'far'", "ben@example.com", "ben"),
    ("subscribers", "name", "x'ff00'", "ben@example.com", "ben"),
    ("subscribers", "last_issue", "'yesterday'", "ben@example.com", "ben"),
    ("subscribers", "paused_until", "'soon'", "ben@example.com", "ben"),
    ("subscribers", "created", "'once'", "ben@example.com", "ben"),
    ("papers", "first_seen", "'garbage'", "title:poison", ""),
    ("papers", "published", "'garbage'", "title:poison", ""),
    ("papers", "details", "'{'", "title:poison", ""),
    ("papers", "title", "x'ff'", "title:poison", ""),
    ("papers", "abstract", "7.5", "", ""),
    ("listings", "read_at", "'garbage'", "a.txt", ""),
    ("listings", "page_date", "'garbage'", "a.txt", ""),
    ("listings", "problems", "'{'", "a.txt", ""),
    ("sightings", "seen_at", "'garbage'", "sightings", ""),
    ("sightings", "votes", "'many'", "sightings", ""),
    ("sightings", "position", "'top'", "sightings", ""),
    ("sources", "failing_since", "'garbage'", "pages", ""),
    ("sources", "last_ok", "'garbage'", "pages", ""),
    ("suppressions", "since", "'garbage'", "gone@example.com", ""),
    ("votes", "at", "'garbage'", "votes", ""),
    ("groups", "profile", "'{'", "lab", ""),
    ("groups", "created", "'garbage'", "lab", ""),
    ("reading_list", "added", "'garbage'", "reading_list", ""),
]
KEYS = {"subscribers": "address = 'ben@example.com'", "papers": "key = 'title:poison'"}


@dataclass(frozen=True, kw_only=True)
class World:
    """An installation with three readers, four papers, and a row in each table that people and listings fill."""

    store: Store
    settings: Settings
    renderer: MailRenderer
    inbox: Inbox

    def run(self, hours: int = 0) -> RunReport:
        return run(self.store, self.settings, self.renderer, DUE + timedelta(hours=hours))

    def served(self) -> list[str]:
        return sorted(mail.recipients[0].partition("@")[0] for mail in self.inbox.mails())

    def poison(self, table: str, column: str, value: str) -> None:
        where = KEYS.get(table, "1 = 1")
        with self.store.transaction() as tx:
            statement = f"UPDATE {table} SET {column} = {value} WHERE {where}"
            assert tx.connection.execute(text(statement.replace(":", "\\:"))).rowcount > 0


@pytest.fixture
def world(store: Store, tmp_path: Path) -> Iterator[World]:
    with filled(store, tmp_path) as made:
        yield made


@pytest.fixture
def sqlite_world(sqlite_store: Store, tmp_path: Path) -> Iterator[World]:
    with filled(sqlite_store, tmp_path) as made:
        yield made


@contextmanager
def filled(store: Store, folder: Path) -> Iterator[World]:
    papers = ingested(store, [TUNING, GRAPHS, "Poison", f"{TUNING} again"])
    people = [subscribed(store, name, profile("hyperparameter", "graph", "poison")) for name in NAMES]
    with store.ingesting(5) as tx:
        shown = [(paper.number, sighting(position=1, votes=3)) for paper in papers]
        listings.add(tx, listing(), shown)
    with store.transaction() as tx:
        listings.source_worked(tx, "pages", MONDAY)
        suppressions.suppress(tx, "gone@example.com", "operator", "", MONDAY)
        groups.save(tx, "lab", profile("graph"), shared=False, now=MONDAY)
        votes.cast(tx, VoteRecord(subscriber=people[1].number, paper=papers[2].number, value=1, at=MONDAY))
        reading_lists.put(tx, people[1].number, papers[2].number, MONDAY)
    with Inbox(folder / "mails") as inbox:
        smtp = SmtpSettings(host="127.0.0.1", port=inbox.port, tls="none")
        settings = SETTINGS.model_copy(update={"smtp": smtp})
        renderer = MailRenderer.load(load_templates(), masthead(settings.sender))
        yield World(store=store, settings=settings, renderer=renderer, inbox=inbox)


def assert_named_and_others_served(world: World, named: str, unserved: str) -> None:
    result = world.run()
    assert world.served() == [name for name in NAMES if name != unserved]
    assert result.delivered.failed == 0
    tidy_store(world.store, HousekeepingSettings(), DUE)
    assert world.run(1).planned.planned == 0
    if named:
        assert named in " ".join(report(world.store, MONDAY, DUE).needs)
        installation = Installation(
            settings=world.settings,
            profiles={},
            open_store=lambda: world.store,
            renderer=world.renderer,
            online=False,
        )
        findings = examine(installation, DUE, lambda _step: None).findings
        assert any(named in finding.found for finding in findings)


@pytest.mark.parametrize(
    ("table", "column", "value", "named", "unserved"),
    ANYWHERE,
    ids=[f"{case[0]}.{case[1]}-{case[2][:30]}" for case in ANYWHERE],
)
def test_a_poisoned_row_is_named_and_all_others_are_served(
    world: World, table: str, column: str, value: str, named: str, unserved: str
) -> None:
    world.poison(table, column, value)
    assert_named_and_others_served(world, named, unserved)


@pytest.mark.parametrize(
    ("table", "column", "value", "named", "unserved"),
    ON_SQLITE,
    ids=[f"{case[0]}.{case[1]}-{case[2][:30]}" for case in ON_SQLITE],
)
def test_a_poisoned_row_of_sqlite_is_named_and_all_others_are_served(
    sqlite_world: World, table: str, column: str, value: str, named: str, unserved: str
) -> None:
    sqlite_world.poison(table, column, value)
    assert_named_and_others_served(sqlite_world, named, unserved)


def test_a_run_names_the_reader_whom_it_sets_aside(world: World) -> None:
    world.poison("subscribers", "cadence", "'hourly'")
    assert any("ben@example.com" in problem for problem in world.run().problems)


def test_readers_behind_a_whole_shard_of_poisoned_rows_are_served(store: Store) -> None:
    for number in range(5):
        subscribed(store, f"r{number}", profile("graph"))
    last = subscribed(store, "ada", profile("graph"))
    with store.transaction() as tx:
        tx.connection.execute(
            text("UPDATE subscribers SET cadence = 'hourly' WHERE number < :last"), {"last": last.number}
        )
        found = subscribers.due(tx, DUE + DAY, limit=2)
    assert [person.address for person in found] == ["ada@example.com"]
