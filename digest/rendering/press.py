"""The press: one issue -> its rendering, as a join of pieces made before."""

from __future__ import annotations

from collections.abc import Mapping

from digest.errors import TemplateError
from digest.issues import Issue
from digest.papers import Paper
from digest.rendering import headline
from digest.rendering.body import lay_out
from digest.rendering.inert import inert
from digest.rendering.inputs import Addressee, IssueLinks, Masthead
from digest.rendering.layout import HTML_BOUND, Layout, both_pieces, kept_pieces
from digest.rendering.letters import Letters
from digest.rendering.lint import check
from digest.rendering.pieces import Filling
from digest.rendering.result import Rendering
from digest.rendering.templates import Templates
from digest.rendering.theme import Theme, read_theme

_SHARED = frozenset({"heading", "lead", "manage"})  # the same for many readers
_ROOM_OF_SLOTS = 3_000  #: octets kept for subject, preheader, date, address and links in the shell


class Press:
    """Renders issues of one sender in one theme. Everything that does not change is prepared once."""

    def __init__(self, templates: Templates, masthead: Masthead, theme: Theme) -> None:
        self._with_web = Layout(templates, masthead, theme, web=True)
        self._without_web = Layout(templates, masthead, theme, web=False)
        self.letters = Letters(templates, masthead, theme, self._layout)

    @classmethod
    def load(cls, templates: Mapping[str, str], masthead: Masthead, theme: str = "default") -> Press:
        """Gives a press for templates by name ("mail/issue.mjml"). Raises TemplateError: file, line, reason."""
        file = f"theme/{theme}.toml"
        if file not in templates:
            raise TemplateError(file, None, "is not there")
        for name in sorted(templates):
            if name.startswith("mail/") and name.endswith(".mjml") and not name.startswith("mail/_"):
                check(name, templates)
        return cls(Templates(templates), _clean(masthead), read_theme(templates[file], file))

    def issue(self, issue: Issue, papers: Mapping[int, Paper], reader: Addressee, links: IssueLinks) -> Rendering:
        """Gives the issue as this reader gets it, in at most 92,000 octets of HTML.

        Raises MessageError when a paper of the issue is missing.
        """
        layout = self._layout(links)
        shell = layout.shell
        body = lay_out(layout, issue, papers, links, HTML_BOUND - shell.html.size - _ROOM_OF_SLOTS)
        titles = [card.title for card in body.cards]
        summary = headline.summary(issue, sum([card.words for card in body.cards]))
        words = {
            "subject": headline.subject(issue, titles),
            "preheader": headline.preheader(titles, summary),
            "heading": headline.heading(issue),
            "lead": summary,
            "address": inert(reader.address),
            **_urls(links),
        }
        filled = {name: (kept_pieces if name in _SHARED else both_pieces)(text) for name, text in words.items()}
        html: dict[str, Filling] = {name: rich for name, (rich, _) in filled.items()}
        text: dict[str, Filling] = {name: plain for name, (_, plain) in filled.items()}
        return Rendering(
            subject=words["subject"],
            preheader=words["preheader"],
            html_pieces=shell.html.fill(html | {"body": body.html}),
            text_pieces=shell.text.fill(text | {"body": body.text}),
        )

    def _layout(self, links: IssueLinks) -> Layout:
        return self._with_web if links.manage else self._without_web


def _urls(links: IssueLinks) -> dict[str, str]:
    return {"unsubscribe": links.unsubscribe, "manage": links.manage, "pause": links.pause, "view": links.view}


def _clean(masthead: Masthead) -> Masthead:
    return Masthead(name=inert(masthead.name), address=inert(masthead.address), postal=inert(masthead.postal))
