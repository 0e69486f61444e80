"""The mails in a real Chromium: accessible, quiet on the network, never wider than the screen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from digest.fetching.templates import load_templates
from digest.rendering.theme import read_theme
from tests.gallery import mails
from tests.gallery.__main__ import without_styles
from tests.gallery.browser import CHROMIUM, chromium

NAMES = list(mails.by_name())
RULES_OF_PAGES = {"region": {"enabled": False}, "landmark-one-main": {"enabled": False}}  # a mail is no page

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}")


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def _shown(chrome: Browser, html: str, width: int, scheme: str) -> Page:
    page = chrome.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    page.set_content(html)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [600, 375])
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing(chrome: Browser, name: str, width: int, scheme: str) -> None:
    page = _shown(chrome, mails.rendered(name).html, width, scheme)
    found = Axe().run(page, options={"rules": RULES_OF_PAGES, "resultTypes": ["violations"]})
    page.close()
    assert [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in found.response["violations"]] == []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_fetched(chrome: Browser, name: str) -> None:
    page = chrome.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(mails.rendered(name).html, wait_until="networkidle")
    page.close()
    assert asked == []


@pytest.mark.parametrize("styles", ["with-styles", "without-styles"])
@pytest.mark.parametrize("width", [320, 375])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_wider_than_the_screen(chrome: Browser, name: str, width: int, styles: str) -> None:
    html = mails.rendered(name).html
    page = _shown(chrome, html if styles == "with-styles" else without_styles(html), width, "light")
    needed = page.evaluate("document.documentElement.scrollWidth")
    page.close()
    assert needed <= width


@pytest.mark.parametrize("name", ["daily", "trending", "confirm"])
def test_buttons_are_large_enough_for_a_thumb(chrome: Browser, name: str) -> None:
    page = _shown(chrome, mails.rendered(name).html, 375, "light")
    heights = page.evaluate(
        "[...document.querySelectorAll('a[aria-label], a.main')].map(a => a.getBoundingClientRect().height)"
    )
    page.close()
    assert heights
    assert min(heights) >= 44


@pytest.mark.parametrize("name", ["daily", "welcome"])
def test_the_essential_looks_survive_without_style_blocks(chrome: Browser, name: str) -> None:
    html = mails.rendered(name).html
    looks = []
    for shown in (html, without_styles(html)):
        page = _shown(chrome, shown, 600, "light")
        looks.append(
            page.evaluate("""[...document.querySelectorAll('h1, h2 a, a.main, .chip, .card')].map(element => {
            const style = getComputedStyle(element);
            return [style.color, style.fontSize, style.backgroundColor, style.fontWeight];
        })""")
        )
        page.close()
    assert looks[0] == looks[1]


def test_dark_colours_come_from_the_theme(chrome: Browser) -> None:
    page = _shown(chrome, mails.rendered("daily").html, 600, "dark")
    colours = page.evaluate("""[
        ['.page', 'backgroundColor'], ['.card', 'backgroundColor'], ['.track', 'backgroundColor'],
        ['.main', 'backgroundColor'], ['.main', 'color'], ['.chip', 'backgroundColor'], ['.chip', 'color'],
        ['h1', 'color'], ['h2 a', 'color'], ['p.soft', 'color'], ['p.accent', 'color'],
    ].map(([selector, what]) => getComputedStyle(document.querySelector(selector))[what])""")
    page.close()
    dark = read_theme(load_templates()["theme/default.toml"], "default").dark
    wanted = [dark.page, dark.card, dark.track, dark.accent, dark.accent_ink, dark.chip, dark.chip_ink]
    wanted += [dark.ink, dark.ink, dark.soft, dark.accent]
    assert colours == [_rgb(colour) for colour in wanted]


def _rgb(colour: str) -> str:
    return f"rgb({int(colour[1:3], 16)}, {int(colour[3:5], 16)}, {int(colour[5:7], 16)})"
