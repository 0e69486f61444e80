"""Letters in the outbox: kept until they are sent, with links that exist only once they are taken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from digest.profiles import Keyword, Profile
from digest.runs.subscriptions import lifecycle
from digest.runs.subscriptions.groups import invite_to, save_group
from digest.runs.subscriptions.personal_data import erase
from digest.runs.subscriptions.sign_up import TooManyRequests, confirm, request_manage_link, sign_up
from digest.runs.transactional import outbox
from digest.runs.transactional.outbox import TransactionalMail, TransactionalMailKind
from digest.settings import Settings, WebSettings
from digest.storage import Store
from digest.storage.database import web_schema as tables
from digest.storage.subscribers import subscribers, suppressions
from digest.subscribers import State, Subscriber, Subscription
from tests.sites import NOW, subscribe

LEASE = timedelta(minutes=2)
ADA = Subscription(address="ada@example.com", language="de", profile=Profile(keywords=(Keyword(term="learning rate"),)))
SETTINGS = Settings()


def asked(store: Store, settings: Settings = SETTINGS) -> None:
    sign_up(store, ADA, settings, network="192.0.2.0/24", now=NOW)


def taken(store: Store, minutes: float = 0) -> list[TransactionalMail]:
    return outbox.take(store, NOW + timedelta(minutes=minutes), LEASE, 10)


def settled(
    store: Store,
    *,
    done: Iterable[TransactionalMail] = (),
    put_off: Iterable[TransactionalMail] = (),
    minutes: float = 0,
) -> None:
    outbox.settle(store, done=done, put_off=put_off, now=NOW + timedelta(minutes=minutes))


def person(store: Store) -> Subscriber | None:
    with store.reading() as tx:
        return subscribers.by_address(tx, "ada@example.com")


def rows(store: Store) -> str:
    with store.reading() as tx:
        found = [tx.connection.execute(table.select()).all() for table in (tables.letters, tables.sign_ups)]
    return repr(found)


def test_what_is_stored_opens_nothing_before_and_after_the_mail_is_taken(store: Store) -> None:
    asked(store)
    waiting = rows(store)
    [mail] = taken(store)
    assert mail.token
    assert mail.token not in waiting + rows(store)
    assert (mail.kind, mail.address, mail.language) == (TransactionalMailKind.CONFIRM, "ada@example.com", "de")


def test_a_mail_is_taken_by_one_and_by_another_when_the_first_has_not_settled_it_in_time(store: Store) -> None:
    asked(store)
    [first] = taken(store)
    assert taken(store, minutes=1.9) == []
    [second] = taken(store, minutes=2)
    assert second.token != first.token
    settled(store, done=[second])
    assert taken(store, minutes=10) == []
    assert confirm(store, first.token, NOW) is not None  # it may be this copy that arrived
    assert confirm(store, second.token, NOW) is not None
    found = person(store)
    assert found is not None
    assert found.state is State.ACTIVE


def test_a_mail_that_is_refused_for_now_waits_longer_each_time_and_a_day_at_most(store: Store) -> None:
    asked(store)
    minutes, tries = 0.0, []
    while minutes < 26 * 60:
        for mail in taken(store, minutes):
            tries.append(minutes)
            settled(store, put_off=[mail], minutes=minutes)
        minutes += 1 / 6
    pauses = [round((later - earlier) * 6) for earlier, later in pairwise(tries)]
    assert pauses[:10] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360]
    assert 23 * 60 < tries[-1] <= 24 * 60


def test_a_sign_up_that_is_refused_leaves_no_mail(store: Store) -> None:
    few = Settings(web=WebSettings(requests_per_hour=1))
    sign_up(store, replace(ADA, address="bob@example.com"), few, network="", now=NOW)
    with pytest.raises(TooManyRequests):
        asked(store, few)
    assert [mail.address for mail in taken(store)] == ["bob@example.com"]
    assert person(store) is None


@pytest.mark.parametrize("what", ["suppressed", "erased", "confirmed by another copy"])
def test_a_mail_that_has_become_pointless_is_not_sent(store: Store, what: str) -> None:
    asked(store)
    [copy] = taken(store)
    ada = person(store)
    assert ada is not None
    if what == "suppressed":
        with store.transaction() as tx:
            suppressions.suppress(tx, ada.address, "complaint", "", NOW)
    elif what == "erased":
        erase(store, ada.number, NOW)
    else:
        confirm(store, copy.token, NOW)
    assert [mail.kind for mail in taken(store, minutes=5) if mail.kind is TransactionalMailKind.CONFIRM] == []
    assert "'confirm'" not in rows(store)


def test_the_welcome_says_what_was_asked_for_and_is_not_sent_to_one_who_left_meanwhile(store: Store) -> None:
    asked(store)
    [mail] = taken(store)
    settled(store, done=[mail])
    confirmed = confirm(store, mail.token, NOW)
    assert confirmed is not None
    [welcome] = taken(store)
    assert (welcome.kind, welcome.keywords, welcome.token) == (TransactionalMailKind.WELCOME, ("learning rate",), "")
    assert welcome.first_issue == confirmed.subscriber.next_issue
    lifecycle.unsubscribe(store, confirmed.subscriber.number, "test", NOW)
    assert taken(store, minutes=5) == []


def test_a_link_to_manage_counts_its_hour_from_when_the_mail_is_sent(store: Store) -> None:
    subscribe(store)
    request_manage_link(store, "ADA@example.com", SETTINGS, network="", now=NOW)
    [mail] = outbox.take(store, NOW + timedelta(minutes=50), LEASE, 1)
    with store.reading() as tx:
        [expires] = tx.connection.execute(tables.metadata.tables["link_tokens"].select()).mappings()
    assert mail.kind is TransactionalMailKind.MANAGE
    assert expires["expires"] == NOW + timedelta(minutes=110)


def test_an_invitation_names_its_group(store: Store) -> None:
    group = save_group(store, "Vision lab", ADA.profile, shared=True, now=NOW)
    made = invite_to(store, group, ["ada@example.com", "nobody"], SETTINGS, NOW)
    assert (made.invited, made.held) == (1, ("nobody",))
    [mail] = taken(store)
    assert (mail.kind, mail.group) == (TransactionalMailKind.INVITE, "Vision lab")
