"""Tokens: what they say, how long they live, and that nobody can forge one."""

from __future__ import annotations

import hmac
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.signed_links import (
    LINK_LENGTH,
    VERP_LENGTH,
    Keyring,
    LinkClaim,
    Purpose,
    from_link,
    from_verp,
    link_form,
    verp_form,
)

TODAY = date(2026, 11, 21)
OLD, NEW = b"o" * 32, b"n" * 32
CLAIM = LinkClaim(purpose=Purpose.VOTE_UP, delivery=123_456_789, paper=987_654, issued=TODAY)


@given(
    purpose=st.sampled_from(Purpose),
    delivery=st.integers(0, 2**48 - 1),
    paper=st.integers(0, 2**40 - 1),
    age=st.integers(0, 20),
)
def test_a_token_says_what_was_signed_and_has_one_length(purpose: Purpose, delivery: int, paper: int, age: int) -> None:
    claim = LinkClaim(purpose=purpose, delivery=delivery, paper=paper, issued=TODAY - timedelta(days=age))
    ring = Keyring((NEW,))
    token = ring.sign(claim)
    assert (len(link_form(token)), len(verp_form(token))) == (LINK_LENGTH, VERP_LENGTH)
    assert ring.verify(from_link(link_form(token)), TODAY) == claim
    assert ring.verify(from_verp(verp_form(token).upper()), TODAY) == claim


@given(place=st.integers(0, 29), flip=st.integers(1, 255))
def test_a_token_with_one_changed_octet_is_refused(place: int, flip: int) -> None:
    token = bytearray(Keyring((NEW,)).sign(CLAIM))
    token[place] ^= flip
    assert Keyring((NEW,)).verify(bytes(token), TODAY) is None


@given(st.text(max_size=60))
def test_arbitrary_text_is_no_token(text: str) -> None:
    ring = Keyring((NEW,))
    assert ring.verify(from_link(text), TODAY) is None
    assert ring.verify(from_verp(text), TODAY) is None


def test_an_older_key_still_verifies_after_rotation_and_the_newest_signs() -> None:
    before, after = Keyring((OLD,)), Keyring((OLD, NEW))
    assert after.verify(before.sign(CLAIM), TODAY) == CLAIM
    assert before.verify(after.sign(CLAIM), TODAY) is None


def test_a_keyring_says_when_a_token_names_a_key_that_it_lacks() -> None:
    before, after = Keyring((OLD,)), Keyring((OLD, NEW))
    assert before.lacks_key_of(after.sign(CLAIM))
    assert not after.lacks_key_of(after.sign(CLAIM))
    assert not before.lacks_key_of(Keyring((NEW,)).sign(CLAIM))  # forged, under the number of a key that is there
    assert not before.lacks_key_of(b"")


@pytest.mark.parametrize(
    ("purpose", "days", "valid"),
    [
        pytest.param(Purpose.VOTE_UP, 90, True, id="vote-on-the-last-day"),
        pytest.param(Purpose.VOTE_UP, 91, False, id="vote-too-late"),
        pytest.param(Purpose.UNSUBSCRIBE, 4000, True, id="unsubscribe-never-expires"),
        pytest.param(Purpose.BOUNCE, 31, False, id="bounce-too-late"),
    ],
)
def test_a_token_lives_as_long_as_its_purpose(purpose: Purpose, days: int, valid: bool) -> None:
    ring = Keyring((NEW,))
    token = ring.sign(LinkClaim(purpose=purpose, delivery=1, issued=TODAY - timedelta(days=days)))
    assert (ring.verify(token, TODAY) is not None) is valid


@pytest.mark.parametrize("length", [32, 64, 65, 200])
def test_a_token_is_signed_by_hmac_sha256(length: int) -> None:
    key = bytes(range(256))[:length]
    claim = LinkClaim(purpose=Purpose.VOTE_UP, delivery=7, paper=9, issued=date(2025, 3, 13))
    token = Keyring((key,)).sign(claim)
    assert token[15:] == hmac.digest(key, token[:15], "sha256")[:15]


def test_a_series_signs_what_single_claims_sign() -> None:
    keyring, day = Keyring((b"a" * 32, b"b" * 32)), date(2025, 3, 13)
    series = keyring.series(7, day)
    for purpose in Purpose:
        claim = LinkClaim(purpose=purpose, delivery=7, paper=9, issued=day)
        assert series(purpose, 9) == keyring.sign(claim)
        assert keyring.verify(series(purpose, 9), day) == claim
