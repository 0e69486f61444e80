"""Fixtures that every test may use: real captures, and a store on each of the two databases."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.settings import StoreSettings
from digest.storage import Store, open_store
from tests import postgresql

ROOT = Path(__file__).parent.parent
DATABASES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def captures() -> Path:
    """The folder with real listings and collections, which the project does not ship."""
    folder = Path(os.environ.get("PAPER_DIGEST_CAPTURES", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no real captures: the folder {folder} is missing (PAPER_DIGEST_CAPTURES names another)")
    return folder


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgresql.Server]:
    """One PostgreSQL server for the whole session."""
    with postgresql.serving(tmp_path_factory.mktemp("postgresql")) as server:
        yield server


@pytest.fixture
def postgresql_url(postgresql_server: postgresql.Server) -> Iterator[str]:
    """The address of a new, empty-schema-migrated PostgreSQL database of this test's own."""
    with postgresql_server.database() as url:
        yield url


@pytest.fixture(params=DATABASES)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a fresh store, on each database in turn; for tests that open it in several processes."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'digest.db'}"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
def store(store_url: str, tmp_path: Path) -> Iterator[Store]:
    """A fresh store, on each database in turn."""
    opened = open_store(StoreSettings(url=store_url), tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """A fresh store on SQLite, for tests of what stands above the store."""
    opened = open_store(StoreSettings(url="sqlite:///digest.db"), tmp_path)
    yield opened
    opened.close()
