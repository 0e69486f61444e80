"""The body of an issue: cards, rows and "N more", within the room that the size bound leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from digest.errors import MessageError
from digest.issues import Issue, Pick
from digest.papers import Paper
from digest.rendering.cards import Card
from digest.rendering.escaping import html_piece
from digest.rendering.inputs import IssueLinks
from digest.rendering.layout import Layout, number_piece, short_match
from digest.rendering.pieces import Filling, Piece, piece, size_of
from digest.rendering.sections import TRENDING, Section, sections
from digest.rendering.templates import Sheet

ROOM_OF_ROWS = 8_000  #: octets of HTML kept for rows where not every card fits
ROOM_OF_MORE = 1_000  #: octets kept for "N more on the web"


@dataclass(slots=True)
class Entry:
    """A pick with its card, and what fills the card for one reader."""

    pick: Pick
    card: Card
    html: tuple[Piece, ...]  #: the card, filled
    match: Piece  #: for the text part, as the next
    reasons: Piece


@dataclass(kw_only=True)
class Body:
    """What is laid out so far, in both parts."""

    html: list[Piece] = field(default_factory=list)
    text: list[Piece] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)  #: shown in full, in the order shown

    def add(self, sheet: Sheet, html: Mapping[str, Filling], text: Mapping[str, Filling]) -> None:
        """Adds an element, filled for each part."""
        self.html += sheet.html.fill(html)
        self.text += sheet.text.fill(text)


def lay_out(layout: Layout, issue: Issue, papers: Mapping[int, Paper], links: IssueLinks, room: int) -> Body:
    """Gives the body of an issue in at most `room` octets of HTML: the strongest picks in full, then rows, then a
    count. Raises MessageError when a paper is missing."""
    vote = html_piece(links.vote)
    entries = [_entry(layout, pick, papers, vote) for pick in (*issue.picks, *issue.trending)]
    body = _cards(layout, entries)
    if size_of(body.html) > room - ROOM_OF_MORE:
        body = _cards(layout, entries[: _how_many_fit(entries, room - ROOM_OF_MORE - ROOM_OF_ROWS)])
    rows = [*(entry.pick for entry in entries[len(body.cards) :]), *issue.also]
    left = _add_rows(body, layout, rows, papers, room) if rows else 0
    if issue.more + left:
        _add_more(body, layout, issue.more + left, links)
    if not (entries or rows):
        body.add(layout.empty, {}, {})
    return body


def _cards(layout: Layout, entries: Sequence[Entry]) -> Body:
    """Gives a body with these entries in full, in their sections."""
    body, by_paper = Body(), {entry.pick.paper: entry for entry in entries}
    for section in _groups(entries):
        if section.name:
            html, text = layout.heading(section.name)
            body.html.append(html)
            body.text.append(text)
        for pick in section.picks:
            _add_card(body, by_paper[pick.paper])
    return body


def _entry(layout: Layout, pick: Pick, papers: Mapping[int, Paper], vote: Piece) -> Entry:
    card, reasons = layout.cards.of(_paper(pick, papers)), layout.chips.of(pick.reasons)
    match, match_in_words = layout.match(pick)
    return Entry(pick, card, card.html((match, reasons.chips, vote)), match_in_words, reasons.words)


def _add_card(body: Body, entry: Entry) -> None:
    body.cards.append(entry.card)
    body.html += entry.html
    body.text += entry.card.text((number_piece(len(body.cards)), entry.match, entry.reasons))


def _paper(pick: Pick, papers: Mapping[int, Paper]) -> Paper:
    if pick.paper not in papers:
        raise MessageError(f"paper {pick.paper} of the issue is not there")
    return papers[pick.paper]


def _how_many_fit(entries: Sequence[Entry], room: int) -> int:
    sizes = accumulate(size_of(entry.html) for entry in entries)
    return sum(1 for used in sizes if used <= room)


def _groups(entries: Iterable[Entry]) -> list[Section]:
    picks = [entry.pick for entry in entries]
    trending = tuple([pick for pick in picks if pick.match is None])
    matched = sections([pick for pick in picks if pick.match is not None])
    return [*matched, Section(name=TRENDING, picks=trending)] if trending else matched


def _add_rows(body: Body, layout: Layout, rows: Sequence[Pick], papers: Mapping[int, Paper], room: int) -> int:
    """Adds what fits and gives how many rows did not."""
    html: list[Piece] = []
    text: list[Piece] = []
    left = room - ROOM_OF_MORE - layout.rows.html.size - size_of(body.html)
    shown = 0
    for pick in rows:
        row, match = layout.cards.of(_paper(pick, papers)).row, {"match": short_match(pick)}
        left -= row.html.size
        if left < 0:
            break
        html += row.html.fill(match)
        text += row.text.fill(match)
        shown += 1
    if html:
        body.add(layout.rows, {"rows": html}, {"rows": text})
    return len(rows) - shown


def _add_more(body: Body, layout: Layout, number: int, links: IssueLinks) -> None:
    further = layout.wording.several("%(num)s more paper", "%(num)s more papers", number)
    body.add(
        layout.more,
        {"count": html_piece(further), "view": html_piece(links.view)},
        {"count": piece(further), "view": piece(links.view)},
    )
