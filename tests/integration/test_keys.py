"""Rotating keys under programs that run: what was mailed before works, and what is mailed after works at once."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from digest.fetching.templates import load_templates
from digest.inbox import Inbox
from digest.periodic_tasks import TaskContext, post, read_bounces
from digest.rendering import MailRenderer
from digest.runs.delivery.deliver import composers
from digest.runs.issues.compose import masthead
from digest.runs.pipeline.demo import SHIPPED
from digest.settings import BouncesSettings, Settings, SmtpSettings, WebSettings
from digest.signed_links import from_link
from digest.storage import Store
from digest.storage.database import secrets
from digest.storage.subscribers import subscribers
from digest.subscribers import State
from tests import sites
from tests.integration.test_serve import ENVIRONMENT, mail_to, serving, settings

LEAVE = re.compile(r"https://digest\.example\.org(/u/([\w-]+))")
UNDELIVERED = Path(__file__).parents[1] / "data" / "reports" / "postfix-no-such-user.eml"
SAMPLE_TOKEN = b"abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnop"


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    with Inbox(tmp_path / "inbox") as server:
        yield server


def digest(folder: Path, *words: str) -> Any:
    """Call the command line in the folder and gives its report."""
    command = [sys.executable, "-m", "digest", *words, "--json"]
    ended = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    return json.loads(ended.stdout)


def leaving(inbox: Inbox, address: str) -> tuple[str, bytes]:
    """Return the link in somebody's mail by which they leave, and the token in it."""
    found = LEAVE.search(mail_to(inbox, address))
    assert found
    return found[1], from_link(found[2])


def test_links_mailed_before_and_after_a_rotation_work_in_a_program_that_started_before(
    tmp_path: Path, inbox: Inbox, store_url: str
) -> None:
    configured = f'{settings(inbox)}\n[store]\nurl = "{store_url}"\n'
    (tmp_path / "digest.toml").write_text(configured)
    (tmp_path / "subscribers").mkdir()
    for name in ("ada", "grace"):
        (tmp_path / "subscribers" / f"{name}.toml").write_bytes((SHIPPED / "subscribers" / f"{name}.toml").read_bytes())
    digest(tmp_path, "ingest", str(SHIPPED / "listing.txt"))
    assert digest(tmp_path, "run", "--only", "ada@example.com")["sent"] == 1
    with serving(tmp_path, configured, "--no-scheduler") as (url, _), httpx.Client(base_url=url) as client:
        assert digest(tmp_path, "keys", "rotate")["number"] == 2
        assert digest(tmp_path, "run", "--only", "grace@example.com")["sent"] == 1
        (old, before), (new, after) = leaving(inbox, "ada@example.com"), leaving(inbox, "grace@example.com")
        assert (before[0], after[0]) == (0, 1)
        for link in (new, old):
            assert client.post(link, data={"List-Unsubscribe": "One-Click"}).text == "You are unsubscribed.\n"
    people = digest(tmp_path, "subscribers", "list")["subscribers"]
    assert {person["state"] for person in people} == {"unsubscribed"}


@pytest.fixture
def context(store: Store, tmp_path: Path, inbox: Inbox) -> TaskContext:
    """The context of the tasks of a long-running process."""
    for name in ("cur", "new", "tmp"):
        (tmp_path / "bounces" / name).mkdir(parents=True)
    wanted = Settings(
        smtp=SmtpSettings(host=inbox.host, port=inbox.port, tls="none"),
        web=WebSettings(url="https://digest.example.org"),
        bounces=BouncesSettings(maildir=str(tmp_path / "bounces")),
    )
    renderer = MailRenderer.load(load_templates(), masthead(wanted.sender))
    return TaskContext(
        store=store,
        settings=wanted,
        composer=composers(store, renderer, wanted),
        folder=tmp_path,
        profile_files=dict,
        stop=threading.Event(),
    )


def test_a_program_that_goes_on_signs_with_the_new_key_and_knows_what_comes_back_of_it(
    context: TaskContext, inbox: Inbox, tmp_path: Path
) -> None:
    papers = [found.number for found in sites.fill(context.store)[:3]]
    for place, name in enumerate(("ada", "lin")):
        person = sites.subscribe(context.store, f"{name}@example.com")
        sites.plan_issue(context.store, person, papers)
        post(context, sites.NOW)
        assert leaving(inbox, person.address)[1][0] == place
        with context.store.transaction() as tx:
            secrets.rotate(tx, sites.NOW)
    [sender] = [mail.sender for mail in inbox.mails() if mail.recipients == ("lin@example.com",)]
    returned = re.search(r"\+(\w{48})@", sender)
    assert returned
    back = UNDELIVERED.read_bytes().replace(SAMPLE_TOKEN, returned[1].encode())
    (tmp_path / "bounces" / "new" / "1.host").write_bytes(back)
    read_bounces(context, sites.NOW)
    with context.store.reading() as tx:
        found = subscribers.by_address(tx, "lin@example.com")
    assert found
    assert found.state is State.BOUNCED
