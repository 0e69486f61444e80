"""POST /webhooks/bounces: only signed events are taken, and only where a secret is set."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from hashlib import sha256

import httpx
import pytest

from digest.settings import BouncesSettings, Settings
from digest.storage import Store
from digest.web.app import create_app
from tests import sites

BODY = b'{"events": [{"kind": "complaint", "sender": "digest@example.org"}]}'


def signature(body: bytes, key: bytes = b"key") -> dict[str, str]:
    return {"X-Digest-Signature": hmac.new(key, body, sha256).hexdigest()}


@pytest.fixture
def hook(store: Store) -> Iterator[httpx.Client]:
    settings = Settings(bounces=BouncesSettings.model_validate({"webhook_secret": "key"}))
    app = create_app(store, settings, clock=sites.Clock(), wake=lambda: None)
    with sites.serving(app) as url, httpx.Client(base_url=url) as client:
        yield client


def test_signed_events_are_taken(hook: httpx.Client) -> None:
    answer = hook.post("/webhooks/bounces", content=BODY, headers=signature(BODY))
    assert (answer.status_code, answer.json()["unproved"]) == (200, 1)


@pytest.mark.parametrize("headers", [{}, signature(BODY, b"guess"), signature(b"other")])
def test_what_is_not_signed_is_refused(hook: httpx.Client, headers: dict[str, str]) -> None:
    assert hook.post("/webhooks/bounces", content=BODY, headers=headers).status_code == 403


def test_a_signed_body_of_another_form_is_said_to_be_one(hook: httpx.Client) -> None:
    answer = hook.post("/webhooks/bounces", content=b"[]", headers=signature(b"[]"))
    assert answer.status_code == 400
    assert "events" in answer.text


def test_without_a_secret_there_is_no_such_page(client: httpx.Client) -> None:
    assert client.post("/webhooks/bounces", content=BODY, headers=signature(BODY, b"")).status_code == 404
