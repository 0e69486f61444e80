"""The subscription pages in a real Chromium, with and without JavaScript, with real mail between."""

from __future__ import annotations

import email
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from digest.fetching.templates import load_templates
from digest.inbox import Inbox
from digest.messages import Message
from digest.rendering import MailRenderer
from digest.runs.delivery.deliver import composer, deliver
from digest.runs.issues.compose import masthead
from digest.runs.transactional import transactional_mail
from digest.runs.transactional.access_links import token_hash
from digest.runs.transactional.outbox import TransactionalMail
from digest.runs.transactional.outbox_worker import OutboxWorker, OutboxWorkerOptions
from digest.settings import SenderSettings, Settings, SmtpSettings, WebSettings
from digest.signed_links import Purpose
from digest.storage import Store
from digest.storage.database import secrets
from digest.storage.subscribers import groups, operators, suppressions, votes
from digest.storage.subscribers.operators import Role
from digest.subscribers import State
from tests import sites
from tests.gallery.browser import CHROMIUM, chromium
from tests.sites import NOW, Clock, Running

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}")
OWN = "https://digest.example.org"  #: what the links in the mails begin with; the tests open them on loopback


@dataclass(frozen=True, kw_only=True)
class World:
    """A site that runs, and the server that takes its mail."""

    site: Running
    inbox: Inbox
    settings: Settings
    renderer: MailRenderer

    def deliver(self) -> None:
        """Send what the ledger has."""
        with self.site.store.transaction() as tx:
            keys = secrets.keyring(tx, NOW)
        deliver(self.site.store, composer(self.renderer, keys, self.settings), self.settings, self.site.clock.now)

    def link(self, pattern: str, count: int) -> str:
        """The address on loopback of a link in the mail number `count`, once it has arrived."""
        until = time.monotonic() + 20
        while len(self.inbox.mails()) < count and time.monotonic() < until:
            time.sleep(0.05)
        message = email.message_from_bytes(self.inbox.mails()[count - 1].data)
        parts = [part for part in message.walk() if part.get_content_maintype() == "text"]
        whole = "\n".join(bytes(part.get_payload(decode=True)).decode() for part in parts)  # type: ignore[arg-type]
        found = re.search(re.escape(OWN) + pattern, whole)
        assert found, whole
        return self.site.url + found[0].removeprefix(OWN)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium("--host-resolver-rules=MAP lab.example 127.0.0.1") as started:
        yield started


@pytest.fixture
def world(sqlite_store: Store, tmp_path: Path) -> Iterator[World]:
    sites.fill(sqlite_store)
    clock = Clock()
    with Inbox(tmp_path / "inbox") as inbox:
        settings = Settings(
            sender=SenderSettings(postal="Example Research Digest, 1 Sample Street, 10115 Berlin"),
            smtp=SmtpSettings(host=inbox.host, port=inbox.port, tls="none"),
            web=WebSettings(url=OWN),
        )
        renderer = MailRenderer.load(load_templates(), masthead(settings.sender))

        def write(mail: TransactionalMail) -> Message:
            return transactional_mail.compose_transactional(mail, renderer, settings, clock.now)

        with (
            OutboxWorker(sqlite_store, write, OutboxWorkerOptions(relay=settings.smtp, clock=clock)) as worker,
            sites.running(sqlite_store, wake=worker.wake, clock=clock) as site,
        ):
            yield World(site=site, inbox=inbox, settings=settings, renderer=renderer)


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=request.param, viewport={"width": 1200, "height": 900})
    opened = context.new_page()
    broken: list[str] = []
    opened.on("pageerror", lambda error: broken.append(str(error)))
    opened.on("console", lambda line: broken.append(line.text) if "Content Security Policy" in line.text else None)
    yield opened
    context.close()
    assert broken == []


def state_of(world: World) -> State | None:
    person = world.site.person("ada@example.com")
    return person.state if person else None


