from __future__ import annotations

from datetime import timedelta

from digest.storage import Store
from digest.storage.subscribers import suppressions
from digest.storage.subscribers.suppressions import Suppression
from tests.unit.storage.samples import NOW

LATER = NOW + timedelta(days=1)


def test_a_suppressed_address_is_found_in_any_spelling(store: Store) -> None:
    with store.transaction() as tx:
        suppressions.suppress(tx, "Ada@Example.com", "hard bounce", "5.1.1 no such user", NOW)
        found = suppressions.among(tx, ["ada@example.com ", "bob@example.com"])
    expected = Suppression(address="ada@example.com", reason="hard bounce", evidence="5.1.1 no such user", since=NOW)
    assert found == {"ada@example.com": expected}


def test_a_lifted_suppression_can_be_renewed(store: Store) -> None:
    with store.transaction() as tx:
        suppressions.suppress(tx, "ada@example.com", "hard bounce", "5.1.1", NOW)
        assert suppressions.lift(tx, "ADA@example.com", NOW)
        assert not suppressions.lift(tx, "ada@example.com", NOW)
        assert suppressions.holding(tx) == []
        suppressions.suppress(tx, "ada@example.com", "complaint", "abuse report", LATER)
        [again] = suppressions.holding(tx)
    assert (again.reason, again.since, again.lifted_at) == ("complaint", LATER, None)
