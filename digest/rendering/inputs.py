"""The inputs of the mail renderer and of each template: one documented dataclass per template.

A field made by `slot` is a marker in the rendered template. Its value is filled in for each subscriber.
"""

from __future__ import annotations

from dataclasses import dataclass

from digest.rendering.encoded_text import slot
from digest.rendering.theme import Theme


@dataclass(frozen=True, kw_only=True)
class Masthead:
    """The sender, the same in every message."""

    name: str  #: name of the digest, as in From
    address: str  #: address in From, where readers can write
    postal: str = ""  #: postal address of the sender


@dataclass(frozen=True, kw_only=True)
class Addressee:
    """The reader."""

    address: str
    name: str = ""
    language: str = "en"


@dataclass(frozen=True, kw_only=True)
class IssueLinks:
    """The link targets of one issue. Without web pages, all but `unsubscribe` are empty."""

    unsubscribe: str  #: https, or mailto without web pages
    manage: str = ""
    pause: str = ""
    view: str = ""  #: the issue in the browser
    vote: str = ""  #: prefix of the voting links; a card adds paper and direction: "/12/up"


@dataclass(frozen=True, kw_only=True)
class IssueInput:
    """mail/issue.mjml and mail/issue.txt: everything around the papers."""

    masthead: Masthead  #: name, address, postal
    theme: Theme  #: font, display, light and dark colours
    web: bool  #: whether there are web pages to link to
    language: str  #: of the labels: "en"
    subject: str = slot("subject")
    preheader: str = slot("preheader")  #: the text that an inbox shows next to the subject
    heading: str = slot("heading")  #: "Thursday, 13 March"
    lead: str = slot("lead")  #: papers considered and picked, reading time
    body: str = slot("body")  #: sections, cards and rows
    address: str = slot("address")  #: the reader's own
    unsubscribe: str = slot("unsubscribe")  #: URL
    manage: str = slot("manage")  #: URL; empty without web pages, like `pause` and `view`
    pause: str = slot("pause")  #: URL
    view: str = slot("view")  #: URL


@dataclass(frozen=True, kw_only=True)
class CardInput:
    """mail/card.html and mail/card.txt: one paper in full."""

    theme: Theme
    web: bool  #: whether there are web pages to vote on
    title: str
    authors: str  #: the first few and the number of others; may be empty
    venue: str  #: journal or categories; may be empty
    details: str  #: comment of the authors, date and version; may be empty
    excerpt: str  #: the sentences of the abstract that say what is new; may be empty
    read: str  #: URL of the paper's page, or of a search for its title
    read_label: str  #: "Read", or "Find" for a search
    pdf: str  #: URL; may be empty, like `code` and `project`
    code: str  #: URL of the code
    project: str  #: URL of the project page
    match: str = slot("match")  #: mail/match.html, or why it trends
    chips: str = slot("chips")  #: the reasons, strongest first: mail/chip.html; in the text part ": a, b"
    up: str  #: URL: more like this; begins with a slot, like `down`
    down: str  #: URL: less like this
    number: str = slot("number")  #: position in the issue, in the text part


@dataclass(frozen=True, kw_only=True)
class RowInput:
    """mail/row.html and mail/row.txt: one paper in one line."""

    theme: Theme
    title: str
    read: str  #: URL
    match: str = slot("match")  #: "42%", or blank


@dataclass(frozen=True, kw_only=True)
class RowsInput:
    """mail/rows.html and mail/rows.txt: the frame around the rows."""

    theme: Theme
    rows: str = slot("rows")  #: mail/row.html for each paper


@dataclass(frozen=True, kw_only=True)
class MatchInput:
    """mail/match.html: a match from 0 to 100 as number and bar, or why a paper trends."""

    theme: Theme
    match: int | None  #: None for a trending paper
    note: str = slot("note")  #: why it trends, when match is None


@dataclass(frozen=True, kw_only=True)
class ChipInput:
    """mail/chip.html: one reason."""

    theme: Theme
    label: str = slot("label")


@dataclass(frozen=True, kw_only=True)
class SectionInput:
    """mail/section.html and mail/section.txt: the heading above a group of papers."""

    theme: Theme
    name: str = slot("name")


@dataclass(frozen=True, kw_only=True)
class MoreInput:
    """mail/more.html and mail/more.txt: how many further papers matched."""

    theme: Theme
    web: bool  #: whether they can be seen on the web
    count: str = slot("count")  #: "1 more paper", "12 more papers"
    view: str = slot("view")  #: URL of the issue in the browser


@dataclass(frozen=True, kw_only=True)
class EmptyInput:
    """mail/empty.html and mail/empty.txt: shown when no paper matched."""

    theme: Theme
