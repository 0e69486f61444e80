from __future__ import annotations

from datetime import timedelta

import pytest

from digest.errors import UsageError
from digest.signed_links import MAX_KEYS, LinkClaim, Purpose
from digest.storage import Store
from digest.storage.database import secrets
from digest.storage.database.secrets import SigningKey
from tests.unit.storage.samples import NOW

CLAIM = LinkClaim(purpose=Purpose.UNSUBSCRIBE, delivery=7)


def test_a_secret_is_generated_once_and_never_changes(store: Store) -> None:
    with store.transaction() as tx:
        made = secrets.secret(tx, "csrf", NOW)
    with store.transaction() as tx:
        assert secrets.secret(tx, "csrf", NOW) == made
        assert secrets.secret(tx, "erasure", NOW) != made
    assert len(made) == 32


def test_a_rotated_keyring_signs_anew_and_still_verifies_the_old(store: Store) -> None:
    with store.transaction() as tx:
        before = secrets.keyring(tx, NOW)
        secrets.rotate(tx, NOW)
        after = secrets.keyring(tx, NOW)
    assert after.verify(before.sign(CLAIM), NOW.date()) == CLAIM
    assert before.verify(after.sign(CLAIM), NOW.date()) is None
    assert before.lacks_key_of(after.sign(CLAIM))


def test_the_keys_are_listed_by_age_and_the_newest_signs(store: Store) -> None:
    later = NOW + timedelta(days=1)
    with store.transaction() as tx:
        assert secrets.signing_keys(tx) == []
        secrets.secret(tx, "csrf", NOW)  # signs no link
        secrets.keyring(tx, NOW)
        added = secrets.rotate(tx, later)
        assert secrets.signing_keys(tx) == [SigningKey(number=1, created=NOW, signs=False), added]
    assert added == SigningKey(number=2, created=later, signs=True)


def test_a_store_without_keys_is_rotated_to_its_first(store: Store) -> None:
    with store.transaction() as tx:
        assert secrets.rotate(tx, NOW).number == 1
        assert len(secrets.keyring(tx, NOW).keys) == 1


def test_no_key_is_added_beyond_those_that_a_token_can_name(store: Store) -> None:
    with store.transaction() as tx:
        for _ in range(MAX_KEYS):
            secrets.rotate(tx, NOW)
        with pytest.raises(UsageError, match="there are 256 keys"):
            secrets.rotate(tx, NOW)
        keys = secrets.keyring(tx, NOW)
    assert len(keys.keys) == MAX_KEYS
    assert keys.sign(CLAIM)[0] == MAX_KEYS - 1
    assert keys.verify(keys.sign(CLAIM), NOW.date()) == CLAIM
