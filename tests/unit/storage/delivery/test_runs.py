from __future__ import annotations

from datetime import timedelta

from digest.storage import Store
from digest.storage.delivery import runs
from digest.storage.delivery.runs import RunRecord
from tests.unit.storage.samples import NOW


def test_a_run_is_recorded_from_its_beginning_to_its_report(store: Store) -> None:
    later = NOW + timedelta(minutes=1)
    with store.transaction() as tx:
        first = runs.begin(tx, "ingest", NOW)
        second = runs.begin(tx, "run", later)
        runs.finish(tx, second, later, {"sent": 3, "skipped": {"no new papers": 1}})
        killed = RunRecord(id=first, kind="ingest", started=NOW, ended=None, report=None)
        done = RunRecord(
            id=second, kind="run", started=later, ended=later, report={"sent": 3, "skipped": {"no new papers": 1}}
        )
        assert runs.recent(tx) == [done, killed]
        assert runs.recent(tx, since=later) == runs.recent(tx, limit=1) == [done]


def test_a_switch_is_off_until_set_and_off_again_when_emptied(store: Store) -> None:
    with store.transaction() as tx:
        assert runs.flag(tx, "hold") == ""
        runs.set_flag(tx, "hold", "by the operator")
        runs.set_flag(tx, "hold", "for tests")
        assert runs.flag(tx, "hold") == "for tests"
        runs.set_flag(tx, "hold", "")
        assert runs.flag(tx, "hold") == ""
