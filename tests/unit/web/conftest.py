"""A running site with papers, for the tests of the pages."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from digest.storage import Store
from tests import sites


@pytest.fixture
def site(store: Store) -> Iterator[sites.Running]:
    """A site that knows forty papers, on each database in turn."""
    sites.fill(store)
    with sites.running(store) as running:
        yield running


@pytest.fixture
def client(site: sites.Running) -> Iterator[httpx.Client]:
    """A client of that site."""
    with site.client() as client:
        yield client
