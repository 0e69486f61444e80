"""Row check: look through the store for rows that cannot be read, so that a person can be told which they are."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from itertools import islice
from typing import Any

from sqlalchemy import Integer, Select, Table, Text, select

from digest.errors import StoreError
from digest.profiles import profile_from_dict
from digest.storage.database import delivery_schema, schema, web_schema
from digest.storage.database.guarded_rows import RowProblem, StoredRow, checked, read_rows
from digest.storage.database.transactions import Tx
from digest.storage.delivery.issue_rows import CONTENT, papers_in
from digest.storage.papers.paper_rows import paper_of
from digest.storage.subscribers.subscriber_rows import subscriber_of
from digest.subscribers import is_loadable_zone, subscription_from_dict

NEWEST = 100_000  #: rows of a table that are looked at, but for subscribers and papers
MAX_PROBLEMS = 50  #: that are named

_d = schema.deliveries.c


def unreadable_rows(tx: Tx, limit: int = MAX_PROBLEMS) -> list[RowProblem]:
    """Return the rows that cannot be read, and subscribers whose time zone this machine does not know; at most `limit`.

    All subscribers and papers are looked at, and the newest rows of the other tables that people, listings and mails
    fill.
    """
    with closing(_problems(tx)) as found:
        return list(islice(found, limit))


def _problems(tx: Tx) -> Generator[RowProblem, None, None]:
    yield from _found(tx, select(schema.subscribers), _subscriber, "subscribers", "address")
    yield from _found(tx, select(schema.papers).where(schema.papers.c.redirect.is_(None)), paper_of, "papers", "key")
    for table, (key, convert) in _TABLES.items():
        query = select(table).order_by(*(column.desc() for column in table.primary_key.columns)).limit(NEWEST)
        yield from _found(tx, query, _typed(table, convert), table.name, key)
    unsent = select(_d.id, CONTENT).join_from(schema.deliveries, schema.issues).where(schema.TO_SEND).limit(NEWEST)
    yield from _found(tx, unsent, _issue, "issues", "id")


def _found(
    tx: Tx, query: Select[Any], convert: Callable[[StoredRow], object], table: str, key: str
) -> Iterator[RowProblem]:
    problems: list[RowProblem] = []
    with closing(tx.connection.execute(query, execution_options={"yield_per": 1000})) as result:
        for row in result.mappings():
            for _ in read_rows([row], convert, table=table, key=key, problems=problems, log=False):
                pass
            yield from problems
            problems.clear()


def _subscriber(row: StoredRow) -> None:
    zone = subscriber_of(row).subscription.schedule.timezone
    if not is_loadable_zone(zone):
        raise ValueError(f"this machine does not know the time zone {zone!r}; the issues follow UTC")


def _issue(row: StoredRow) -> None:
    try:
        papers_in(row["id"], row["content"])
    except StoreError as error:
        raise ValueError(str(error)) from error


def _typed(table: Table, convert: Callable[[StoredRow], object]) -> Callable[[StoredRow], object]:
    """Return a conversion that checks the types of texts and numbers first: SQLite stores anything anywhere."""
    expected = {c.name: str if isinstance(c.type, Text) else int for c in table.c if isinstance(c.type, Text | Integer)}

    def typed(row: StoredRow) -> object:
        for name, kind in expected.items():
            if row[name] is not None and type(row[name]) is not kind:
                raise TypeError(f"{name} has {str(row[name])[:40]!r}")
        return convert(checked(row))

    return typed


def _profile(row: StoredRow) -> object:
    return profile_from_dict(row["profile"])


def _subscription(row: StoredRow) -> object:
    return row["subscription"] is None or subscription_from_dict(row["subscription"])


def _listing(row: StoredRow) -> object:
    return _listed(row["problems"])


def _listed(problems: list[list[object]]) -> object:
    if type(problems) is not list:
        raise TypeError(f"problems has {str(problems)[:40]!r}")
    return [(line, reason) for line, reason in problems]


def _as_it_is(row: StoredRow) -> object:
    return row


_TABLES: Mapping[Table, tuple[str, Callable[[StoredRow], object]]] = {
    schema.listings: ("origin", _listing),
    schema.sightings: ("paper", _as_it_is),
    schema.sources: ("name", _as_it_is),
    schema.suppressions: ("address_key", _as_it_is),
    schema.votes: ("subscriber", _as_it_is),
    delivery_schema.bounces: ("delivery", _as_it_is),
    web_schema.groups: ("name", _profile),
    web_schema.sign_ups: ("subscriber", _subscription),
    web_schema.letters: ("subscriber", _subscription),
    web_schema.reading_list: ("subscriber", _as_it_is),
}
