from __future__ import annotations

from datetime import timedelta

from digest.storage import Store, runs, secrets
from digest.storage.runs import RunRecord
from digest.tokens import Claim, Purpose
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


def test_a_secret_is_made_once_and_the_same_ever_after(store: Store) -> None:
    with store.transaction() as tx:
        made = secrets.secret(tx, "csrf", NOW)
    with store.transaction() as tx:
        assert secrets.secret(tx, "csrf", NOW) == made
        assert secrets.secret(tx, "erasure", NOW) != made
    assert len(made) == 32


def test_a_rotated_keyring_signs_anew_and_still_verifies_the_old(store: Store) -> None:
    claim = Claim(purpose=Purpose.UNSUBSCRIBE, delivery=7)
    with store.transaction() as tx:
        before = secrets.keyring(tx, NOW)
        after = secrets.rotate(tx, NOW)
        assert secrets.keyring(tx, NOW) == after
    assert after.verify(before.sign(claim), NOW.date()) == claim
    assert before.verify(after.sign(claim), NOW.date()) is None
