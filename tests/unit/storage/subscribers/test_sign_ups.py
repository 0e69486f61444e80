from __future__ import annotations

from datetime import timedelta

import pytest

from digest.profiles import Keyword, Profile
from digest.storage import Store
from digest.storage.papers import papers
from digest.storage.subscribers import groups, link_tokens, operators, reading_lists, sign_ups, subscribers
from digest.storage.subscribers.link_tokens import LinkPurpose
from digest.storage.subscribers.operators import Role
from digest.storage.subscribers.sign_ups import MailLimit, SignUp, Use
from digest.subscribers import State
from tests.unit.storage.samples import NOW, admission, paper, subscribed, subscription

LIMIT = MailLimit(pause=timedelta(hours=24), total=3)
HOUR = timedelta(hours=1)


def test_an_address_gets_one_mail_a_pause_and_so_many_in_all_until_it_confirms(store: Store) -> None:
    allowed = []
    with store.transaction() as tx:
        for hours in (0, 1, 23, 24, 25, 48, 72, 96):
            allowed.append(sign_ups.may_mail(tx, "ada", LIMIT, NOW + timedelta(hours=hours)))
        assert allowed == [True, False, False, True, False, True, False, False]
        assert sign_ups.may_mail(tx, "bob", LIMIT, NOW)
        sign_ups.reset_mail_count(tx, "ada")
        assert sign_ups.may_mail(tx, "ada", LIMIT, NOW)


def test_a_quota_is_used_up_within_its_period_and_new_in_the_next(store: Store) -> None:
    near, far = (Use(name=f"network:{net}", limit=2, period=HOUR) for net in ("192.0.2.0/24", "198.51.100.0/24"))
    nobody = Use(name="nobody", limit=0, period=HOUR)
    with store.transaction() as tx:
        assert [sign_ups.take(tx, [near], NOW) for _ in range(3)] == [True, True, False]
        assert sign_ups.take(tx, [far], NOW)
        assert sign_ups.take(tx, [near], NOW + HOUR)
        assert not sign_ups.take(tx, [nobody], NOW)


def test_each_of_several_quotas_has_its_limit_and_all_must_have_some_left(store: Store) -> None:
    narrow, wide = Use(name="narrow", limit=1, period=HOUR), Use(name="wide", limit=9, period=HOUR)
    with store.transaction() as tx:
        assert [sign_ups.take(tx, [narrow, wide], NOW) for _ in range(2)] == [True, False]
        assert sign_ups.take(tx, [wide], NOW)


def test_a_request_is_confirmed_once_and_in_time(store: Store) -> None:
    with store.transaction() as tx:
        ada = subscribers.add(tx, subscription(), admission(State.PENDING), NOW)
        for name, hours in (("good", 1), ("late", -1)):
            expires = NOW + timedelta(hours=hours)
            wanted = SignUp(subscriber=ada.number, subscription={"address": ada.address}, group=None, expires=expires)
            sign_ups.keep(tx, name, wanted, NOW)
        assert [sign_ups.use(tx, name, NOW) for name in ("good", "good", "late", "wrong")] == [
            True,
            False,
            False,
            False,
        ]
        request = sign_ups.by_token(tx, "good")
        assert request is not None
        assert (request.subscriber, request.used_at) == (ada.number, NOW)


def test_people_who_never_confirmed_are_deleted_and_others_are_not(store: Store) -> None:
    subscribed(store, "ada")
    with store.transaction() as tx:
        subscribers.add(tx, subscription("bob"), admission(State.PENDING), NOW - timedelta(days=9))
        subscribers.add(tx, subscription("new"), admission(State.PENDING), NOW - timedelta(days=1))
        assert sign_ups.tidy(tx, NOW, timedelta(days=7)) == 1
        assert {person.address for person in subscribers.everyone(tx)} == {"ada@example.com", "new@example.com"}


