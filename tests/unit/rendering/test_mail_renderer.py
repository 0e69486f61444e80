"""The mail renderer: what an issue shows, and what happens when templates or papers are not as expected."""

from dataclasses import replace
from typing import Any

import pytest
from lxml import html as lxml_html

from digest.errors import MessageError, TemplateError
from digest.fetching.templates import load_templates
from digest.issues import Issue, Reason, ReasonKind
from digest.rendering import Addressee, IssueLinks, MailRenderer, Masthead, Rendering
from digest.rendering.layout import HTML_BOUND
from digest.rendering.sample_mails import LINKS, READER, issue_of, sample_papers
from tests.gallery.mails import MASTHEAD, renderer

PAPERS = sample_papers(load_templates())
BY_NUMBER = {paper.number: paper for paper in PAPERS}


def rendered(issue: Issue, **changes: object) -> Rendering:
    return renderer().issue(issue, BY_NUMBER, READER, LINKS, **changes)  # type: ignore[arg-type]


def chips(rendering: Rendering) -> list[list[str]]:
    cards = lxml_html.document_fromstring(rendering.html).iter("table")
    found = [card for card in cards if card.get("class") == "card"]
    return [
        [chip.text_content().strip() for chip in card.iter("span") if chip.get("class") == "chip"] for card in found
    ]


def reason(term: str, contribution: float, kind: ReasonKind = ReasonKind.KEYWORD, **more: Any) -> Reason:
    return Reason(term=term, kind=kind, field="title", contribution=contribution, **more)


def test_chips_say_why_strongest_first_and_once_each() -> None:
    reasons = (
        reason("learning rate", 30),
        reason("Frank Hutter", 20, ReasonKind.AUTHOR),
        reason("learning rate", 10),
        reason("cs.LG", 5, ReasonKind.CATEGORY),
        reason("pruning", 3, ReasonKind.LIKED),
        reason("quantum", -4, ReasonKind.DISLIKED),
    )
    issue = issue_of(PAPERS[:1])
    issue = replace(issue, picks=(issue.picks[0]._replace(reasons=reasons),))
    wanted = ["learning rate", "by Frank Hutter", "in cs.LG", "you liked: pruning"]
    assert chips(rendered(issue)) == [wanted]
    assert (
        f"{issue.picks[0].match}% match: {', '.join(wanted)}".split()
        == _line_with(rendered(issue).text, "% match").split()
    )


def _line_with(text: str, part: str) -> str:
    lines = text.splitlines()
    place = next(place for place, line in enumerate(lines) if part in line)
    return " ".join(lines[place : place + 2]).split(" Mira")[0]


PARTS = {
    "whole": (reason("learning rate", 30, matched="Learning Rates"), "Learning Rates"),
    "in-two-places": (reason("code generation", 30, matched="code", words="code … generated"), "code … generated"),
    "a-large-part": (
        reason("graph neural network", 30, matched="neural nets", share=0.7),
        "related to graph neural network",
    ),
    "a-small-part": (reason("code generation", 30, matched="generation", share=0.4), "related to code generation"),
    "long-form": (
        reason("LLM", 30, ReasonKind.ACRONYM, matched="large language models"),
        "large language models (LLM)",
    ),
    "name-on-the-paper": (reason("Frank Hutter", 30, ReasonKind.AUTHOR, matched="F. Hutter"), "by F. Hutter"),
    "words-of-votes": (
        reason("pruning, sparse", 30, ReasonKind.LIKED, matched="pruning"),
        "you liked: pruning, sparse",
    ),
}


@pytest.mark.parametrize(("why", "chip"), PARTS.values(), ids=PARTS)
def test_a_chip_names_the_words_of_the_paper_or_what_they_are_related_to(why: Reason, chip: str) -> None:
    issue = issue_of(PAPERS[:1])
    issue = replace(issue, picks=(issue.picks[0]._replace(reasons=(why,)),))
    assert chips(rendered(issue)) == [[chip]]
    assert chip in rendered(issue).text


def test_a_keyword_of_which_the_paper_has_little_is_named_only_as_the_strongest_reason() -> None:
    little = (reason("code generation", 20, matched="code", share=0.5), reason("reasoning", 9, matched="reason"))
    issue = issue_of(PAPERS[:1])
    for reasons, shown in ((little, ["related to code generation", "reason"]), (little[::-1], ["reason"])):
        changed = replace(issue, picks=(issue.picks[0]._replace(reasons=reasons),))
        assert chips(rendered(changed)) == [shown]


def test_reasons_kept_from_one_reader_are_not_shown_to_another_who_has_others() -> None:
    first, second = reason("learning rate", 30), reason("pruning", 10)
    cases = (
        ((first, second), ["learning rate", "pruning"]),
        ((second, first), ["pruning", "learning rate"]),
        ((first, second.contributing(-10)), ["learning rate"]),
        ((first, second._replace(share=0.7)), ["learning rate"]),
        ((first, second._replace(kind=ReasonKind.AUTHOR)), ["learning rate", "by pruning"]),
        ((first.contributing(5), second.contributing(1)), ["learning rate", "pruning"]),
    )
    issue = issue_of(PAPERS[:1])
    for reasons, shown in cases:
        changed = replace(issue, picks=(issue.picks[0]._replace(reasons=reasons),))
        assert chips(rendered(changed)) == [shown]


