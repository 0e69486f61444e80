from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from digest.runs.transactional.access_links import token_hash
from digest.runs.transactional.outbox import TransactionalMailKind
from digest.storage.subscribers import groups, operators, subscribers, suppressions
from digest.storage.subscribers.operators import Role
from digest.subscribers import State
from tests import sites
from tests.sites import NOW, Running

PAGES = ("/operator", "/operator/deliveries", "/operator/suppressions", "/operator/groups")


@contextmanager
def signed_in(site: Running, role: Role) -> Iterator[httpx.Client]:
    """A browser of an operator with that role."""
    with site.store.transaction() as tx:
        operators.add(tx, "Olu", role, token_hash("sesame"), NOW)
    with site.client() as client:
        answer = client.post("/operator/session", data={"token": "sesame"})
        assert answer.status_code == 303
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        yield client


@pytest.fixture
def administrator(site: Running) -> Iterator[httpx.Client]:
    with signed_in(site, Role.ADMINISTER) as client:
        yield client


def test_without_a_session_every_page_asks_for_the_token(client: httpx.Client) -> None:
    for page in PAGES:
        assert "Your token" in client.get(page).text
    assert client.post("/operator/groups", data={"name": "Lab"}).status_code == 403
    assert client.post("/operator/suppressions/lift", data={"address": "a@example.com"}).status_code == 403


def test_a_wrong_token_opens_no_session_and_may_not_be_guessed_for_ever(client: httpx.Client) -> None:
    answers = [client.post("/operator/session", data={"token": str(n)}) for n in range(22)]
    assert "is not valid" in answers[0].text
    assert [answer.status_code for answer in answers[-3:]] == [200, 429, 429]


def test_an_operator_sees_runs_deliveries_and_suppressions(site: Running, administrator: httpx.Client) -> None:
    ada = sites.subscribe(site.store)
    delivery = sites.plan_issue(site.store, ada, [4])
    with site.store.transaction() as tx:
        suppressions.suppress(tx, "bob@example.com", "hard bounce", "550 5.1.1 no such user", NOW)
    assert "active" in administrator.get("/operator").text
    assert f">{delivery}</td>" in administrator.get("/operator/deliveries?state=planned").text
    assert "550 5.1.1" in administrator.get("/operator/suppressions").text
    administrator.post("/operator/suppressions/lift", data={"address": "bob@example.com"})
    assert "bob@example.com" not in administrator.get("/operator/suppressions").text


def test_lifting_a_suppression_on_the_page_makes_a_bounced_subscription_active_again(
    site: Running, administrator: httpx.Client
) -> None:
    """Fails where the page lifts the suppression alone: the reader then never gets an issue again."""
    ada = sites.subscribe(site.store)
    sites.bounce(site.store, ada)
    administrator.post("/operator/suppressions/lift", data={"address": ada.address})
    with site.store.reading() as tx:
        assert subscribers.by_numbers(tx, [ada.number])[ada.number].state is State.ACTIVE


def test_a_session_ends_by_itself_and_at_once_when_the_operator_signs_out_or_is_revoked(site: Running) -> None:
    with signed_in(site, Role.READ) as client:
        assert "role read" in client.get("/operator").text
        site.clock.forward(hours=13)
        assert "Your token" in client.get("/operator").text
    with signed_in(site, Role.READ) as client:
        kept = {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}
        client.post("/operator/session/end")
        assert "Your token" in client.get("/operator", headers=kept).text
    with signed_in(site, Role.READ) as client:
        with site.store.transaction() as tx:
            operators.revoke(tx, "Olu", NOW)
        assert "Your token" in client.get("/operator").text


def test_one_who_reads_changes_nothing(site: Running) -> None:
    with signed_in(site, Role.READ) as client:
        assert client.post("/operator/groups", data={"name": "Lab", "keywords": "x"}).status_code == 403
        assert "Make a group" not in client.get("/operator/groups").text


class TestGroups:
    def form(self, **changes: str) -> dict[str, str]:
        return {"name": "Lab A", "keywords": "speech recognition * 2", **changes}

    def test_whoever_is_invited_confirms_by_mail_and_starts_from_the_profile(
        self, site: Running, client: httpx.Client, administrator: httpx.Client
    ) -> None:
        administrator.post("/operator/groups", data=self.form())
        said = administrator.post(
            "/operator/groups/1/invitations", data={"addresses": "bo@example.com, nobody\nbo@example.com"}
        ).text
        assert "Invitations sent: 1. Not invited: nobody." in said
        [mail] = site.mails
        assert (mail.kind, mail.group) == (TransactionalMailKind.INVITE, "Lab A")
        assert client.post(f"/c/{mail.token}").status_code == 200
        bo = site.person("bo@example.com")
        assert bo is not None
        assert [k.term for k in bo.profile.keywords] == ["speech recognition"]
        with site.store.reading() as tx:
            assert groups.members(tx, 1) == [(bo.number, "bo@example.com")]

    def test_a_shared_profile_follows_the_group_and_a_member_can_leave(
        self, site: Running, client: httpx.Client, administrator: httpx.Client
    ) -> None:
        ada = sites.subscribe(site.store)
        administrator.post("/operator/groups", data=self.form(shared="yes"))
        administrator.post("/operator/groups/1/invitations", data={"addresses": ada.address})
        assert site.person(ada.address) == ada
        client.post(f"/c/{site.mails[-1].token}")
        administrator.post("/operator/groups", data=self.form(keywords="protein folding", shared="yes"))
        member = site.person(ada.address)
        assert member is not None
        assert [k.term for k in member.profile.keywords] == ["protein folding"]
        client.post("/manage", data={"address": ada.address})
        manage = f"/m/{site.mails[-1].token}"
        assert "Lab A" in client.get(manage).text
        client.post(f"{manage}/groups/1/leave")
        administrator.post("/operator/groups", data=self.form(keywords="robots", shared="yes"))
        left = site.person(ada.address)
        assert left is not None
        assert [k.term for k in left.profile.keywords] == ["protein folding"]

    def test_invitations_are_limited_like_sign_ups(self, site: Running, administrator: httpx.Client) -> None:
        administrator.post("/operator/groups", data=self.form())
        for _ in range(3):
            administrator.post("/operator/groups/1/invitations", data={"addresses": "bo@example.com"})
        assert len(site.mails) == 1
