"""Filling in the forms of the pages, as a browser does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx

from tests.sites import Running

FORM: Mapping[str, Any] = {
    "address": "ada@example.com",
    "name": "Ada",
    "keywords": "learning rate * 2\ngraph neural networks",
    "timezone": "Europe/Berlin",
    "hour": "07:30",
    "day": ["mon", "wed", "fri"],
    "cadence": "daily",
    "papers": "10",
    "minimum_match": "30",
}


def stamp(client: httpx.Client) -> str:
    """The signed time of a fresh form."""
    found = re.search(r'name="stamp" value="([^"]+)"', client.get("/subscribe").text)
    assert found
    return found[1]


def sign_up(site: Running, client: httpx.Client, **changes: Any) -> httpx.Response:
    """Fill the form in at the pace of a person and sends it."""
    signed = stamp(client)
    site.clock.forward(seconds=20)
    return client.post("/subscribe", data={**FORM, "stamp": signed, **changes})


def confirmed(site: Running, client: httpx.Client, address: str = "ada@example.com") -> str:
    """Sign up and confirms; return the address of the page to manage the subscription."""
    sign_up(site, client, address=address)
    mail = site.mails[-1]
    answer = client.post(f"/c/{mail.token}")
    found = re.search(r'href="(/m/[^"]+)"', answer.text)
    assert found, answer.text
    return found[1]