def sign_up(world: World, page: Page, scripted: bool) -> None:
    """Fill the form in, looks at the preview, and sends it."""
    page.goto(world.site.url)
    page.get_by_role("main").get_by_role("link", name="Subscribe").click()
    page.get_by_label("Your e-mail address").fill("ada@example.com")
    page.get_by_label("What do you want to read about?").fill("speech recognition * 2\nnothing of the kind")
    if not scripted:
        page.get_by_role("button", name="Show me what I would get").click()
    expect(page.locator("#preview")).to_contain_text("of speech recognition in practice")
    expect(page.locator("#preview")).to_contain_text("“nothing of the kind” is in none of the papers")
    if scripted:
        page.get_by_role("button", name="× nothing of the kind").click()
        expect(page.locator("#preview")).not_to_contain_text("is in none of the papers")
    else:
        page.get_by_label("What do you want to read about?").fill("speech recognition * 2")
    world.site.clock.forward(seconds=30)
    page.get_by_label("Your e-mail address").fill("ada@example.com")
    page.get_by_role("main").get_by_role("button", name="Subscribe", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your e-mail")


def test_a_reader_signs_up_steers_the_digest_leaves_and_is_forgotten(
    world: World, page: Page, request: pytest.FixtureRequest
) -> None:
    scripted = "with JavaScript" in request.node.name and "without" not in request.node.name
    sign_up(world, page, scripted)
    page.goto(world.link(r"/c/[\w-]+", 1))
    assert state_of(world) is State.PENDING
    page.get_by_role("button", name="Confirm my subscription").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are subscribed")
    assert state_of(world) is State.ACTIVE

    page.get_by_role("link", name="Review or change").click()
    page.get_by_label("Add keywords").fill("learning rate")
    page.get_by_label("Weight of speech recognition").fill("3")
    page.locator("#profile").get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("The change takes effect with your next issue")
    person = world.site.person("ada@example.com")
    assert person is not None
    assert [(k.term, k.weight) for k in person.profile.keywords] == [
        ("speech recognition", 3.0),
        ("learning rate", 1.0),
    ]
    manage = page.url

    sites.plan_issue(world.site.store, person, [4, 8])
    world.deliver()
    page.goto(world.link(r"/v/[\w-]+/4/up", 3))
    page.get_by_role("button", name="More like this").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vote saved")
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="More like this").click()
    with world.site.store.reading() as tx:
        assert [vote.value for vote in votes.of_subscribers(tx, [person.number])[person.number]] == [1]
    page.goto(manage)
    expect(page.locator("#votes")).to_contain_text("Study 4 of learning rate schedules")
    page.get_by_role("button", name="Add to my reading list").first.click()
    expect(page.locator("#reading")).to_contain_text("Study 4 of learning rate")

    page.goto(world.link(r"/p/[\w-]+", 3))
    page.get_by_text("A month").click()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Paused until")
    assert state_of(world) is State.PAUSED

    page.goto(world.link(r"/u/[\w-]+", 3))
    page.get_by_role("button", name="Unsubscribe").click()
    assert state_of(world) is State.UNSUBSCRIBED
    page.get_by_text("Too many e-mails").click()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status")).to_contain_text("Thank you")
    page.goto(manage)
    page.get_by_role("button", name="Subscribe again").click()
    assert state_of(world) is State.ACTIVE
    page.get_by_label("Permanently delete my profile, votes, lists and past issues").check()
    page.get_by_role("button", name="Delete my data").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your data is deleted")
    assert state_of(world) is None


def test_leaving_can_be_undone_from_the_page_that_says_so(world: World, page: Page) -> None:
    ada = sites.subscribe(world.site.store)
    delivery = sites.plan_issue(world.site.store, ada, [4])
    page.goto(f"{world.site.url}/u/{world.site.link(Purpose.UNSUBSCRIBE, delivery)}")
    page.get_by_role("button", name="Unsubscribe").click()
    assert state_of(world) is State.UNSUBSCRIBED
    page.get_by_role("button", name="undo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are subscribed again")
    assert state_of(world) is State.ACTIVE


def test_the_browsers_time_zone_is_guessed_and_a_chosen_one_is_kept(world: World, browser: Browser) -> None:
    context = browser.new_context(timezone_id="Asia/Tokyo")
    page = context.new_page()
    page.goto(f"{world.site.url}/subscribe")
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    page.get_by_label("Time zone").fill("America/Lima")
    page.get_by_label("What do you want to read about?").fill("speech recognition")
    page.get_by_role("button", name="Show me what I would get").click()
    expect(page.get_by_label("Time zone")).to_have_value("America/Lima")
    context.close()


