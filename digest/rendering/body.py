"""The body of an issue: cards, rows and "N more", within the room that the size bound leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from digest.errors import MessageError
from digest.issues import Issue, Pick
from digest.papers import Paper
from digest.rendering.cards import Card
from digest.rendering.headline import count
from digest.rendering.inputs import IssueLinks
from digest.rendering.layout import Layout, html_piece, match_text, number_piece, short_match
from digest.rendering.pieces import EMPTY, Filling, Piece, piece, size_of
from digest.rendering.sections import Section, sections
from digest.rendering.templates import Sheet

TRENDING = "Trending"
ROOM_OF_ROWS = 8_000  #: octets of HTML kept for rows where not every card fits
ROOM_OF_MORE = 1_000  #: octets kept for "N more on the web"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A pick with its card, filled for one reader."""

    pick: Pick
    card: Card
    html: tuple[Piece, ...]
    size: int  #: octets of HTML


@dataclass(kw_only=True)
class Body:
    """What is laid out so far, in both parts."""

    html: list[Piece] = field(default_factory=list)
    text: list[Piece] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)  #: shown in full, in the order shown
    size: int = 0  #: octets of HTML

    def add(self, sheet: Sheet, fillings_html: Mapping[str, Filling], fillings_text: Mapping[str, Filling]) -> None:
        """Adds an element filled for each part."""
        html = sheet.html.fill(fillings_html)
        self.html.extend(html)
        self.size += size_of(html)
        self.text.extend(sheet.text.fill(fillings_text))


def lay_out(layout: Layout, issue: Issue, papers: Mapping[int, Paper], links: IssueLinks, room: int) -> Body:
    """Gives the body of an issue in at most `room` octets of HTML: the strongest picks in full, then rows, then a
    count. Raises MessageError when a paper is missing."""
    entries = [_entry(layout, pick, papers, links) for pick in (*issue.picks, *issue.trending)]
    whole = _how_many_fit(entries, room)
    body = Body()
    for section in _groups(entries[:whole]):
        _add_section(body, layout, section, {entry.pick.paper: entry for entry in entries})
    rows = [*(entry.pick for entry in entries[whole:]), *issue.also]
    left = _add_rows(body, layout, rows, papers, room)
    if issue.more + left:
        _add_more(body, layout, issue.more + left, links)
    if not (entries or rows):
        body.add(layout.empty, {}, {})
    return body


def _entry(layout: Layout, pick: Pick, papers: Mapping[int, Paper], links: IssueLinks) -> Entry:
    card = layout.cards.of(_paper(pick, papers))
    fillings: dict[str, Filling] = {
        "match": layout.match_html(pick),
        "chips": layout.chips_html(pick),
        "up": html_piece(links.up.get(pick.paper, "")),
        "down": html_piece(links.down.get(pick.paper, "")),
    }
    html = card.html.fill(fillings)
    return Entry(pick=pick, card=card, html=html, size=size_of(html))


def _paper(pick: Pick, papers: Mapping[int, Paper]) -> Paper:
    if pick.paper not in papers:
        raise MessageError(f"paper {pick.paper} of the issue is not there")
    return papers[pick.paper]


def _how_many_fit(entries: Sequence[Entry], room: int) -> int:
    sizes = [entry.size for entry in entries]
    if sum(sizes) <= room - ROOM_OF_MORE:
        return len(sizes)
    left = room - ROOM_OF_MORE - ROOM_OF_ROWS
    for place, size in enumerate(sizes):
        left -= size
        if left < 0:
            return place
    return len(sizes)


def _groups(entries: Iterable[Entry]) -> list[Section]:
    picks = [entry.pick for entry in entries]
    trending = tuple(pick for pick in picks if pick.match is None)
    matched = sections([pick for pick in picks if pick.match is not None])
    return [*matched, Section(name=TRENDING, picks=trending)] if trending else matched


def _add_section(body: Body, layout: Layout, section: Section, entries: Mapping[int, Entry]) -> None:
    if section.name:
        _add_heading(body, layout, section.name)
    for pick in section.picks:
        entry = entries[pick.paper]
        body.cards.append(entry.card)
        body.html.extend(entry.html)
        body.size += entry.size
        fillings = {"number": number_piece(len(body.cards)), "match": match_text(pick)}
        body.text.extend(entry.card.text.fill(fillings))


def _add_heading(body: Body, layout: Layout, name: str) -> None:
    body.add(layout.section, {"name": html_piece(name)}, {"name": piece(name)})


def _add_rows(body: Body, layout: Layout, rows: Sequence[Pick], papers: Mapping[int, Paper], room: int) -> int:
    """Adds what fits and gives how many rows did not."""
    html: list[Piece] = []
    text: list[Piece] = []
    left = room - ROOM_OF_MORE - layout.rows.html.size - body.size
    shown = 0
    for pick in rows:
        row, match = layout.cards.of(_paper(pick, papers)).row, {"match": short_match(pick)}
        left -= row.html.size
        if left < 0:
            break
        html.extend(row.html.fill(match))
        text.extend(row.text.fill(match))
        shown += 1
    if html:
        body.add(layout.rows, {"rows": tuple(html)}, {"rows": tuple(text)})
    return len(rows) - shown


def _add_more(body: Body, layout: Layout, number: int, links: IssueLinks) -> None:
    further = count(number, "more paper")
    body.add(
        layout.more,
        {"count": html_piece(further), "view": html_piece(links.view)},
        {"count": piece(further), "view": piece(links.view) if links.view else EMPTY},
    )
