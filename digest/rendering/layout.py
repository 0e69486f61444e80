"""A layout: everything that is the same for all readers of one look, rendered and encoded before the first issue."""

from __future__ import annotations

from functools import lru_cache

from digest.issues import Pick
from digest.rendering.cards import Cards
from digest.rendering.chips import Chips
from digest.rendering.escaping import html_piece
from digest.rendering.inert import inert
from digest.rendering.inputs import (
    EmptyInput,
    IssueInput,
    Masthead,
    MatchInput,
    MoreInput,
    RowsInput,
    SectionInput,
)
from digest.rendering.pieces import Piece, joined, piece
from digest.rendering.sections import OTHERS, TRENDING
from digest.rendering.templates import Sheet, Templates
from digest.rendering.theme import Theme

HTML_BOUND = 92_000  #: octets; Gmail hides what comes after about 102,400
MOST_HEADINGS = 10_000  #: kept at a time


class Layout:
    """The prepared pieces of one theme, with links to web pages or without."""

    def __init__(self, templates: Templates, masthead: Masthead, theme: Theme, *, web: bool) -> None:
        self.wording = templates.wording
        self.cards = Cards(templates, theme, web=web)
        self.chips = Chips(templates, theme)
        shell = IssueInput(masthead=masthead, theme=theme, web=web, language=self.wording.language)
        self.shell = Sheet(templates, "issue", shell, kind="mjml")
        self._section = Sheet(templates, "section", SectionInput(theme=theme))
        self.heading = lru_cache(MOST_HEADINGS)(self._heading)  #: as below, kept: readers share keywords
        self.rows = Sheet(templates, "rows", RowsInput(theme=theme))
        self.more = Sheet(templates, "more", MoreInput(theme=theme, web=web))
        self.empty = Sheet(templates, "empty", EmptyInput(theme=theme))
        self._trend = templates.pattern("mail/match.html", MatchInput(theme=theme, match=None))
        self._matches = [_match(templates, theme, match) for match in range(101)]

    def _heading(self, section: str) -> tuple[Piece, Piece]:
        """Gives the heading of a section in both parts: a keyword of the reader as it is, ours in their language."""
        ours = {TRENDING: self.wording.say("Trending"), OTHERS: self.wording.say("More of your interests")}
        name = ours.get(section, section)
        html, text = self._section.html.fill({"name": html_piece(name)}), self._section.text.fill({"name": piece(name)})
        return joined(html), joined(text)

    def match(self, pick: Pick) -> tuple[Piece, Piece]:
        """Gives the match as number and bar and in words, for either part; or why the paper trends."""
        if pick.match is not None:
            return self._matches[pick.match]
        why = inert(pick.trending) or self.wording.say("Trending")
        return joined(self._trend.fill({"note": html_piece(why)})), piece(why)


def _match(templates: Templates, theme: Theme, match: int) -> tuple[Piece, Piece]:
    html = templates.render("mail/match.html", MatchInput(theme=theme, match=match))
    return piece(html), piece(templates.wording.say("%(match)s%% match", match=match))


def short_match(pick: Pick) -> Piece:
    """Gives the match as a row shows it: "42%", four characters wide."""
    return _NO_MATCH if pick.match is None else _SHORT[pick.match]


def number_piece(number: int) -> Piece:
    """Gives a paper's place in the issue, aligned for two digits."""
    return _NUMBERS[number] if number < len(_NUMBERS) else piece(str(number))


_NO_MATCH = piece("    ")
_SHORT = [piece(f"{match:>3}%") for match in range(101)]
_NUMBERS = [piece(f"{number:>2}") for number in range(100)]
