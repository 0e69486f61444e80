"""Excerpts, inert text, headlines, author lines, links, sections: the words of an issue."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from digest.fetching.templates import load_templates
from digest.issues import Pick
from digest.rendering.excerpts import LONGEST, beginning, sentence_ends, shortened
from digest.rendering.headline import count, heading, preheader, subject, summary
from digest.rendering.neutralizing import neutralized, neutralized_url
from digest.rendering.paper_details import author_line, comment_line, details_line, venue_line
from digest.rendering.paper_links import paper_links
from digest.rendering.sample_mails import issue_of, sample_papers
from digest.rendering.sections import OTHERS, sections
from digest.rendering.wording import Wording

PAPERS = sample_papers(load_templates())
FIRST = "We study a thing that matters to many people in the field, and we do so with care. "


@pytest.mark.parametrize(
    ("abstract", "shown"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("Short.", "Short.", id="short"),
        pytest.param(FIRST + "X" * 400, FIRST.strip(), id="first-sentence"),
        pytest.param(FIRST * 2 + "Then " + "y " * 300, (FIRST * 2).strip(), id="two-sentences"),
        pytest.param(
            FIRST.replace(". ", ", i.e. with Fig. 3, e.g. by A. Author et al. in a way. ") + "Z " * 300,
            FIRST.replace(". ", ", i.e. with Fig. 3, e.g. by A. Author et al. in a way."),
            id="abbreviations-end-nothing",
        ),
    ],
)
def test_an_excerpt_ends_with_a_sentence(abstract: str, shown: str) -> None:
    assert beginning(abstract) == shown


@pytest.mark.parametrize(
    "text", ["word " * 200, "x" * 1000, "語" * 500, "語。" * 300], ids=["words", "word", "cjk", "cjk-ends"]
)
def test_an_excerpt_has_at_most_four_lines(text: str) -> None:
    columns = sum(2 if ord(character) > 0x2E80 else 1 for character in beginning(text))
    assert 0 < columns <= LONGEST + 1


def test_sentence_ends_know_questions_quotes_and_decimals() -> None:
    text = 'Is it 3.5 times? "Yes." He said v. 2 of it. Done'
    assert [text[:end].split()[-1] for end in sentence_ends(text)] == ["times?", '"Yes."', "it."]


@pytest.mark.parametrize(
    ("text", "length", "shown"),
    [("short", 10, "short"), ("several words here", 14, "several words…"), ("x" * 20, 5, "xxxx…"), ("a, b", 3, "a…")],
)
def test_text_is_shortened_between_words(text: str, length: int, shown: str) -> None:
    assert shortened(text, length) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("plain  text", "plain text", id="blanks"),
        pytest.param("a\u2028b\x85c\td\ne", "a b c d e", id="line-separators"),
        pytest.param("a\x00b\x1b[31mc\x9fd", "ab[31mcd", id="controls"),
        pytest.param("a\u202eb\u2066c\u200f", "abc", id="directions"),
        pytest.param("e\u0301", "\u00e9", id="composed"),
        pytest.param("a\ud800b\ufdd0c\uffff", "abc", id="no-characters"),
        pytest.param("👩🏽\u200d🔬", "👩🏽\u200d🔬", id="emoji-joined"),
        pytest.param("می\u200cخواهم", "می\u200cخواهم", id="persian-non-joiner"),
    ],
)
def test_inert_text_cannot_steer(text: str, shown: str) -> None:
    assert neutralized(text) == shown
    neutralized(text).encode()


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        pytest.param("https://arxiv.org/abs/2503.1", "https://arxiv.org/abs/2503.1", id="https"),
        pytest.param("http://arxiv.org/abs/2503.1", "https://arxiv.org/abs/2503.1", id="http"),
        pytest.param("http://example.org:8080/x", "", id="http-with-a-port"),
        pytest.param("https://example.org:8443/x", "https://example.org:8443/x", id="https-with-a-port"),
        pytest.param("javascript:alert(1)", "", id="javascript"),
        pytest.param("data:text/html,x", "", id="data"),
        pytest.param("//example.org/x", "", id="no-scheme"),
        pytest.param("https://", "", id="no-host"),
        pytest.param("https://bank.example@evil.example/", "", id="user-in-front"),
        pytest.param('https://example.org/"><b>ü', "https://example.org/%22%3E%3Cb%3E%C3%BC", id="quotes"),
        pytest.param("https://[::1", "", id="broken-address"),
        pytest.param("https://example.org/" + "x" * 2000, "", id="endless"),
    ],
)
def test_a_url_is_https_or_nothing(url: str, safe: str) -> None:
    assert neutralized_url(url) == safe


@pytest.mark.parametrize(
    ("given", "read", "pdf"),
    [
        pytest.param(
            {"arxiv_id": "2503.1"}, "https://arxiv.org/abs/2503.1", "https://arxiv.org/pdf/2503.1", id="arxiv"
        ),
        pytest.param({"doi": "10.1/x<y"}, "https://doi.org/10.1/x%3Cy", "", id="doi"),
        pytest.param(
            {"links": {"hf": "https://huggingface.co/papers/1"}}, "https://huggingface.co/papers/1", "", id="hf"
        ),
        pytest.param(
            {"links": {"pdf": "https://a.example/p.pdf"}},
            "https://a.example/p.pdf",
            "https://a.example/p.pdf",
            id="pdf",
        ),
        pytest.param({}, "https://huggingface.co/papers?q=A+B%C3%BC+C", "", id="title-only"),
    ],
)
def test_a_paper_is_read_where_it_is(given: dict[str, object], read: str, pdf: str) -> None:
    bare = replace(PAPERS[0], arxiv_id=None, doi=None, links={}, title="A (Bü): “C”")
    links = paper_links(replace(bare, **given))  # type: ignore[arg-type]
    assert (links.read, links.pdf, links.found) == (read, pdf, bool(given))


@pytest.mark.parametrize(
    ("names", "line"),
    [((), ""), (("A",), "A"), (("A", "B", "C", "D"), "A, B, C, D"), (("A", "B", "C", "D", "E"), "A, B, C and 2 more")],
)
def test_many_authors_are_counted(names: tuple[str, ...], line: str) -> None:
    assert author_line(names) == line


@pytest.mark.parametrize(
    ("places", "line"),
    [
        ({}, "A, B, C"),
        ({"A": "X University"}, "A (X University), B, C"),
        ({"A": "X University", "B": "X University"}, "A, B (X University), C"),
        ({"A": "X", "B": "Y", "C": "Y"}, "A (X), B, C (Y)"),
        (
            {"C": "An Institute With a Name That Is Much Too Long to Show"},
            "A, B, C (An Institute With a Name That Is Much…)",
        ),
    ],
    ids=["unknown", "one", "shared", "two", "long"],
)
def test_authors_have_their_affiliations_and_neighbours_share_one(places: dict[str, str], line: str) -> None:
    assert author_line(("A", "B", "C"), affiliations=places) == line


@pytest.mark.parametrize(
    ("comment", "line"),
    [
        ("", ""),
        ("12 pages, 3 figures", "12 pages, 3 figures"),
        ("12 pages; Accepted at Example 2025", "Accepted at Example 2025; 12 pages"),
        ("Code is available at https://code.example/a", ""),
        ("10 pages. To appear in the Example Journal.", "To appear in the Example Journal; 10 pages"),
        ("v2: fixed Eq. 3.1; 4 pages", "V2: fixed Eq. 3.1; 4 pages"),
        ("long " * 40, "Long " + "long " * 15 + "long…"),
    ],
    ids=["none", "pages", "acceptance-first", "address", "sentences", "version", "long"],
)
def test_a_comment_is_one_short_line_with_its_acceptance_first(comment: str, line: str) -> None:
    assert comment_line(comment) == line


def test_the_details_of_a_paper_are_its_venue_comment_date_and_later_version() -> None:
    paper = replace(PAPERS[0], journal_ref="", comment="12 pages", published=date(2025, 3, 12), arxiv_version=2)
    assert (venue_line(paper), details_line(paper)) == ("cs.LG, stat.ML", "12 pages · 12 March 2025 · v2")
    bare = replace(paper, journal_ref="J. Examples 3", comment="", published=None, arxiv_version=1)
    assert (venue_line(bare), details_line(bare)) == ("J. Examples 3", "")
    assert details_line(paper, Wording(language="de")) == "12 pages · 12. März 2025 · v2"


def test_the_code_and_the_project_page_of_a_paper_are_linked() -> None:
    links = paper_links(replace(PAPERS[0], links={"code": "http://code.example/a", "project": "javascript:alert(1)"}))
    assert (links.code, links.project) == ("https://code.example/a", "")


def _pick(paper: int, interest: str) -> Pick:
    return Pick(paper=paper, match=90 - paper, interest=interest)


@pytest.mark.parametrize(
    ("interests", "groups"),
    [
        pytest.param("", [], id="none"),
        pytest.param("aaa", [("", 3)], id="one-interest"),
        pytest.param("abc", [("", 3)], id="each-its-own"),
        pytest.param("abab", [("a", 2), ("b", 2)], id="two"),
        pytest.param("baab", [("b", 2), ("a", 2)], id="best-first"),
        pytest.param("aabc", [("a", 2), ("b, c", 2)], id="others-share"),
        pytest.param("aabcdefg", [("a", 2), ("b, c, d, …", 6)], id="many-others"),
        pytest.param(["a", "", "a", "b", ""], [("a", 2), (OTHERS, 3)], id="those-without-one-as-well"),
    ],
)
def test_picks_stand_in_sections_of_their_interests(interests: Sequence[str], groups: list[tuple[str, int]]) -> None:
    found = sections([_pick(place, interest) for place, interest in enumerate(interests)])
    assert [(heading, len(picks)) for heading, picks in found] == groups
    assert sorted(pick.paper for _, picks in found for pick in picks) == list(range(len(interests)))


def test_a_subject_names_the_best_paper_the_number_and_the_day() -> None:
    issue = issue_of(PAPERS[:3])
    assert subject(issue, ["First", "Second", "Third"]) == "First and 2 more · 13 March"
    assert subject(issue, ["First"]) == "First · 13 March"
    assert subject(replace(issue, weekly=True), ["First"]) == "This week: First · 13 March"
    assert subject(replace(issue, picks=()), ["First"]) == "Trending: First · 13 March"
    assert subject(issue, []) == "No new matches · 13 March"


def test_a_subject_is_never_longer_than_120_characters() -> None:
    weekly = replace(issue_of(PAPERS[:3]), weekly=True, issue_date=date(2025, 9, 30))
    assert len(subject(weekly, ["word " * 60] * 1000)) <= 120


def test_the_preheader_goes_on_where_the_subject_stops() -> None:
    assert preheader(["First", "Second", "Third", "Fourth", "Fifth"], "x") == "Second · Third · Fourth"
    assert preheader(["First"], "1 picked") == "1 picked"


def test_the_summary_counts_papers_and_minutes() -> None:
    issue = issue_of(PAPERS[:3])
    assert summary(issue, 660) == "3 picked from 197 new papers · 3 min read"
    assert summary(replace(issue, considered=1), 10) == "3 picked from 1 new paper · 1 min read"
    assert summary(issue_of([]), 0) == "No match among 197 new papers"
    assert heading(issue) == "Thursday, 13 March"
    assert count(12345, "paper") == "12,345 papers"