def test_a_better_term_takes_the_place_of_the_one_it_is_proposed_for(world: World, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{world.site.url}/subscribe")
    lines = page.get_by_label("What do you want to read about?")
    lines.fill("protein folding\nspeech recogniton * 2")
    page.get_by_role("button", name="speech recognition", exact=True).click()
    expect(lines).to_have_value("protein folding\nspeech recognition * 2")
    expect(page.locator("#preview .warning")).to_have_count(0)
    context.close()


def test_forms_work_over_plain_http_where_browsers_do_not_say_where_a_post_comes_from(
    world: World, browser: Browser
) -> None:
    origin = f"http://lab.example:{world.site.url.rpartition(':')[2]}"
    page = browser.new_page()
    page.goto(f"{origin}/manage")
    page.get_by_label("Your e-mail address").fill("ada@example.com")
    sent: list[dict[str, str]] = []
    page.on("request", lambda request: sent.append(request.headers) if request.method == "POST" else None)
    page.get_by_role("button", name="E-mail me the link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your e-mail")
    page.close()
    assert "sec-fetch-site" not in sent[0]


def every_page(world: World, page: Page) -> Iterator[str]:
    """Open each page in turn, filled as it can be; return its name."""
    site, store = world.site, world.site.store
    ada = sites.subscribe(store)
    delivery = sites.plan_issue(store, ada, [4, 8])
    with store.transaction() as tx:
        votes.cast(tx, votes.VoteRecord(subscriber=ada.number, paper=12, value=1, at=NOW))
        groups.add_member(tx, groups.save(tx, "Lab A", ada.profile, shared=True, now=NOW), ada.number, NOW)
        operators.add(tx, "Olu", Role.ADMINISTER, token_hash("sesame"), NOW)
        suppressions.suppress(tx, "bob@example.com", "hard bounce", "550 5.1.1 no such user", NOW)
    plain = ("/", "/subscribe", "/subscribe/liked", "/archive", "/archive?q=speech", "/manage", "/nowhere", "/operator")
    for path in plain:
        page.goto(site.url + path)
        yield path.strip("/").replace("/", "-").replace("?", "-") or "home"
    for purpose, path in (
        (Purpose.UNSUBSCRIBE, "u"),
        (Purpose.PAUSE, "p"),
        (Purpose.VIEW, "i"),
        (Purpose.VOTE, "v"),
    ):
        page.goto(f"{site.url}/{path}/{site.link(purpose, delivery)}{'/4/up' if path == 'v' else ''}")
        yield f"link-{path}"
    yield from _filled(world, page)
    page.goto(f"{site.url}/operator")
    page.get_by_label("Your token").fill("sesame")
    page.get_by_role("button", name="Sign in").click()
    for path in ("/operator", "/operator/deliveries?state=planned", "/operator/suppressions", "/operator/groups"):
        page.goto(site.url + path)
        yield path.strip("/").replace("/", "-").partition("?")[0] + "-signed-in"


def _filled(world: World, page: Page) -> Iterator[str]:
    """Open the pages that follow on a post."""
    page.goto(f"{world.site.url}/subscribe")
    page.get_by_label("What do you want to read about?").fill("speech recognition\npractice\nunheard of")
    page.get_by_label("Time zone").fill("Mars")
    page.get_by_role("button", name="Show me what I would get").click()
    expect(page.locator("#preview .paper").first).to_be_visible()
    yield "subscribe-filled"
    page.goto(f"{world.site.url}/subscribe/liked")
    page.get_by_label("Titles or arXiv IDs").fill("Study 3 of protein folding in practice")
    page.get_by_role("button", name="Suggest keywords").click()
    yield "liked-filled"
    page.goto(f"{world.site.url}/manage")
    page.get_by_label("Your e-mail address").fill("ada@example.com")
    page.get_by_role("button", name="E-mail me the link").click()
    yield "check-mail"
    page.goto(world.link(r"/m/[\w-]+", 1))
    yield "manage-page"
    page.get_by_role("button", name="Add to my reading list").first.click()
    yield "manage-reading-list"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_and_fits_phone_and_desktop(world: World, browser: Browser, scheme: str) -> None:
    for width in (375, 1200):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        found = {}
        for name in every_page(world, page) if width == 375 else _public(world, page):
            violations = Axe().run(page).response["violations"]
            found[name] = [(v["id"], [node["html"][:120] for node in v["nodes"]][:3]) for v in violations]
            assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), (name, width)
        context.close()
        assert {name: wrong for name, wrong in found.items() if wrong} == {}


def _public(world: World, page: Page) -> Iterator[str]:
    for path in ("/", "/subscribe", "/subscribe/liked", "/archive", "/manage", "/operator"):
        page.goto(world.site.url + path)
        yield path