def test_reasons_for_unsubscribing_are_counted(store: Store) -> None:
    with store.transaction() as tx:
        for reason in ("too-many", "other", "too-many"):
            sign_ups.count_unsubscribe_reason(tx, reason, NOW)
        assert sign_ups.unsubscribe_reasons(tx, NOW) == {"other": 1, "too-many": 2}
        assert sign_ups.unsubscribe_reasons(tx, NOW + HOUR) == {}


def test_a_link_token_serves_one_purpose_until_it_is_used_or_runs_out(store: Store) -> None:
    [ada] = subscribed(store, "ada")
    with store.transaction() as tx:
        link_tokens.keep(tx, "hash", LinkPurpose.UNDO, ada.number, NOW + HOUR)
        assert link_tokens.holder(tx, "hash", LinkPurpose.UNDO, NOW) == ada.number
        assert link_tokens.holder(tx, "hash", LinkPurpose.MANAGE, NOW) is None
        assert link_tokens.holder(tx, "hash", LinkPurpose.UNDO, NOW + HOUR) is None
        assert link_tokens.use(tx, "hash", LinkPurpose.UNDO, NOW) == ada.number
        assert link_tokens.use(tx, "hash", LinkPurpose.UNDO, NOW) is None
        assert link_tokens.tidy(tx, NOW + HOUR) == 1


def test_an_operators_token_and_sessions_end_when_revoked(store: Store) -> None:
    with store.transaction() as tx:
        operators.add(tx, "Olu", Role.READ, "one", NOW)
        operators.add(tx, "Olu", Role.SEND, "two", NOW)
        assert operators.by_token(tx, "one") is None
        olu = operators.by_token(tx, "two")
        assert olu is not None
        operators.open_session(tx, olu.id, "session", NOW + HOUR)
        assert operators.by_session(tx, "session", NOW) == olu
        assert operators.by_session(tx, "session", NOW + HOUR) is None
        assert operators.revoke(tx, "Olu", NOW)
        assert not operators.revoke(tx, "Olu", NOW)
        assert operators.by_token(tx, "two") is None
        assert operators.by_session(tx, "session", NOW) is None
        assert [(operator.name, operator.revoked_at) for operator in operators.all_of(tx)] == [("Olu", NOW)]


@pytest.mark.parametrize(("role", "wanted", "does"), [(Role.SEND, Role.READ, True), (Role.READ, Role.SEND, False)])
def test_a_role_includes_those_before_it(role: Role, wanted: Role, does: bool) -> None:
    assert role.includes(wanted) is does


def test_a_group_is_found_by_name_and_knows_its_members(store: Store) -> None:
    [ada, bob] = subscribed(store, "ada", "bob")
    with store.transaction() as tx:
        first = groups.save(tx, "Lab", Profile(), shared=False, now=NOW)
        again = groups.save(tx, "Lab", Profile(keywords=(Keyword(term="robots"),)), shared=True, now=NOW)
        assert first == again
        for _ in range(2):
            groups.add_member(tx, first, ada.number, NOW)
        groups.add_member(tx, first, bob.number, NOW)
        groups.remove_member(tx, first, bob.number)
        assert groups.members(tx, first) == [(ada.number, ada.address)]
        [lab] = groups.of_subscriber(tx, ada.number)
        assert (lab.name, lab.shared, lab.members, lab.profile.keywords[0].term) == ("Lab", True, 1, "robots")
        assert groups.of_subscriber(tx, bob.number) == []


def test_a_reading_list_holds_each_paper_once_the_newest_entry_first(store: Store) -> None:
    [ada] = subscribed(store, "ada")
    with store.ingesting(5) as tx:
        one, two = papers.add(tx, [paper("arxiv:1"), paper("arxiv:2")])
        for number, hours in ((one.number, 0), (two.number, 1), (one.number, 2)):
            reading_lists.put(tx, ada.number, number, NOW + timedelta(hours=hours))
        assert [listed.key for listed in reading_lists.of_subscriber(tx, ada.number)] == ["arxiv:2", "arxiv:1"]
        reading_lists.drop(tx, ada.number, two.number)
        assert [listed.key for listed in reading_lists.of_subscriber(tx, ada.number)] == ["arxiv:1"]