def test_at_most_five_chips_are_shown() -> None:
    issue = issue_of(PAPERS[:1])
    reasons = tuple(reason(f"term {place}", 20 - place) for place in range(12))
    issue = replace(issue, picks=(issue.picks[0]._replace(reasons=reasons),))
    assert chips(rendered(issue)) == [[f"term {place}" for place in range(5)]]


@pytest.mark.parametrize("match", [0, 1, 50, 99, 100])
def test_the_match_stands_as_number_and_bar(match: int) -> None:
    issue = issue_of(PAPERS[:1])
    document = lxml_html.document_fromstring(
        rendered(replace(issue, picks=(issue.picks[0]._replace(match=match),))).html
    )
    bars = [cell.get("width") for cell in document.iter("td") if cell.get("class") == "bar"]
    tracks = [cell for cell in document.iter("td") if cell.get("class") == "track"]
    assert f"{match}% match" in document.text_content()
    assert bars == ([f"{match}%"] if match else [])
    assert len(tracks) == (match < 100)


def test_each_vote_leads_to_its_own_paper() -> None:
    issue = issue_of(PAPERS[:4])
    document = lxml_html.document_fromstring(rendered(issue).html)
    for heading in document.iter("h2"):
        card = next(node for node in heading.iterancestors("table") if node.get("class") == "card")
        number = next(paper.number for paper in PAPERS if paper.title == heading.text_content())
        found = {a.text_content(): a.get("href") for a in card.iter("a")}
        assert found["More like this"] == f"{LINKS.vote}/{number}/up"
        assert found["Less like this"] == f"{LINKS.vote}/{number}/down"


def test_a_paper_that_was_enriched_since_gets_a_new_card() -> None:
    own = MailRenderer.load(load_templates(), MASTHEAD)
    issue = issue_of(PAPERS[:1])
    first = own.issue(issue, BY_NUMBER, READER, LINKS).html
    richer = {1: replace(PAPERS[0], title="A Better Title")}
    assert "A Better Title" not in first
    assert "A Better Title" in own.issue(issue, richer, READER, LINKS).html


def test_a_missing_paper_fails_that_message_only() -> None:
    with pytest.raises(MessageError, match="paper 1 of the issue"):
        renderer().issue(issue_of(PAPERS[:1]), {}, READER, IssueLinks(unsubscribe="mailto:x@example.org"))


@pytest.mark.parametrize("size", [20, 35, 50])
def test_the_html_stays_within_its_bound_whatever_the_papers(size: int) -> None:
    wide = [
        replace(PAPERS[place % 10], number=place + 1, title="語" * 300, abstract="&<" * 400, authors=('"' * 80,) * 4)
        for place in range(2 * size)
    ]
    issue = issue_of(wide[:size], more=5)
    issue = replace(issue, also=issue_of(wide[size:]).picks)
    rendering = renderer().issue(issue, {paper.number: paper for paper in wide}, READER, LINKS)
    assert len(rendering.html.encode()) <= HTML_BOUND
    assert "more papers on the web" in rendering.html
    assert rendering.html.count("<h2") >= 1


def test_the_same_issue_gives_the_same_rendering() -> None:
    issue = issue_of(PAPERS)
    one, other = rendered(issue), rendered(issue)
    assert (one.html, one.text, one.subject) == (other.html, other.text, other.subject)


def test_reader_and_masthead_are_shown_as_text() -> None:
    own = MailRenderer.load(
        load_templates(), Masthead(name="A <b>Digest</b>", address="a@example.org", postal="<i>1 Street</i>")
    )
    issue = issue_of(PAPERS[:1])
    rendering = own.issue(issue, BY_NUMBER, Addressee(address="<ada>@example.com"), LINKS)
    for text in ("A <b>Digest</b>", "<i>1 Street</i>", "<ada>@example.com"):
        assert text in lxml_html.document_fromstring(rendering.html).text_content()
        assert text not in rendering.html
        assert text in rendering.text


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        pytest.param("mail/issue.mjml", ("<mj-body", "<mj-bdy"), "mail/issue.mjml, line 3", id="mjml"),
        pytest.param(
            "mail/card.html", ("{{ title }}", "{{ titel }}"), "card.html.*'titel' is undefined", id="misspelt"
        ),
        pytest.param("mail/card.html", ("{{ title }}", "{{ title }"), "mail/card.html, line", id="syntax"),
        pytest.param("mail/issue.mjml", ("_footer.mjml", "_x.mjml"), "'_x.mjml', which is not there", id="include"),
        pytest.param("theme/default.toml", ("[dark]", "[night]"), "theme/default.toml", id="theme"),
    ],
)
def test_a_faulty_template_is_named(name: str, change: tuple[str, str], reason: str) -> None:
    templates = {**load_templates(), name: load_templates()[name].replace(*change, 1)}
    with pytest.raises(TemplateError, match=reason):
        _rendered_with(templates)


def _rendered_with(templates: dict[str, str]) -> Rendering:
    issue = issue_of(PAPERS[:1])
    return MailRenderer.load(templates, MASTHEAD).issue(issue, BY_NUMBER, READER, LINKS)


def test_an_unknown_theme_is_named() -> None:
    with pytest.raises(TemplateError, match=r"theme/neon\.toml: is not there"):
        MailRenderer.load(load_templates(), MASTHEAD, "neon")
