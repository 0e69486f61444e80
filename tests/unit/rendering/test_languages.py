"""The mails in the language of whoever reads them."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import date

import pytest
from babel.messages.pofile import read_po

from digest.fetching.templates import load_templates
from digest.rendering import MailRenderer, Rendering
from digest.rendering.inputs import Masthead
from digest.rendering.sample_mails import LINKS, NEXT_DAY, READER, issue_of, sample_papers
from digest.rendering.wording import Wording

TEMPLATES = load_templates()
RENDERER = MailRenderer.load(TEMPLATES, Masthead(name="Paper Digest", address="digest@example.org"))
GERMAN = RENDERER.transactional_in("de")
PAPERS = {paper.number: paper for paper in sample_papers(TEMPLATES)}
ISSUE = issue_of(list(PAPERS.values())[:9], list(PAPERS.values())[7:9], more=12)
MAILS: dict[str, tuple[Rendering, str, str]] = {
    "confirm": (
        GERMAN.confirm("https://example.org/c/x", hours=48),
        "Bitte Abonnement bestätigen: Paper Digest",
        "48 Stunden lang",
    ),
    "invite": (
        GERMAN.confirm("https://example.org/c/x", hours=48, group="<Lab> & {{ x }}"),
        "Bitte Abonnement bestätigen: Paper Digest für <Lab> & {{ x }}",
        "lädt Sie",
    ),
    "manage": (
        GERMAN.manage("https://example.org/m/x", hours=1),
        "Abonnement von Paper Digest verwalten",
        "gilt eine Stunde lang",
    ),
    "welcome": (
        GERMAN.welcome("ada@example.com", LINKS, first_issue=NEXT_DAY, keywords=("graphs",)),
        "Willkommen bei Paper Digest",
        "Freitag, 14. März",
    ),
    "issue": (
        RENDERER.issue(ISSUE, PAPERS, replace(READER, language="de"), LINKS),
        " · 13. März",
        "ausgewählt aus 197 neuen Artikeln",
    ),
    "empty": (
        RENDERER.issue(issue_of([]), {}, replace(READER, language="de"), LINKS),
        "Keine neuen Treffer",
        "Diesmal keine Treffer",
    ),
}


def words_of(rendering: Rendering) -> str:
    shown = html.unescape(re.sub(r"<[^>]*>", " ", re.sub(r"<style.*?</style>", "", rendering.html, flags=re.DOTALL)))
    return re.sub(r"\s+", " ", f"{rendering.subject} {rendering.preheader} {shown} {rendering.text}")


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_speaks_the_language_of_its_reader(name: str) -> None:
    rendering, subject, said = MAILS[name]
    assert subject in rendering.subject
    assert said in words_of(rendering)
    assert '<html lang="de"' in rendering.html


@pytest.mark.parametrize("name", MAILS)
def test_no_english_is_left_among_the_fixed_words(name: str) -> None:
    catalogue = read_po(TEMPLATES["mail/locale/de.po"].encode().splitlines(keepends=True))  # type: ignore[arg-type]
    english = {message.id for message in catalogue if isinstance(message.id, str) and len(message.id) > 12}
    words = words_of(MAILS[name][0])
    assert [message for message in english if "%" not in message and message in words] == []


def test_what_comes_from_outside_is_escaped_inside_a_translation_too() -> None:
    rendering = MAILS["invite"][0]
    assert "<Lab>" not in rendering.html
    assert "{{" not in rendering.html


def test_a_reader_whose_language_nobody_has_translated_gets_english() -> None:
    assert (
        RENDERER.transactional_in("xx").confirm("https://example.org", hours=1).subject
        == "Confirm your subscription to Paper Digest"
    )
    rendering = RENDERER.issue(ISSUE, PAPERS, replace(READER, language="xx"), LINKS)
    assert "picked from 197 new papers" in words_of(rendering)


@pytest.mark.parametrize(("language", "day"), [("en", "Friday, 14 March"), ("de", "Freitag, 14. März")])
def test_dates_are_written_as_the_language_does(language: str, day: str) -> None:
    assert Wording(language=language).long_date(date(2025, 3, 14)) == day
