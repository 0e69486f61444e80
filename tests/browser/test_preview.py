"""The preview in a real Chromium: choose, switch, tune, save, edit templates, send a test, read it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from digest.profiles import Keyword
from digest.storage.delivery import deliveries
from digest.storage.subscribers import subscribers
from tests.browser.preview_bench import Bench, running_preview
from tests.gallery.browser import CHROMIUM, chromium

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}")
ORDER = "#result .why tbody tr:is(.in) > td.paper-cell > details > summary"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with running_preview(tmp_path) as running:
        yield running


@pytest.fixture
def page(browser: Browser, bench: Bench) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1440, "height": 1000})
    outside: list[str] = []
    broken: list[str] = []
    opened.on("request", lambda request: outside.append(request.url) if _is_outside(request.url, bench) else None)
    opened.on("pageerror", lambda error: broken.append(str(error)))
    opened.goto(f"{bench.address}?who=1")
    yield opened
    opened.close()
    assert (outside, broken) == ([], [])


def _is_outside(url: str, bench: Bench) -> bool:
    origin = "/".join(bench.address.split("/")[:3])
    return not url.startswith((origin, "data:", "about:"))


def order(page: Page) -> list[str]:
    """The titles of the papers that are in the issue, in their order."""
    return page.locator(ORDER).all_inner_texts()


def mail_text(page: Page) -> str:
    return page.frame_locator(".stage iframe").locator("body").inner_text()


def canvas(page: Page) -> str:
    """The background of the mail in the frame."""
    found: str = (
        page.frame_locator(".stage iframe").locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    )
    return found


def lightness(colour: str) -> float:
    red, green, blue = (int(part) for part in re.findall(r"\d+", colour)[:3])
    return (red + green + blue) / 765


def test_a_subscriber_is_chosen_and_their_mail_is_shown_with_its_subject_and_size(page: Page) -> None:
    page.get_by_label("For", exact=True).select_option(label="Kofi · kofi@example.com")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".inboxrow")).to_contain_text("Kofi <kofi@example.com>")
    top = order(page)[0]
    assert top[:40] in page.locator(".inboxrow .subject").inner_text()
    assert top in mail_text(page)
    expect(page.locator(".sizes")).to_contain_text("of 102,400 bytes")


@pytest.mark.parametrize(("name", "width"), [("Small phone", 320), ("Phone", 375), ("Tablet", 768), ("Desktop", 1024)])
def test_the_mail_is_shown_at_the_width_of_a(name: str, width: int, page: Page) -> None:
    page.get_by_role("link", name=f"{name} {width}", exact=True).click()
    expect(page.locator(f".stage iframe.w{width}")).to_be_visible()
    expect(page.locator(".stage iframe")).to_have_js_property("clientWidth", width)


@pytest.mark.parametrize(
    ("look", "is_dark"), [("Light", False), ("Dark", True), ("Forced dark", True), ("Outlook dark", True)]
)
@pytest.mark.parametrize("browser_scheme", ["light", "dark"])
def test_the_mail_has_the_colours_of_the_client_whatever_those_of_the_browser(
    look: str, is_dark: bool, browser_scheme: str, page: Page
) -> None:
    page.emulate_media(color_scheme=browser_scheme)  # type: ignore[arg-type]
    page.get_by_role("link", name=look, exact=True).click()
    expect(page.get_by_role("link", name=look, exact=True)).to_have_attribute("aria-current", "true")
    assert (lightness(canvas(page)) < 0.3) is is_dark


def test_without_style_blocks_the_mail_still_reads(page: Page) -> None:
    page.get_by_role("link", name="Removed", exact=True).click()
    expect(page.get_by_role("link", name="Removed", exact=True)).to_have_attribute("aria-current", "true")
    assert page.frame_locator(".stage iframe").locator("style").count() == 0
    assert order(page)[0] in mail_text(page)


def test_the_text_part_the_header_and_the_source_are_shown(page: Page) -> None:
    top = order(page)[0]
    page.get_by_role("link", name="Text", exact=True).click()
    expect(page.locator(".stage pre")).to_contain_text(top)
    page.get_by_role("link", name="Header", exact=True).click()
    expect(page.locator(".stage pre")).to_contain_text("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    page.get_by_role("link", name="Source", exact=True).click()
    expect(page.locator(".stage pre")).to_contain_text("Content-Transfer-Encoding: quoted-printable")


def test_tuning_a_weight_changes_the_order_and_the_mail_without_a_click(page: Page) -> None:
    before = order(page)
    page.get_by_label("Weight of keyword 1").fill("1")
    page.get_by_label("Weight of keyword 2").fill("20")
    expect(page.locator(ORDER).first).not_to_have_text(before[0])
    assert order(page) != before
    assert order(page)[0] in mail_text(page)
    assert "draft=" in page.url
    expect(page.locator(".timing")).to_contain_text("Compare with the saved profile")


def test_tuning_works_without_javascript(browser: Browser, bench: Bench) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(f"{bench.address}?who=1")
    before = order(page)
    page.get_by_label("Weight of keyword 1").fill("1")
    page.get_by_label("Weight of keyword 2").fill("20")
    page.get_by_role("button", name="Show the issue").click()
    assert order(page) != before
    page.close()


def test_a_profile_that_cannot_be_used_says_so_beside_its_field(page: Page) -> None:
    page.get_by_label("Minimum match").fill("250")
    expect(page.locator("#result .fault")).to_contain_text("250 is not between 0 and 100")
    page.get_by_label("Minimum match").fill("12")
    expect(page.locator(".stage iframe")).to_be_visible()


def test_a_tuned_profile_is_saved_to_its_file_with_its_comments(page: Page, bench: Bench) -> None:
    page.get_by_label("Weight of keyword 2").fill("7")
    expect(page.locator(".timing")).to_contain_text("Compare")
    page.get_by_role("button", name="Save to ada.toml").click()
    expect(page.locator(".note")).to_contain_text("Saved to")
    text = (bench.profiles / "ada.toml").read_text()
    assert "# Ada looks after the training cluster." in text
    assert "# her thesis" in text
    assert re.search(r'"protein design".*weight = 7', text)
    with bench.store.reading() as tx:
        saved = subscribers.by_numbers(tx, [1])[1].profile.keywords
    assert saved[1] == Keyword(term="protein design", weight=7)


def test_editing_a_template_changes_the_mail_in_the_open_page(page: Page, bench: Bench) -> None:
    card = bench.templates / "mail" / "card.html"
    card.write_text(card.read_text().replace("{{ title }}", "Fresh ink: {{ title }}"))
    expect(page.frame_locator(".stage iframe").locator("body")).to_contain_text("Fresh ink:", timeout=10_000)


def test_a_mistake_in_a_template_shows_file_line_and_reason_and_the_last_good_mail_stays_in_reach(
    page: Page, bench: Bench
) -> None:
    card = bench.templates / "mail" / "card.html"
    good = card.read_text()
    lines = good.splitlines()
    lines.insert(2, "{% if broken %}{{ no such thing }}")
    card.write_text("\n".join(lines))
    fault = page.locator(".template-fault")
    expect(fault).to_contain_text("mail/card.html, line 3", timeout=10_000)
    expect(fault.locator(".faulty")).to_contain_text("no such thing")
    expect(page.locator(".stage iframe")).to_have_count(0)
    page.get_by_role("link", name="Show the e-mail from the last templates that worked").click()
    expect(page.locator(".stage iframe")).to_be_visible()
    assert order(page)[0] in mail_text(page)
    card.write_text(good)
    expect(fault).to_have_count(0, timeout=10_000)


def test_a_test_goes_through_the_relay_marked_and_leaves_cursor_and_ledger_alone(page: Page, bench: Bench) -> None:
    with bench.store.reading() as tx:
        before = subscribers.by_numbers(tx, [1])[1]
    page.get_by_label("Send a test to").fill("operator@example.com")
    page.get_by_role("button", name="Send test").click()
    expect(page.locator(".note")).to_contain_text("Test sent to operator@example.com")
    [mail] = bench.inbox.mails()
    assert mail.recipients == ("operator@example.com",)
    assert b"\r\nX-Paper-Digest-Test: yes\r\n" in mail.data
    with bench.store.reading() as tx:
        assert subscribers.by_numbers(tx, [1])[1] == before
        assert deliveries.of_subscriber(tx, 1) == []

    page.get_by_role("link", name="Inbox").click()
    page.get_by_role("link", name=re.compile(r"^\[Test\] ")).click()
    expect(page.locator(".inboxrow")).to_contain_text("operator@example.com")
    expect(page.frame_locator(".stage iframe").locator("h1")).to_be_visible()
    page.get_by_role("link", name=re.compile("^text.plain")).click()
    expect(page.locator(".stage pre")).to_contain_text("Unsubscribe")
    page.get_by_role("link", name="Source", exact=True).click()
    expect(page.locator(".stage pre")).to_contain_text("X-Paper-Digest-Test: yes")


def test_every_paper_says_why_it_is_in_or_out_and_can_be_searched_and_sorted(page: Page) -> None:
    rows = page.locator("#result .why > .scroll > table > tbody > tr")
    expect(page.locator(".why > p").first).to_contain_text("45 of 45 papers")
    page.get_by_label("Search", exact=True).fill("protein")
    expect(page.locator(".why > p").first).not_to_contain_text("45 of 45")
    rows.first.locator("summary").click()
    points = [float(text) for text in rows.first.locator(".contributions td.number").all_inner_texts()]
    assert sum(points[:-1]) == pytest.approx(points[-1], abs=0.1 * len(points))
    expect(rows.first.locator("mark").first).to_contain_text(re.compile("protein", re.IGNORECASE))
    page.get_by_label("Search", exact=True).fill("")
    page.get_by_label("Outcome").select_option("excluded by a term")
    expect(rows.first.locator(".outcome")).to_have_text("excluded by a term (“federated learning”)")
    page.get_by_label("Outcome").select_option("")
    page.get_by_role("link", name="Paper", exact=True).click()
    expect(page.locator("th.by-paper")).to_have_attribute("aria-sort", "ascending")
    titles = [title.casefold() for title in page.locator(".why .paper-cell > details > summary").all_inner_texts()]
    assert titles == sorted(titles)


def test_two_profiles_stand_side_by_side(page: Page) -> None:
    page.get_by_label("Weight of keyword 2").fill("5")
    page.get_by_role("link", name="Compare with the saved profile").click()
    expect(page.locator(".sides section")).to_have_count(2)
    expect(page.locator(".sides section").nth(1)).to_contain_text("edited")
    left, right = (page.locator(".sides section").nth(side).locator("h3").all_inner_texts() for side in (0, 1))
    assert set(left) & set(right)
    assert left != right


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "path", ["?who=1", "?who=0", "?who=1&show=text", "compare?left=1&right=2", "sample-mails", "inbox", "inbox/1"]
)
def test_axe_finds_nothing(path: str, scheme: str, page: Page, bench: Bench) -> None:
    if path == "inbox/1":
        page.get_by_role("button", name="Send test").click()
        expect(page.locator(".note")).to_be_visible()
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(bench.address + path)
    page.evaluate("document.querySelectorAll('.why details').forEach((one, place) => { one.open = place < 3 })")
    found = Axe().run(page, options={"iframes": False})
    assert found.violations_count == 0, found.generate_report()


def test_a_sample_mail_follows_its_template(page: Page, bench: Bench) -> None:
    page.get_by_role("link", name="Sample mails").click()
    page.get_by_role("link", name="thirty", exact=True).click()
    expect(page.frame_locator(".stage iframe").locator("h1")).to_be_visible()
    card = bench.templates / "mail" / "card.html"
    card.write_text(card.read_text().replace("{{ title }}", "Fresh ink: {{ title }}"))
    expect(page.frame_locator(".stage iframe").locator("body")).to_contain_text("Fresh ink:", timeout=10_000)
    page.get_by_role("link", name="Text", exact=True).click()
    expect(page.locator(".stage pre")).to_contain_text("Unsubscribe")


def test_at_phone_width_nothing_is_wider_than_the_page(browser: Browser, bench: Bench) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 800})
    page.goto(f"{bench.address}?who=1")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.close()
