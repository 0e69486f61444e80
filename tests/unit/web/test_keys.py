"""The keys of links, as a running site knows them: one added since is found, however many links are forged."""

from __future__ import annotations

import httpx
import pytest

from digest.signed_links import Purpose, link_form
from digest.storage.database import secrets
from digest.web.site import READ_KEYS_EVERY
from tests import sites
from tests.sites import Running

FORGED = link_form(bytes([255]) + bytes(29))  #: names a key that there is not


@pytest.fixture
def delivery(site: Running) -> int:
    return sites.plan_issue(site.store, sites.subscribe(site.store), [1, 2])


def rotated(site: Running, delivery: int) -> str:
    """Add a key, and return a link that it signed."""
    with site.store.transaction() as tx:
        secrets.rotate(tx, site.clock.now)
    return f"/u/{site.link(Purpose.UNSUBSCRIBE, delivery)}"


def test_a_link_of_a_key_added_since_opens_at_once_and_the_older_one_still(
    site: Running, client: httpx.Client, delivery: int
) -> None:
    older = f"/u/{site.link(Purpose.UNSUBSCRIBE, delivery)}"
    for _ in range(2):
        site.clock.forward(seconds=READ_KEYS_EVERY.total_seconds())
        assert client.get(rotated(site, delivery)).status_code == 200
    assert client.get(older).status_code == 200


def test_links_that_name_a_key_that_there_is_not_have_the_keys_read_once_a_second(
    site: Running, client: httpx.Client, delivery: int
) -> None:
    assert client.get(f"/u/{FORGED}").status_code == 404
    newer = rotated(site, delivery)
    assert client.get(newer).status_code == 404
    site.clock.forward(seconds=READ_KEYS_EVERY.total_seconds())
    assert client.get(f"/u/{FORGED}").status_code == 404
    assert client.get(newer).status_code == 200


def test_a_clock_that_was_set_back_does_not_keep_the_keys_from_being_read(
    site: Running, client: httpx.Client, delivery: int
) -> None:
    assert client.get(f"/u/{FORGED}").status_code == 404
    site.clock.forward(hours=-1)
    assert client.get(rotated(site, delivery)).status_code == 200
