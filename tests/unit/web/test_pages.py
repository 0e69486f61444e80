"""Templates, their values and their languages belong together."""

from __future__ import annotations

from dataclasses import fields

import httpx
import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment, meta

from digest.fetching.templates import load_templates
from digest.rendering.languages import accepted, read_catalogues
from digest.signed_links import Purpose
from digest.subscribers import Subscriber
from digest.web import app as _app  # makes all pages known
from digest.web.extraction import PARTS, messages
from digest.web.pages import FOLDER, Page
from tests import sites
from tests.sites import Running

TEMPLATES = load_templates()
GLOBALS = {"frame", "parts", "link", "static", "_", "gettext", "ngettext"}
assert _app


def pages() -> list[type[Page]]:
    """The pages of this room; those of the preview, which other tests may have made known, have tests of their own."""
    own = [page for page in Page.__subclasses__() if not page.template.startswith("preview/")]
    return sorted(own, key=lambda page: page.template)


def names_in(template: str) -> set[str]:
    """The names that a template takes from outside, those of what it includes and extends as well."""
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    environment.filters.update(dict.fromkeys(("long_date", "short_date", "moment", "number"), str))
    tree = environment.parse(TEMPLATES[FOLDER + template])
    found = meta.find_undeclared_variables(tree)
    for other in meta.find_referenced_templates(tree):
        if other and other != "parts.html":
            found |= names_in(other)
    return found - GLOBALS


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.template) for kind in pages()])
def test_a_template_uses_what_its_page_gives_and_nothing_else(kind: type[Page]) -> None:
    assert names_in(kind.template) == {field.name for field in fields(kind)}


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.template) for kind in pages()])
def test_a_page_says_which_template_it_is_for(kind: type[Page]) -> None:
    assert kind.__doc__ is not None
    assert kind.template in kind.__doc__


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name.endswith(".po")])
def test_a_translation_is_complete_and_has_nothing_left_over(name: str) -> None:
    with_texts = read_po(TEMPLATES[name].encode().splitlines(keepends=True))  # type: ignore[arg-type]
    part = PARTS[name.partition("/")[0]]
    wanted = {message.id for message in messages(TEMPLATES, part) if message.id}
    assert {message.id for message in with_texts if message.id} == wanted
    for message in with_texts:
        strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
        assert all(strings), message.id
        assert not [error.args for error in message.check(with_texts)]


@pytest.mark.parametrize(
    ("wanted", "header", "language"),
    [
        pytest.param("", "de-AT, en;q=0.5", "de", id="the browser's language, without its country"),
        pytest.param("", "fr, it;q=0.9", "en", id="English where there is no translation"),
        pytest.param("en", "de", "en", id="the one asked for comes first"),
        pytest.param("xx", "de", "de", id="one that is not there is passed over"),
        pytest.param("", "de;q=0, en", "en", id="one that is not wanted"),
        pytest.param("", ";;q=x,,", "en", id="rubbish"),
    ],
)
def test_the_language_is_the_readers(wanted: str, header: str, language: str) -> None:
    assert read_catalogues(TEMPLATES).choose(wanted, header) == language


def test_languages_are_read_in_the_order_of_their_weights() -> None:
    assert accepted("a;q=0.2, b, c;q=0.7") == ["b", "c", "a"]


def test_a_german_reader_gets_german_pages(site: Running) -> None:
    ada: Subscriber = sites.subscribe(site.store)
    delivery = sites.plan_issue(site.store, ada, [4])
    with site.client(**{"Accept-Language": "de"}) as client:
        page = client.get("/subscribe").text
        assert '<html lang="de"' in page
        assert "Worüber möchten Sie lesen?" in page
        assert "Mo" in page
        assert "Abbestellen" in client.get(f"/u/{site.link(Purpose.UNSUBSCRIBE, delivery)}").text
        assert "Artikel vom Donnerstag, 12. März 2026" in client.get(f"/i/{site.link(Purpose.VIEW, delivery)}").text
        assert "Seite nicht gefunden" in client.get("/nirgendwo").text


def test_a_language_asked_for_is_carried_along(client: httpx.Client) -> None:
    page = client.get("/", params={"lang": "de"}).text
    assert 'href="/subscribe?lang=de"' in page
    assert 'hreflang="en" href="/?lang=en"' in page


def test_static_files_are_kept_for_ever_and_pages_never(client: httpx.Client) -> None:
    page = client.get("/").text
    [sheet] = [part.split('"')[0] for part in page.split('href="') if part.startswith("/static/pages.")]
    answer = client.get(sheet)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/css")
    assert client.get("/static/pages.000000000000.css").status_code == 404
