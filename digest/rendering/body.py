"""The body of an issue: cards, rows and "N more", within the room that the size bound leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from digest.issues import Issue, Pick
from digest.papers import Paper
from digest.rendering.cards import Card
from digest.rendering.encoded_text import EncodedText, Filling
from digest.rendering.escaping import piece
from digest.rendering.inputs import IssueLinks
from digest.rendering.layout import Layout, number_wire, short_match
from digest.rendering.sections import TRENDING, Section, sections
from digest.rendering.templates import Sheet

ROOM_OF_ROWS = 8_000  #: octets of HTML kept for rows where not every card fits
ROOM_OF_MORE = 1_000  #: octets kept for "N more on the web"


@dataclass(slots=True)
class Body:
    """What is laid out so far, in both parts."""

    html: list[bytes] = field(default_factory=list)  #: in quoted-printable, as the next
    text: list[bytes] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)  #: shown in full, in the order shown
    sizes: dict[int, int] = field(default_factory=dict)  #: octets of HTML of each of them, by its paper
    size: int = 0  #: octets of HTML of them all, with the headings

    def add(self, sheet: Sheet, html: Mapping[str, Filling], text: Mapping[str, Filling]) -> None:
        """Add an element, filled for each part."""
        self.html += sheet.html.fill(html)
        self.text += sheet.text.fill(text)


def lay_out(layout: Layout, issue: Issue, papers: Mapping[int, Paper], links: IssueLinks, room: int) -> Body:
    """Return the body of an issue in at most `room` octets of HTML: the strongest picks in full, then rows, then a
    count. Raise MessageError when a paper is missing."""
    vote, picks = piece(links.vote), issue.picks + issue.trending
    body = _cards(layout, picks, papers, vote)
    if body.size > room - ROOM_OF_MORE:
        fitting = _how_many_fit([body.sizes[pick.paper] for pick in picks], room - ROOM_OF_MORE - ROOM_OF_ROWS)
        body = _cards(layout, picks[:fitting], papers, vote)
    rows = (*picks[len(body.cards) :], *issue.also)
    left = _add_rows(body, layout, rows, papers, room) if rows else 0
    if issue.more + left:
        _add_more(body, layout, issue.more + left, links)
    if not (picks or rows):
        body.add(layout.empty, {}, {})
    return body


def _cards(layout: Layout, picks: Sequence[Pick], papers: Mapping[int, Paper], vote: EncodedText) -> Body:
    """Return a body with these picks in full, in their sections."""
    body = Body()
    html, text, cards, sizes = body.html, body.text, body.cards, body.sizes
    for name, group in _groups(picks):
        if name:
            heading = layout.heading(name)
            html.append(heading.html)
            text.append(heading.text)
            body.size += heading.size
        for pick in group:
            card, match, reasons = (
                layout.cards.of(pick.paper, papers),
                layout.match(pick),
                layout.chips.of(pick.reasons),
            )
            cards.append(card)
            fixed, arrange = card.html
            filling = match.html, reasons.html, vote.html
            html += arrange(fixed + filling)
            fixed, arrange = card.text
            filling = number_wire(len(cards)), match.text, reasons.text
            text += arrange(fixed + filling)
            slots = card.matches * match.size + card.chips * reasons.size + card.votes * vote.size
            sizes[pick.paper] = card.size + slots
    body.size += sum(sizes.values())
    return body


def _how_many_fit(sizes: Sequence[int], room: int) -> int:
    return sum(1 for used in accumulate(sizes) if used <= room)


def _groups(picks: Sequence[Pick]) -> list[Section]:
    if not picks or picks[-1].match is not None:  # trending ones stand last
        return sections(picks)
    trending = [pick for pick in picks if pick.match is None]
    return [*sections([pick for pick in picks if pick.match is not None]), (TRENDING, trending)]


def _add_rows(body: Body, layout: Layout, rows: Sequence[Pick], papers: Mapping[int, Paper], room: int) -> int:
    """Add what fits and gives how many rows did not."""
    html: list[bytes] = []
    text: list[bytes] = []
    left = room - ROOM_OF_MORE - layout.rows.html.size - body.size
    shown = 0
    for pick in rows:
        row, match = layout.cards.of(pick.paper, papers).row, {"match": short_match(pick)}
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
    count = piece(layout.wording.several("%(num)s more paper", "%(num)s more papers", number))
    view = piece(links.view)
    body.add(layout.more, {"count": count.html, "view": view.html}, {"count": count.text, "view": view.text})
