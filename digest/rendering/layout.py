"""A layout: everything that is the same for all readers of one look, rendered and encoded before the first issue."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from digest.issues import Pick, Reason
from digest.rendering.cards import Cards
from digest.rendering.escaping import escaped
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
from digest.rendering.pieces import EMPTY, Piece, joined, piece
from digest.rendering.reasons import MOST_REASONS, label, speaking
from digest.rendering.templates import TEXT_WIDTH, Sheet, Templates
from digest.rendering.theme import Theme

HTML_BOUND = 92_000  #: octets; Gmail hides what comes after about 102,400
INDENT = 4  #: columns, of what stands below a title in the text part
MOST_KEPT = 50_000  #: reasons kept for the next issue
_NEEDS_ESCAPING = re.compile("[&<>'\"{=:]").search
# One line with nothing to escape or to encode, such as a link.
_STANDS_AS_IT_IS = re.compile("(?!\\.)[ !#-%(-;?-z|~]{0,74}[!#-%(-;?-z|~]").fullmatch


@dataclass(slots=True)
class WrittenReason:
    """Why a paper was picked, ready for both parts."""

    label: str
    chip: Piece  #: for the HTML
    first: Piece  #: for the text part, after the match: ": learning rate"
    next: Piece  #: on the same line as the reason before
    below: Piece  #: on a line of its own


class Layout:
    """The prepared pieces of one theme, with links to web pages or without."""

    def __init__(self, templates: Templates, masthead: Masthead, theme: Theme, *, web: bool) -> None:
        wording = self.wording = templates.wording
        self.cards = Cards(templates, theme, web=web)
        shell = IssueInput(masthead=masthead, theme=theme, web=web, language=wording.language)
        self.shell = Sheet(templates, "issue", shell, kind="mjml")
        self.section = Sheet(templates, "section", SectionInput(theme=theme))
        self.rows = Sheet(templates, "rows", RowsInput(theme=theme))
        self.more = Sheet(templates, "more", MoreInput(theme=theme, web=web))
        self.empty = Sheet(templates, "empty", EmptyInput(theme=theme))
        self._trend = templates.pattern("mail/match.html", MatchInput(theme=theme, match=None))
        self._matches = [_match(templates, theme, match) for match in range(101)]
        self._chip = templates.pattern("mail/chip.html", ChipInput(theme=theme))
        self._reasons: dict[tuple[object, ...], WrittenReason] = {}
        self._in_words = [piece(wording.say("%(match)s%% match", match=match)) for match in range(101)]

    def match(self, pick: Pick) -> Piece:
        """Gives the match as number and bar, or why the paper trends."""
        if pick.match is None:
            return joined(self._trend.fill({"note": html_piece(self._trending(pick))}))
        return self._matches[pick.match]

    def match_text(self, pick: Pick) -> Piece:
        """Gives the match in words, or why the paper trends, for the text part."""
        return piece(self._trending(pick)) if pick.match is None else self._in_words[pick.match]

    def _trending(self, pick: Pick) -> str:
        return inert(pick.trending) or self.wording.say("Trending")

    def reasons(self, pick: Pick) -> list[WrittenReason]:
        """Gives the reasons that speak for the paper, strongest first, each once, at most five."""
        found: dict[str, WrittenReason] = {}
        for reason in speaking(pick.reasons):
            key = (reason.term, reason.kind, reason.matched, reason.words, reason.share)
            written = self._reasons.get(key) or self._write(key, reason)
            found[written.label] = written
        return list(found.values())[:MOST_REASONS]

    def _write(self, key: tuple[object, ...], reason: Reason) -> WrittenReason:
        if len(self._reasons) >= MOST_KEPT:
            self._reasons.clear()
        name = label(reason, self.wording)
        chip = joined(self._chip.fill({"label": html_piece(name)}))
        first, following, below = (piece(lead + name) for lead in (": ", ", ", ",\n" + " " * INDENT))
        written = self._reasons[key] = WrittenReason(name, chip, first, following, below)
        return written


def html_piece(text: str) -> Piece:
    """Gives text from outside as a piece of HTML, escaped by the engine."""
    if _STANDS_AS_IT_IS(text):
        return Piece(text, text.encode() + b"=\r\n", len(text))
    return piece(str(escaped(text)) if _NEEDS_ESCAPING(text) else text)


def both_pieces(text: str) -> tuple[Piece, Piece]:
    """Gives text from outside as a piece of HTML and as a piece of the text part."""
    rich = html_piece(text)
    return rich, (rich if rich.plain == text else piece(text))


kept_pieces = lru_cache(maxsize=1_000)(both_pieces)


def _match(templates: Templates, theme: Theme, match: int) -> Piece:
    return piece(templates.render("mail/match.html", MatchInput(theme=theme, match=match)))


def in_chips(reasons: Sequence[WrittenReason]) -> tuple[Piece, ...]:
    """Gives the reasons as the HTML shows them: five pieces, the last ones empty where there are fewer."""
    return *[reason.chip for reason in reasons], *_NO_REASONS[len(reasons) :]


def in_words(reasons: Sequence[WrittenReason]) -> tuple[Piece, ...]:
    """Gives the reasons as the text part shows them after the match, wrapped: ": learning rate, optimizer".

    Five pieces, the last ones empty where there are fewer.
    """
    pieces: list[Piece] = []
    column = INDENT + len("100% match")
    for reason in reasons:
        column += len(", ") + len(reason.label)
        if not pieces:
            pieces.append(reason.first)
        elif column < TEXT_WIDTH:
            pieces.append(reason.next)
        else:
            pieces.append(reason.below)
            column = INDENT + len(reason.label)
    return *pieces, *_NO_REASONS[len(pieces) :]


def short_match(pick: Pick) -> Piece:
    """Gives the match as a row shows it: "42%", four characters wide."""
    return _NO_MATCH if pick.match is None else _SHORT[pick.match]


def number_piece(number: int) -> Piece:
    """Gives a paper's place in the issue, aligned for two digits."""
    return _NUMBERS[number] if number < len(_NUMBERS) else piece(str(number))


_NO_REASONS = (EMPTY,) * MOST_REASONS
_NO_MATCH = piece("    ")
_SHORT = [piece(f"{match:>3}%") for match in range(101)]
_NUMBERS = [piece(f"{number:>2}") for number in range(100)]
