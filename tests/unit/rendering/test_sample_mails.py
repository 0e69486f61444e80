"""Every mail in every case that matters keeps every rule."""

import re

import pytest
from lxml import html as lxml_html

from digest.rendering.sample_mails import HOSTILE
from tests.gallery import mails
from tests.gallery.rules import broken

NAMES = list(mails.by_name())
ISSUES = [name for name, sample in mails.by_name().items() if sample.issue]


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_mail_keeps_every_rule(name: str) -> None:
    assert broken(mails.message(name), issue=mails.by_name()[name].issue) == []


@pytest.mark.parametrize("name", [name for name in ISSUES if name != "none"])
def test_an_issue_has_a_heading_for_each_card(name: str) -> None:
    document = lxml_html.document_fromstring(mails.rendered(name).html)
    cards = [a for a in document.iter("a") if "main" in (a.get("class") or "")]
    assert len(document.findall(".//h2")) == len(cards) > 0


def test_thirty_papers_give_way_to_rows_and_a_count() -> None:
    html = mails.rendered("thirty").html
    document = lxml_html.document_fromstring(html)
    cards, rows = len(document.findall(".//h2")), html.count('width="44"')
    assert 15 <= cards < 30
    assert "Also matched" in html
    more = re.search(r"(\d+) more papers on the web", html)
    assert more
    assert cards + rows + int(more.group(1)) == 30 + 15 + 200


@pytest.mark.parametrize("name", ["hostile", "hostile-reader"])
def test_hostile_text_is_shown_and_never_obeyed(name: str) -> None:
    rendering = mails.rendered(name)
    document = lxml_html.document_fromstring(rendering.html)
    visible = " ".join(document.text_content().split())
    assert not list(document.iter("script", "img", "form", "iframe"))
    assert not [element for element in document.iter() for key in element.attrib if str(key).startswith("on")]
    assert "<script>alert(1)</script>" in visible
    assert "{{ 7*7 }}" in visible
    assert "49" not in visible
    assert "\u202e" not in rendering.html + rendering.text + rendering.subject


def test_a_hostile_link_is_left_out() -> None:
    document = lxml_html.document_fromstring(mails.rendered("hostile").html)
    links = [a.get("href") for a in document.iter("a")]
    assert "https://example.org/%22onmouseover=%22alert(1)" in links
    assert not [link for link in links if link.startswith("javascript")]


def test_the_confirmation_says_nothing_that_the_requester_typed() -> None:
    for part in (mails.rendered("confirm").html, mails.rendered("confirm").text):
        assert "ada@example.com" not in part
        assert "Ada" not in part


@pytest.mark.parametrize("name", ["without-web"])
def test_without_web_pages_every_link_of_ours_is_a_mailto(name: str) -> None:
    html = mails.rendered(name).html
    assert "digest.example.org" not in html
    assert "Unsubscribe by e-mail" in html
    assert "More like this" not in html


def test_a_weekly_issue_says_so_in_heading_and_subject() -> None:
    rendering = mails.rendered("weekly")
    assert "Week to Thursday, 13 March" in rendering.html
    assert rendering.subject.startswith("This week: ")


def test_hostile_text_does_not_grow_without_bound() -> None:
    assert len(HOSTILE * 3) < len(mails.rendered("hostile").html) < 40_000
