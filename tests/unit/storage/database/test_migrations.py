from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, select, text

from digest.storage.database import schema, search_index
from digest.storage.database.engine import engine_for, store_url
from digest.storage.database.migrations import STEPS, migrate, schema_version
from tests.unit.storage.samples import NOW


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine on a database with nothing in it."""
    if request.param == "sqlite":
        engine = engine_for(store_url("sqlite:///empty.db", tmp_path))
        yield engine
        engine.dispose()
        return
    with request.getfixturevalue("postgresql_server").empty_database() as url:
        engine = engine_for(store_url(url, tmp_path))
        yield engine
        engine.dispose()


def is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """False for the search index, which each database keeps in its own kind of table; it has tests of its own."""
    return not (kind == "table" and name and name.startswith(search_index.TABLE))


def differences(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        opts = {"compare_type": True, "compare_server_default": True, "include_name": is_ours}
        context = MigrationContext.configure(connection, opts=opts)
        return list(compare_metadata(context, schema.metadata))


def test_the_steps_lead_to_exactly_the_tables_of_the_program(empty: Engine) -> None:
    with empty.begin() as connection:
        assert migrate(connection) == len(STEPS)
    assert differences(empty) == []


@pytest.mark.parametrize("start", range(1, len(STEPS) + 1))
def test_every_earlier_version_is_upgraded(empty: Engine, start: int) -> None:
    with empty.begin() as connection:
        migrate(connection, upto=start)
        assert schema_version(connection) == start
    with empty.begin() as connection:
        assert migrate(connection) == len(STEPS) - start
        assert schema_version(connection) == len(STEPS)
    assert differences(empty) == []


def test_issues_move_out_of_a_filled_ledger_with_nothing_changed(empty: Engine) -> None:
    issues = {number: {"picks": [[number, 61, "Übung", "", []]], "more": 0} for number in (1, 2, 4, 5)}
    with empty.begin() as connection:
        migrate(connection, upto=5)
        for number in range(1, 6):
            _enter(connection, number, issues.get(number))
        connection.execute(text("DELETE FROM deliveries WHERE id = 5"))
        before = _ledger(connection)
        assert migrate(connection) == len(STEPS) - 5
        assert _ledger(connection) == before
        kept = {row.delivery: row.content for row in connection.execute(select(schema.issues))}
        assert kept == {number: issues[number] for number in (1, 2, 4)}
        _enter(connection, 6)
        connection.execute(text("DELETE FROM deliveries WHERE id = 1"))
        assert connection.execute(select(schema.issues.c.delivery).order_by("delivery")).scalars().all() == [2, 4]
        assert connection.execute(text("SELECT max(id) FROM deliveries")).scalar() == 6
    assert differences(empty) == []


def _enter(connection: Connection, day: int, issue: Any = None) -> None:
    """Add a row of the ledger as version 5 has it; without an issue, as any version has it."""
    row = {"state": "sent" if issue else "skipped", "issue_date": f"2026-03-{day:02}", "created": NOW.isoformat()}
    row |= dict.fromkeys(("skip", "domain", "lease_owner", "last_reply", "last_stage", "relay"), "") | {"attempts": 0}
    row |= {"issue": json.dumps(issue, ensure_ascii=False)} if issue else {}
    names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO deliveries ({names}) VALUES ({values})"), row)


def _ledger(connection: Connection) -> list[Any]:
    return list(connection.execute(text("SELECT id, state, issue_date, created FROM deliveries ORDER BY id")))


def test_spellings_of_one_address_become_one_subscriber_who_stays_unsubscribed(empty: Engine) -> None:
    people = [
        ("reader@bücher.example", "active"),
        ("reader@xn--bcher-kva.example", "unsubscribed"),
        ("jose\u0301@example.org", "active"),
        ("josé@example.org", "active"),
        ("uma@bücher.example", "paused"),
        ("ada@example.com", "active"),
    ]
    with empty.begin() as connection:
        migrate(connection, upto=6)
        for address, state in people:
            _subscribe(connection, address, state)
        for address, lifted in [("gone@bücher.example", None), ("gone@xn--bcher-kva.example", NOW.isoformat())]:
            row = {"key": address, "at": NOW.isoformat(), "lifted": lifted}
            connection.execute(text("INSERT INTO suppressions VALUES (:key, 'operator', '', :at, :lifted)"), row)
        migrate(connection)
        found = connection.execute(text("SELECT address_key, state FROM subscribers ORDER BY number")).all()
        suppressed = connection.execute(text("SELECT address_key, lifted_at FROM suppressions")).all()
        causes = set(connection.execute(text("SELECT cause FROM consents")).scalars())
    assert [tuple(row) for row in found] == [
        ("reader@xn--bcher-kva.example", "unsubscribed"),
        ("reader@xn--bcher-kva.example (as subscriber 1)", "unsubscribed"),
        ("josé@example.org", "active"),
        ("josé@example.org (as subscriber 3)", "unsubscribed"),
        ("uma@xn--bcher-kva.example", "paused"),
        ("ada@example.com", "active"),
    ]
    assert [tuple(row) for row in suppressed] == [("gone@xn--bcher-kva.example", None)]
    assert causes == {"same address as 1", "unsubscribed under another spelling of the address", "same address as 3"}


def _subscribe(connection: Connection, address: str, state: str) -> None:
    row = {"address": address, "address_key": address.lower(), "name": "", "language": "en", "timezone": "UTC"}
    row |= {"hour": "07:00:00.000000", "cadence": "daily", "state": state, "owner": "web", "profile": "{}"}
    row |= {"created": NOW.isoformat(), "tz_version": "", "days": 31, "cursor": 0}
    names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO subscribers ({names}) VALUES ({values})"), row)


def test_a_step_that_fails_leaves_the_store_as_it_was(empty: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(op: Any) -> None:
        op.drop_table("flags")
        raise RuntimeError("power cut")

    with empty.begin() as connection:
        migrate(connection)
    monkeypatch.setattr("digest.storage.database.migrations.STEPS", (*STEPS, broken))

    def interrupted() -> None:
        with empty.begin() as connection:
            migrate(connection)

    with pytest.raises(RuntimeError, match="power cut"):
        interrupted()
    assert differences(empty) == []
