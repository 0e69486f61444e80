"""Whose fault a refusal is: the words of the server, its codes, and what refusals have in common."""

from __future__ import annotations

import pytest

from digest.refusals import FaultSide, cause_of, fingerprint, is_first_contact

ADDRESS, MAILBOX, SENDER, OTHER = FaultSide.ADDRESS, FaultSide.MAILBOX, FaultSide.SENDER, FaultSide.OTHER
REFUSALS: list[tuple[str | None, str, FaultSide]] = [
    ("5.1.1", "<lee@example.com>: Recipient address rejected: User unknown in local recipient table", ADDRESS),
    ("5.1.1", "", ADDRESS),
    ("5.1.10", "recipient not found by SMTP address lookup", ADDRESS),
    ("5.0.0", "550 no user of that name: unknown user", ADDRESS),
    ("5.5.0", "Requested action not taken: mailbox unavailable", ADDRESS),
    ("5.7.1", "no such user here", ADDRESS),
    ("5.3.0", "unknown user account", ADDRESS),
    (None, "the account was permanently deleted", ADDRESS),
    (None, "this person no longer works here; the address is invalid", ADDRESS),
    ("5.4.4", "Host or domain name not found", ADDRESS),
    (None, "diese Adresse existiert nicht", ADDRESS),
    ("5.1.1", "the mailbox is over quota", MAILBOX),
    ("5.1.1", "recipient storage quota exceeded", MAILBOX),
    ("5.2.2", "", MAILBOX),
    ("5.2.1", "the account is disabled", MAILBOX),
    ("4.2.2", "mailbox full", MAILBOX),
    ("4.1.1", "user unknown, perhaps later", MAILBOX),
    (None, "something went wrong", MAILBOX),
    ("5.0.0", "", MAILBOX),
    ("5.1.0", "sender rejected", SENDER),
    ("5.1.1", "sender address rejected: user unknown", SENDER),
    ("5.1.1", "mail from 192.0.2.7 refused, listed by a dnsbl", SENDER),
    ("5.0.0", "rejected because of the poor reputation of your network", SENDER),
    ("5.2.0", "SendAsDenied; digest@example.org not allowed to send as lee@example.org", SENDER),
    ("5.2.2", "daily sending quota exceeded", SENDER),
    (None, "the e-mail address is not verified in this region", SENDER),
    (None, "SPF check failed for example.org", SENDER),
    (None, "client host [192.0.2.7] blocked using zen.spamhaus.org", SENDER),
    (None, "relaying denied", SENDER),
    ("5.1.8", "", SENDER),
    ("5.7.1", "", SENDER),
    ("4.7.1", "Greylisted, try again in 300 seconds", OTHER),
    ("4.2.0", "greylisting in action", OTHER),
    ("4.3.1", "insufficient system storage", OTHER),
    ("5.3.4", "message size exceeds the limit", OTHER),
    ("2.1.5", "delivered; mailbox full next time", OTHER),
]


@pytest.mark.parametrize(("status", "words", "fault"), REFUSALS, ids=[f"{s} {w[:40]}" for s, w, _ in REFUSALS])
def test_words_say_whose_fault_a_refusal_is_and_codes_where_words_do_not(
    status: str | None, words: str, fault: FaultSide
) -> None:
    assert cause_of(status, words, None).fault is fault


def test_a_refusal_for_now_never_says_that_an_address_is_gone() -> None:
    assert cause_of(None, "no such user", 450).fault is MAILBOX


def test_only_clear_words_or_codes_are_clear() -> None:
    assert [cause_of(status, words).is_clear for status, words in (("5.1.1", ""), (None, "no"), ("5.0.0", "no"))] == [
        True,
        False,
        False,
    ]


def test_a_wait_at_first_contact_is_told_from_a_block() -> None:
    assert is_first_contact("4.7.1", "please try again later")
    assert not is_first_contact("4.7.1", "your IP is listed by a dnsbl")
    assert not is_first_contact("4.7.28", "rate limit")


def test_the_same_refusal_of_two_readers_has_one_fingerprint() -> None:
    one = "<ada@example.com>: rejected by mx1.example.com, ticket 4711 (see https://example.com/a)"
    other = "<bob@example.org>: rejected by mx7.example.org, ticket 9 (see https://example.org/b)"
    assert fingerprint(one) == fingerprint(other) != fingerprint("another refusal")
