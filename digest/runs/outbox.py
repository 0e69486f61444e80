"""The outbox: the single mails beside the issues, stored with what caused them and sent at least once.

What is to be written is stored in the transaction that causes it, so that a crash loses no letter; its links are made
when it is taken to be sent, so that no usable token is ever stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from digest.runs.access import new_link, new_token, token_hash
from digest.storage import Store, Tx, groups, letters, sign_ups, subscribers, suppressions
from digest.storage.letters import Errand, Waiting
from digest.storage.link_tokens import LinkPurpose
from digest.storage.sign_ups import SignUp
from digest.subscribers import State, Subscriber, normalised_address

CONFIRM_WITHIN = timedelta(hours=48)  #: from when the letter is sent
GIVEN_UP_AFTER = timedelta(hours=24)
FIRST_PAUSE = timedelta(seconds=10)  #: before a letter that was refused for now is tried again, doubled each time
LONGEST_PAUSE = timedelta(hours=1)


class LetterKind(StrEnum):
    """The single mails that people get beside their issues."""

    CONFIRM = "confirm"
    INVITE = "invite"  #: confirm, on behalf of a group
    MANAGE = "manage"
    WELCOME = "welcome"


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One mail that is to be sent, apart from any issue."""

    id: int
    tries: int  #: this one included
    kind: LetterKind
    address: str
    language: str
    token: str = ""  #: for the link in it; the welcome needs none
    group: str = ""  #: name of the group that invites
    keywords: tuple[str, ...] = ()  #: of the profile, for the welcome
    first_issue: date | None = None  #: when it comes, for the welcome


def take(store: Store, now: datetime, lease: timedelta, limit: int) -> list[Letter]:
    """Takes letters to be sent now, with fresh links; whoever takes them settles them within the lease.

    Those that are not to be sent any more, because of what happened since, are dropped.
    """
    with store.reading() as tx:
        if not letters.has_waiting(tx, now):
            return []
    with store.transaction() as tx:
        waiting = letters.take(tx, now, now + lease, limit)
        people = subscribers.by_numbers(tx, {one.errand.subscriber for one in waiting})
        blocked = suppressions.among(tx, [person.address for person in people.values()])
        found = []
        for one in waiting:
            person = people[one.errand.subscriber]
            pointless = now - one.created > GIVEN_UP_AFTER or normalised_address(person.address) in blocked
            letter = None if pointless else _written(tx, one, person, now)
            if letter:
                found.append(letter)
            else:
                letters.done(tx, one.id)
    return found


def settle(store: Store, *, done: Iterable[Letter], put_off: Iterable[Letter], now: datetime) -> None:
    """Forgets letters that were sent or never can be; others wait, the longer the more often they were tried."""
    with store.transaction() as tx:
        for letter in done:
            letters.done(tx, letter.id)
        for letter in put_off:
            pause = min(FIRST_PAUSE * 2 ** min(letter.tries - 1, 10), LONGEST_PAUSE)
            letters.put_off(tx, letter.id, now + pause)


def _written(tx: Tx, waiting: Waiting, person: Subscriber, now: datetime) -> Letter | None:
    """Gives the letter with its links; None when it has become pointless."""
    kind, subscribed = LetterKind(waiting.errand.kind), person.state in (State.ACTIVE, State.PAUSED)
    language = person.subscription.language
    letter = Letter(id=waiting.id, tries=waiting.tries, kind=kind, address=person.address, language=language)
    if kind is LetterKind.MANAGE:
        return replace(letter, token=new_link(tx, person.number, LinkPurpose.MANAGE, now))
    if kind is LetterKind.WELCOME:
        keywords = tuple(keyword.term for keyword in person.profile.keywords)
        return replace(letter, keywords=keywords, first_issue=person.next_issue) if subscribed else None
    if kind is LetterKind.CONFIRM and subscribed:
        return None
    wanted = waiting.errand.subscription or person.subscription.as_dict()
    group = groups.by_id(tx, waiting.errand.group) if waiting.errand.group is not None else None
    return replace(
        letter,
        token=_confirmable(tx, waiting.errand, wanted, now),
        language=str(wanted.get("language") or language),
        group=group.name if group else "",
    )


def _confirmable(tx: Tx, errand: Errand, wanted: Mapping[str, Any], now: datetime) -> str:
    """Gives the token that confirms what is wanted. Every copy of a letter has one of its own, and each is good."""
    token = new_token()
    request = SignUp(
        subscriber=errand.subscriber, subscription=wanted, group=errand.group, expires=now + CONFIRM_WITHIN
    )
    sign_ups.keep(tx, token_hash(token), request, now)
    return token
