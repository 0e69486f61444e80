"""A preview that runs for a test: a store with the sample listing, profile files, own templates, an SMTP server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import digest
from digest.fetching.profile_folder import read_profile_folder
from digest.inbox import Inbox
from digest.runs.ingest.ingest import IngestOptions, ingest
from digest.runs.subscriptions.sync import SyncOptions, sync
from digest.settings import (
    SenderSettings,
    Settings,
    SmtpSettings,
    SourceSettings,
    StoreSettings,
    SubscribersSettings,
    TemplatesSettings,
    WebSettings,
)
from digest.storage import Store, open_store
from digest.web.preview.app import create_preview
from digest.web.preview.session import open_session
from tests.conftest import ROOT
from tests.sites import serving

DEMO = Path(digest.__file__).parent / "demo"
ADA = """\
# Ada looks after the training cluster.
address = "ada@example.com"
name = "Ada"
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

[profile]
keywords = [
  { term = "hyperparameter optimization", weight = 2 },  # her thesis
  { term = "protein design" },
]
exclude = ["federated learning"]
minimum_match = 1
"""
KOFI = """\
address = "kofi@example.com"
name = "Kofi"
[profile]
keywords = ["medical imaging", "segmentation"]
minimum_match = 10
"""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A running preview."""

    address: str  #: of the first page, with the token
    settings: Settings
    store: Store
    profiles: Path
    templates: Path  #: own templates that stand in for those shipped
    inbox: Inbox


@contextmanager
def running_preview(folder: Path) -> Iterator[Bench]:
    """Return a preview on a free port of loopback for the time of the block."""
    profiles, templates = folder / "subscribers", folder / "templates"
    profiles.mkdir()
    (profiles / "ada.toml").write_text(ADA)
    (profiles / "kofi.toml").write_text(KOFI)
    shutil.copytree(ROOT / "templates" / "mail", templates / "mail")
    with Inbox(folder / "inbox") as inbox:
        settings = _settings(profiles, templates, inbox)
        store = _filled_store(folder, settings)
        session = open_session(store, settings, lambda: datetime.now(UTC), inbox=inbox.folder)
        with serving(create_preview(session)) as origin:
            yield Bench(
                address=origin + session.root,
                settings=settings,
                store=store,
                profiles=profiles,
                templates=templates,
                inbox=inbox,
            )
        store.close()


def _settings(profiles: Path, templates: Path, inbox: Inbox) -> Settings:
    return Settings(
        sender=SenderSettings(address="digest@example.org", postal="1 Sample Street, 10115 Berlin"),
        smtp=SmtpSettings(host=inbox.host, port=inbox.port, tls="none"),
        web=WebSettings(url="https://digest.example.org"),
        subscribers=SubscribersSettings(folder=str(profiles)),
        templates=TemplatesSettings(folder=str(templates)),
    )


def _filled_store(folder: Path, settings: Settings) -> Store:
    store, now = open_store(StoreSettings(), folder), datetime.now(UTC)
    listing = SourceSettings(name="sample", path=str(DEMO / "listing.txt"))
    ingest(store, [listing], now=now, options=IngestOptions(configured=False))
    files = read_profile_folder(Path(settings.subscribers.folder))
    sync(store, files, SyncOptions(first_issue_days=7), now)
    return store
