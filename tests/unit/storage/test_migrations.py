from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine

from digest.storage import schema, search_index
from digest.storage.connect import engine_for, store_url
from digest.storage.migrations import STEPS, migrate, schema_version


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
def test_every_earlier_version_is_brought_up(empty: Engine, start: int) -> None:
    with empty.begin() as connection:
        migrate(connection, upto=start)
        assert schema_version(connection) == start
    with empty.begin() as connection:
        assert migrate(connection) == len(STEPS) - start
        assert schema_version(connection) == len(STEPS)
    assert differences(empty) == []


def test_a_step_that_fails_leaves_the_store_as_it_was(empty: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(op: Any) -> None:
        op.drop_table("flags")
        raise RuntimeError("power cut")

    with empty.begin() as connection:
        migrate(connection)
    monkeypatch.setattr("digest.storage.migrations.STEPS", (*STEPS, broken))

    def interrupted() -> None:
        with empty.begin() as connection:
            migrate(connection)

    with pytest.raises(RuntimeError, match="power cut"):
        interrupted()
    assert differences(empty) == []
