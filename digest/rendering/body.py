"""The body of an issue: cards, rows and "N more", within the size bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from digest.issues import Issue, Pick
from digest.papers import Paper
from digest.rendering.cards import Card
from digest.rendering.encoded_text import EncodedText, Filling
from digest.rendering.escaping import encoded_fragment
from digest.rendering.inputs import IssueLinks
from digest.rendering.layout import Layout, encoded_number, short_match
from digest.rendering.sections import TRENDING, Section, sections
from digest.rendering.templates import TemplatePair

RESERVED_FOR_ROWS = 8_000  #: octets of HTML kept for rows where not every card fits
RESERVED_FOR_MORE = 1_000  #: octets kept for "N more on the web"


@dataclass(slots=True)
class Body:
    """The body so far, in both parts."""

    html: list[bytes] = field(default_factory=list)  #: in quoted-printable, like `text`
    text: list[bytes] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)  #: papers shown in full, in display order
    sizes: dict[int, int] = field(default_factory=dict)  #: octets of HTML of each card, by paper number
    size: int = 0  #: octets of HTML of all cards and headings

    def add(self, element: TemplatePair, html: Mapping[str, Filling], text: Mapping[str, Filling]) -> None:
        """Add an element with its slots filled in each part."""
        self.html += element.html.fill(html)
        self.text += element.text.fill(text)


def lay_out(layout: Layout, issue: Issue, papers: Mapping[int, Paper], links: IssueLinks, room: int) -> Body:
    """Return the body of an issue in at most `room` octets of HTML.

    The strongest picks get full cards, the next ones a row each, and the rest is counted. Raise MessageError when a
    paper is missing.
    """
    vote, picks = encoded_fragment(links.vote), issue.picks + issue.trending
    body = _cards(layout, picks, papers, vote)
    if body.size > room - RESERVED_FOR_MORE:
        fitting = _how_many_fit(
            [body.sizes[pick.paper] for pick in picks], room - RESERVED_FOR_MORE - RESERVED_FOR_ROWS
        )
        body = _cards(layout, picks[:fitting], papers, vote)
    rows = (*picks[len(body.cards) :], *issue.also)
    left = _add_rows(body, layout, rows, papers, room) if rows else 0
    if issue.more + left:
        _add_more(body, layout, issue.more + left, links)
    if not (picks or rows):
        body.add(layout.empty, {}, {})
    return body


def _cards(layout: Layout, picks: Sequence[Pick], papers: Mapping[int, Paper], vote: EncodedText) -> Body:
    """Return a body with a full card for each of these picks, grouped in sections."""
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
            filling = encoded_number(len(cards)), match.text, reasons.text
            text += arrange(fixed + filling)
            slots = card.matches * match.size + card.chips * reasons.size + card.votes * vote.size
            sizes[pick.paper] = card.size + slots
    body.size += sum(sizes.values())
    return body


def _how_many_fit(sizes: Sequence[int], room: int) -> int:
    return sum(1 for used in accumulate(sizes) if used <= room)


def _groups(picks: Sequence[Pick]) -> list[Section]:
    if not picks or picks[-1].match is not None:  # trending picks come last
        return sections(picks)
    trending = [pick for pick in picks if pick.match is None]
    return [*sections([pick for pick in picks if pick.match is not None]), (TRENDING, trending)]


def _add_rows(body: Body, layout: Layout, rows: Sequence[Pick], papers: Mapping[int, Paper], room: int) -> int:
    """Add the rows that fit and return the number of rows that do not."""
    html: list[bytes] = []
    text: list[bytes] = []
    left = room - RESERVED_FOR_MORE - layout.rows.html.size - body.size
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
    count = encoded_fragment(layout.wording.ngettext("%(num)s more paper", "%(num)s more papers", number))
    view = encoded_fragment(links.view)
    body.add(layout.more, {"count": count.html, "view": view.html}, {"count": count.text, "view": view.text})
