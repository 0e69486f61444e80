"""A layout: everything that is the same for all readers of one look, rendered and encoded before the first issue."""

from __future__ import annotations

from markupsafe import escape

from digest.issues import Pick
from digest.rendering.cards import Cards
from digest.rendering.inert import inert
from digest.rendering.inputs import (
    ChipInput,
    EmptyInput,
    IssueInput,
    Masthead,
    MatchInput,
    MoreInput,
    RowsInput,
    SectionInput,
)
from digest.rendering.pieces import Filling, Piece, piece
from digest.rendering.reasons import labels
from digest.rendering.templates import Sheet, Templates, hang
from digest.rendering.theme import Theme

HTML_BOUND = 92_000  #: octets; Gmail hides what comes after about 102,400
MOST_KEPT = 50_000  #: chips kept for the next issue


def html_piece(text: str) -> Piece:
    """Gives text from outside as a piece of HTML, escaped by the engine."""
    return piece(str(escape(text)))


class Layout:
    """The prepared pieces of one theme, with links to web pages or without."""

    def __init__(self, templates: Templates, masthead: Masthead, theme: Theme, *, web: bool) -> None:
        self.cards = Cards(templates, theme, web=web)
        shell = IssueInput(masthead=masthead, theme=theme, web=web, language="en")
        self.shell = Sheet(templates, "issue", shell, kind="mjml")
        self.section = Sheet(templates, "section", SectionInput(theme=theme))
        self.rows = Sheet(templates, "rows", RowsInput(theme=theme))
        self.more = Sheet(templates, "more", MoreInput(theme=theme, web=web))
        self.empty = Sheet(templates, "empty", EmptyInput(theme=theme))
        self._trend = templates.pattern("mail/match.html", MatchInput(theme=theme, match=None))
        self._matches = [_match(templates, theme, match) for match in range(101)]
        self._chip = templates.pattern("mail/chip.html", ChipInput(theme=theme))
        self._chips: dict[str, Piece] = {}

    def match_html(self, pick: Pick) -> Filling:
        """Gives the match as number and bar, or why the paper trends."""
        if pick.match is None:
            return self._trend.fill({"note": html_piece(inert(pick.trending) or "Trending")})
        return self._matches[pick.match]

    def chips_html(self, pick: Pick) -> tuple[Piece, ...]:
        """Gives the reasons as chips, strongest first."""
        return tuple([self._chips.get(name) or self._make_chip(name) for name in labels(pick.reasons)])

    def _make_chip(self, name: str) -> Piece:
        if len(self._chips) >= MOST_KEPT:
            self._chips.clear()
        chip = self._chips[name] = self._chip.fill_one({"label": html_piece(name)})
        return chip


def _match(templates: Templates, theme: Theme, match: int) -> Piece:
    return piece(templates.render("mail/match.html", MatchInput(theme=theme, match=match)))


def match_text(pick: Pick) -> Piece:
    """Gives the match and the reasons in words, for the text part."""
    names = labels(pick.reasons)
    lead = inert(pick.trending) or "Trending" if pick.match is None else f"{pick.match}% match"
    line = f"{lead}: {', '.join(names)}" if names else lead
    return piece(line if len(line) <= 68 else hang(line, 4))


def short_match(pick: Pick) -> Piece:
    """Gives the match as a row shows it: "42%", four characters wide."""
    return _NO_MATCH if pick.match is None else _SHORT[pick.match]


def number_piece(number: int) -> Piece:
    """Gives a paper's place in the issue, aligned for two digits."""
    return _NUMBERS[number] if number < len(_NUMBERS) else piece(str(number))


_NO_MATCH = piece("    ")
_SHORT = [piece(f"{match:>3}%") for match in range(101)]
_NUMBERS = [piece(f"{number:>2}") for number in range(100)]
