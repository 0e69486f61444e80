from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from digest.errors import StoreError
from digest.settings import StoreSettings
from digest.storage import Store, open_store
from digest.storage.database.leader_election import leadership_candidate

PATIENCE = 60.0  # seconds; the lead moves in one or two, but not on every loaded machine

LEADING = """
import sys, time
from pathlib import Path
from digest.settings import StoreSettings
from digest.storage import open_store
from digest.storage.database.leader_election import leadership_candidate
leader = leadership_candidate(open_store(StoreSettings(url=sys.argv[1]), Path()))
print(leader.leads(), flush=True)
time.sleep(600)
"""


@contextmanager
def opened(url: str) -> Iterator[Store]:
    store = open_store(StoreSettings(url=url), Path())
    try:
        yield store
    finally:
        store.close()


def test_one_of_two_candidates_leads_and_keeps_the_lead(store: Store, store_url: str) -> None:
    with opened(store_url) as another:
        first, second = leadership_candidate(store), leadership_candidate(another)
        assert [first.leads(), second.leads(), first.leads(), second.leads()] == [True, False, True, False]
        first.resign()
        assert second.leads()
        assert not first.leads()
        second.resign()
        second.resign()


def test_the_lead_moves_within_seconds_when_its_holder_is_killed(store: Store, store_url: str) -> None:
    with subprocess.Popen([sys.executable, "-c", LEADING, store_url], stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "True\n"
            mine = leadership_candidate(store)
            assert not mine.leads()
        finally:
            holder.kill()
            killed = time.monotonic()
    while not mine.leads():
        assert time.monotonic() - killed < PATIENCE
        time.sleep(0.05)
    mine.resign()


def test_a_leader_whose_connection_breaks_notices_and_may_lead_again(postgresql_url: str) -> None:
    with opened(postgresql_url) as store, opened(postgresql_url) as another:
        leader = leadership_candidate(store)
        assert leader.leads()
        with another.transaction() as tx:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'digest'"
            tx.connection.execute(text(f"{others} AND pid <> pg_backend_pid() AND datname = current_database()"))
        assert not leader.leads()
        assert leader.leads()
        leader.resign()


def test_a_candidate_that_cannot_reach_the_server_says_so(postgresql_url: str) -> None:
    with opened(postgresql_url) as store:
        gone = leadership_candidate(store)
        store.engine.pool._creator = _refused  # type: ignore[attr-defined]
        store.close()
        with pytest.raises(StoreError, match="connection refused"):
            gone.leads()


def _refused(*_: object) -> None:
    import psycopg

    raise psycopg.OperationalError("connection refused")
