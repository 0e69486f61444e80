"""The API: what it does, and that it does nothing that its description does not say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks as contract

from digest.runs.transactional.access_links import token_hash
from digest.runs.transactional.outbox import TransactionalMailKind
from digest.storage import Store
from digest.storage.subscribers import consent, operators, subscribers, suppressions
from digest.storage.subscribers.operators import Role
from digest.subscribers import State
from tests import sites
from tests.sites import NOW, Running

ROOT = "/api/v1"


@pytest.fixture
def site(store: Store) -> Iterator[Running]:
    sites.fill(store)
    with sites.running(store) as running:
        yield running


@pytest.fixture
def client(site: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.url + ROOT, timeout=30) as client:
        yield client


def wanted(site: Running, client: httpx.Client, **changes: Any) -> dict[str, Any]:
    """A sign-up at the pace of a person."""
    stamp = client.get("/stamp").json()["stamp"]
    site.clock.forward(seconds=10)
    profile = {"keywords": [{"term": "speech recognition", "weight": 2}]}
    return {"address": "ada@example.com", "hour": "06:15", "profile": profile, "stamp": stamp, **changes}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def operator(site: Running, role: Role) -> dict[str, str]:
    """The header of an operator with that role."""
    with site.store.transaction() as tx:
        operators.add(tx, f"an {role}", role, token_hash(f"token of {role}"), NOW)
    return bearer(f"token of {role}")


@pytest.fixture
def me(site: Running, client: httpx.Client) -> dict[str, str]:
    """The header of somebody who signed up and confirmed through the API."""
    assert client.post("/sign-ups", json=wanted(site, client)).status_code == 202
    confirmed = client.post("/confirmations", json={"token": site.mails[0].token}).json()
    assert confirmed["state"] == "active"
    return bearer(confirmed["manage_token"])


class TestSubscribing:
    def test_what_was_asked_for_is_what_one_has(self, client: httpx.Client, me: dict[str, str]) -> None:
        status = client.get("/me", headers=me).json()
        assert status["state"] == "active"
        assert status["subscription"]["hour"] == "06:15"
        assert status["subscription"]["profile"]["keywords"][0]["term"] == "speech recognition"

    def test_it_answers_the_same_for_known_and_unknown(
        self, site: Running, client: httpx.Client, me: dict[str, str]
    ) -> None:
        answers = [
            client.post("/sign-ups", json=wanted(site, client, address=address))
            for address in ("ada@example.com", "new@example.com")
        ]
        assert [(a.status_code, a.json()) for a in answers] == [(202, {"status": "accepted"})] * 2

    def test_the_checks_of_the_form_hold_here_as_well(self, site: Running, client: httpx.Client) -> None:
        fresh = client.get("/stamp").json()["stamp"]
        body = wanted(site, client)
        assert client.post("/sign-ups", json={**body, "stamp": fresh + "0"}).status_code == 202
        assert client.post("/sign-ups", json={**body, "website": "https://spam.example"}).status_code == 202
        quick = client.get("/stamp").json()["stamp"]
        assert client.post("/sign-ups", json={**body, "stamp": quick}).status_code == 422
        assert site.mails == []

    def test_one_confirmation_a_day_through_form_and_api_together(self, site: Running, client: httpx.Client) -> None:
        for _ in range(3):
            client.post("/sign-ups", json=wanted(site, client))
        assert [mail.kind for mail in site.mails] == [TransactionalMailKind.CONFIRM]

    def test_every_fault_is_named_with_its_field(self, site: Running, client: httpx.Client) -> None:
        answer = client.post("/sign-ups", json=wanted(site, client, address="nobody", timezone="Mars"))
        assert answer.status_code == 422
        assert set(answer.json()["fields"]) == {"address", "timezone"}

    def test_it_changes_pauses_leaves_and_returns(self, client: httpx.Client, me: dict[str, str]) -> None:
        subscription = client.get("/me", headers=me).json()["subscription"]
        subscription["profile"]["papers"] = 3
        assert client.put("/me", json=subscription, headers=me).json()["subscription"]["profile"]["papers"] == 3
        moved = {**subscription, "address": "other@example.com"}
        assert client.put("/me", json=moved, headers=me).status_code == 409
        until = (NOW + timedelta(days=9)).date().isoformat()
        states = [
            client.put("/me/state", json=wish, headers=me).json()["state"]
            for wish in ({"state": "paused", "until": until}, {"state": "active"}, {"state": "unsubscribed"})
        ]
        assert states == ["paused", "active", "unsubscribed"]
        assert client.put("/me/state", json={"state": "active"}, headers=me).json()["state"] == "active"
        assert client.put("/me/state", json={"state": "paused"}, headers=me).status_code == 422

    def test_votes_are_stored_once_and_can_be_taken_back(self, client: httpx.Client, me: dict[str, str]) -> None:
        for value in (1, 1, -1):
            assert client.put("/me/votes/4", json={"value": value}, headers=me).status_code == 204
        assert [vote["value"] for vote in client.get("/me/votes", headers=me).json()] == [-1]
        assert client.delete("/me/votes/4", headers=me).status_code == 204
        assert client.get("/me/votes", headers=me).json() == []
        assert client.put("/me/votes/999999", json={"value": 1}, headers=me).status_code == 404

    def test_erasing_ends_everything(self, site: Running, client: httpx.Client, me: dict[str, str]) -> None:
        assert client.get("/me/export", headers=me).json()["subscription"]["address"] == "ada@example.com"
        assert client.delete("/me", headers=me).status_code == 204
        assert client.get("/me", headers=me).status_code == 401
        assert site.person("ada@example.com") is None


def test_a_profile_can_be_tried(client: httpx.Client) -> None:
    tried = client.post(
        "/preview", json={"keywords": [{"term": "protein folding"}], "papers": 2, "minimum_match": 5}
    ).json()
    assert tried["picks"]
    assert all("protein folding" in pick["paper"]["title"] for pick in tried["picks"])
    reasons = tried["picks"][0]["reasons"]
    assert sum(reason["contribution"] for reason in reasons) == pytest.approx(tried["picks"][0]["match"], abs=1e-6)


def test_the_archive_is_searched(client: httpx.Client) -> None:
    found = client.get("/papers", params={"q": "PROTEIN study"}).json()
    assert found["total"] == 10
    assert client.get("/papers", params={"q": "100% \x00 _"}).json()["total"] == 0


class TestOperators:
    @pytest.mark.parametrize(
        ("role", "allowed"),
        [
            pytest.param(None, (401, 401, 401), id="nobody"),
            pytest.param(Role.READ, (200, 403, 403), id="one who reads"),
            pytest.param(Role.SEND, (200, 204, 403), id="one who sends"),
            pytest.param(Role.ADMINISTER, (200, 204, 200), id="one who administers"),
        ],
    )
    def test_each_role_includes_those_before_it(
        self, site: Running, client: httpx.Client, role: Role | None, allowed: tuple[int, ...]
    ) -> None:
        with site.store.transaction() as tx:
            suppressions.suppress(tx, "bob@example.com", "hard bounce", "5.1.1", NOW)
        client.headers.update(operator(site, role) if role else {})
        answers = (
            client.get("/subscribers"),
            client.delete("/suppressions/bob@example.com"),
            client.get("/subscribers/export"),
        )
        assert tuple(answer.status_code for answer in answers) == allowed

    def test_lifting_a_suppression_makes_a_bounced_subscription_active_again(
        self, site: Running, client: httpx.Client
    ) -> None:
        """Fails where the API lifts the suppression alone: the reader then never gets an issue again."""
        ada = sites.subscribe(site.store)
        sites.bounce(site.store, ada)
        assert client.delete(f"/suppressions/{ada.address}", headers=operator(site, Role.SEND)).status_code == 204
        with site.store.reading() as tx:
            assert subscribers.by_numbers(tx, [ada.number])[ada.number].state is State.ACTIVE

    def test_a_revoked_token_opens_nothing(self, site: Running, client: httpx.Client) -> None:
        header = operator(site, Role.READ)
        with site.store.transaction() as tx:
            assert operators.revoke(tx, "an read", NOW)
        assert client.get("/runs", headers=header).status_code == 401

    def test_a_token_of_a_subscriber_is_none_of_an_operator(self, client: httpx.Client, me: dict[str, str]) -> None:
        assert client.get("/subscribers", headers=me).status_code == 401

    def test_what_is_exported_can_be_imported_and_brings_nobody_back(
        self, site: Running, client: httpx.Client, me: dict[str, str]
    ) -> None:
        client.headers.update(operator(site, Role.ADMINISTER))
        gone = sites.subscribe(site.store, "gone@example.com")
        exported = client.get("/subscribers/export").json()["subscribers"]
        client.put("/me/state", json={"state": "unsubscribed"}, headers=me)
        with site.store.transaction() as tx:
            consent.erase(tx, gone.number, NOW)
        exported.append({**exported[0], "address": "new@example.com"})
        report = client.post("/subscribers/import", json={"subscribers": exported}).json()
        assert (report["added"], report["known"], report["erased"]) == ({"active": 1}, 1, 1)
        left = site.person("ada@example.com")
        assert left is not None
        assert left.state is State.UNSUBSCRIBED


CHECKS = (
    not_a_server_error,
    contract.status_code_conformance,
    contract.content_type_conformance,
    contract.response_schema_conformance,
)


def test_no_request_brings_a_server_error_or_an_answer_that_is_not_described(
    site: Running, client: httpx.Client, me: dict[str, str]
) -> None:
    described = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
    headers = {"operators": operator(site, Role.ADMINISTER), "your own subscription": me, "everybody": {}}
    count = 0
    for result in described.get_all_operations():
        operation = result.ok()
        [tag] = operation.definition.raw["tags"]
        count += _stormed(operation, site.url + ROOT, headers[tag])
    assert count > 200


def _stormed(operation: Any, address: str, headers: dict[str, str]) -> int:
    """Call an operation with whatever its description allows and forbids; return how often."""
    calls = 0

    @settings(
        max_examples=25,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(case=operation.as_strategy() | operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE))
    def storm(case: Any) -> None:
        nonlocal calls
        calls += 1
        if operation.path == "/me" and operation.method == "delete":
            return  # whoever is erased cannot go on
        answer = case.call(base_url=address, headers=headers)
        case.validate_response(answer, checks=list(CHECKS))

    storm()
    return calls


def test_the_description_names_every_action(client: httpx.Client) -> None:
    described = json.loads(client.get("/openapi.json").text)
    assert described["openapi"].startswith("3.1")
    for path in ("/sign-ups", "/confirmations", "/me", "/me/votes/{paper}", "/subscribers", "/subscribers/export"):
        assert path in described["paths"]
