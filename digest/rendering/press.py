"""The press: one issue -> its rendering, as a join of pieces made before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from digest.errors import TemplateError
from digest.issues import Issue
from digest.papers import Paper
from digest.rendering import headline, pieces
from digest.rendering.body import lay_out
from digest.rendering.dates import long_date
from digest.rendering.inert import inert
from digest.rendering.inputs import Addressee, IssueLinks, Masthead
from digest.rendering.layout import Layout, html_piece
from digest.rendering.pieces import Filling, Piece, piece
from digest.rendering.templates import Templates
from digest.rendering.theme import read_theme

HTML_BOUND = 92_000  #: octets; Gmail hides what comes after about 102,400
_ROOM_OF_SLOTS = 3_000  #: octets kept for subject, preheader, date, address and links in the shell


@dataclass(frozen=True, kw_only=True)
class Rendering:
    """One issue, ready to read and ready for the wire."""

    subject: str
    preheader: str
    html_pieces: tuple[Piece, ...]
    text_pieces: tuple[Piece, ...]

    @cached_property
    def html(self) -> str:
        """The HTML part as text."""
        return pieces.plain_of(self.html_pieces)

    @cached_property
    def text(self) -> str:
        """The text part."""
        return pieces.plain_of(self.text_pieces)


class Press:
    """Renders issues of one sender in one theme. Everything that does not change is prepared once."""

    def __init__(self, *, with_web: Layout, without_web: Layout) -> None:
        self._with_web, self._without_web = with_web, without_web

    @classmethod
    def load(cls, templates: Mapping[str, str], masthead: Masthead, theme: str = "default") -> Press:
        """Gives a press for templates by name ("mail/issue.mjml"). Raises TemplateError: file, line, reason."""
        file = f"theme/{theme}.toml"
        if file not in templates:
            raise TemplateError(file, None, "is not there")
        look, prepared, sender = read_theme(templates[file], file), Templates(templates), _clean(masthead)
        return cls(
            with_web=Layout(prepared, sender, look, web=True), without_web=Layout(prepared, sender, look, web=False)
        )

    def issue(self, issue: Issue, papers: Mapping[int, Paper], reader: Addressee, links: IssueLinks) -> Rendering:
        """Gives the issue as this reader gets it, in at most 92,000 octets of HTML.

        Raises MessageError when a paper of the issue is missing.
        """
        layout = self._with_web if links.view else self._without_web
        shell = layout.shell
        body = lay_out(layout, issue, papers, links, HTML_BOUND - shell.html.size - _ROOM_OF_SLOTS)
        titles = [card.title for card in body.cards]
        summary = headline.summary(issue, sum([card.words for card in body.cards]))
        words = {
            "subject": headline.subject(issue, titles),
            "preheader": headline.preheader(titles, summary),
            "date": long_date(issue.issue_date),
            "summary": summary,
            "address": inert(reader.address),
            **_urls(links),
        }
        html: dict[str, Filling] = {name: html_piece(text) for name, text in words.items()}
        text: dict[str, Filling] = {name: piece(text) for name, text in words.items()}
        return Rendering(
            subject=words["subject"],
            preheader=words["preheader"],
            html_pieces=shell.html.fill(html | {"body": tuple(body.html)}),
            text_pieces=shell.text.fill(text | {"body": tuple(body.text)}),
        )


def _urls(links: IssueLinks) -> dict[str, str]:
    return {"unsubscribe": links.unsubscribe, "manage": links.manage, "pause": links.pause, "view": links.view}


def _clean(masthead: Masthead) -> Masthead:
    return Masthead(name=inert(masthead.name), address=inert(masthead.address), postal=inert(masthead.postal))
