'''Other saves of Hugging Face papers pages, as text or markdown with links: one card for each linked paper.

Tools differ in how they write a link; what they have in common is that a card's title, abstract, votes and comments
are linked texts whose addresses carry the paper's arXiv id:

    >>> from datetime import UTC, datetime
    >>> page = b"""# Daily Papers
    ...
    ... [17](https://huggingface.co/login?next=%2Fpapers%2F2501.00001)
    ...
    ... ### [A Sample of a Card](https://huggingface.co/papers/2501.00001)
    ...
    ... [We show that a sample of a card can be read whichever tool wrote it, as long as it has links that tell which of
    ... its texts belong together. The abstract is the longest of them.](https://huggingface.co/papers/2501.00001)
    ...
    ... Jan 9[3](https://huggingface.co/papers/2501.00001#community)
    ... """
    >>> listing = read(RawListing(data=page, origin="page.md", now=datetime(2026, 4, 1, tzinfo=UTC)))
    >>> [(s.title, s.abstract[:12], s.arxiv_id, s.votes, s.comments, s.published) for s in listing.sightings]
    [('A Sample of a Card', 'We show that', '2501.00001', 17, 3, datetime.date(2026, 1, 9))]
'''

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from digest.identity.identifiers import ArxivId
from digest.papers import Listing, Problem, PublishedKind, Sighting
from digest.sources.arxiv_feed import arxiv_links
from digest.sources.hf_page_text import dated
from digest.sources.raw_listing import Format, RawListing, collapsed

SHORTEST_ABSTRACT = 160
LONGEST_REST = 3_000  #: characters behind the last link that may belong to its card

_PAPER = re.compile(r"huggingface\.co/(?:papers/|login\?next=%2Fpapers%2F)(\d{4}\.\d{4,5})(?!\d)")
_DEFINITION = re.compile(r"^\s{0,3}\[([^\]\n]{1,80})\]:\s*<?(\S+?)>?\s*$", re.MULTILINE)
_REFERENCE = re.compile(r"\[((?:[^\[\]\\]|\\.){1,6000})\]\[([^\]\n]{1,80})\]")
_IMAGE = re.compile(r"!\[[^\]\n]{0,300}\]\([^()\s]{0,2000}\)")
_LINK = re.compile(
    r"\[((?:[^\[\]\\]|\\.){0,6000})\]\((https?://[^()\s]{1,2000})\)|(?<![(\w])<?(https?://[^\s<>()\[\]]{1,2000})>?"
)
_WRAP = re.compile(r"\\{1,2}(?:\s*\n|\s{2,})")
_ESCAPE = re.compile(r"\\([\\\[\]_*#`~|<>.!()+-])")
_DATE = re.compile(
    r"^(?:[^·\n]{0,200}·)?\W{0,4}(?:Published on )?"
    r"((?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{1,2}(?:, \d{4})?)\b"
)
_VOTES = re.compile(r"(?:^|\s|\])(?:Upvote\s*)?(\d{1,6})$")
_AUTHORS = re.compile(r"\d+ authors?$")
_HEADING = re.compile(r"^#{1,6}\s+")


@dataclass
class _Card:
    id: str
    line: int
    texts: list[str] = field(default_factory=list)
    votes: int | None = None
    comments: int | None = None
    date: str = ""


def _recognise(raw_listing: RawListing) -> bool:
    if raw_listing.opening.startswith(("<", "{")):
        return False
    return len(_PAPER.findall(raw_listing.head)) >= 2


def read(raw_listing: RawListing) -> Listing:
    """Return a paper for each card; a card that the page shows twice is one."""
    text = _inlined(raw_listing.text.replace("\r\n", "\n"))
    cards = _merged(_cards(text))
    sightings: list[Sighting] = []
    problems: list[Problem] = []
    for card in cards:
        sighting = _sighting(card, raw_listing, len(sightings) + 1)
        if sighting:
            sightings.append(sighting)
        else:
            problems.append(Problem(line=card.line, reason=f"a card for {card.id} without a title; left out"))
    return raw_listing.listing(FORMAT.name, sightings, problems, _page_date(text, raw_listing))


def _inlined(text: str) -> str:
    """Return the text with links of the form [text][1] written out, pictures left out."""
    targets = {name.lower(): target for name, target in _DEFINITION.findall(text)}
    text = _IMAGE.sub("", text)
    if not targets:
        return text
    body = _DEFINITION.sub("", text)
    return _REFERENCE.sub(lambda found: f"[{found[1]}]({targets.get(found[2].lower(), '')})", body)


def _cards(text: str) -> Iterator[_Card]:
    """Return a card for each run of links to one paper, with the linked texts and the date after them."""
    card: _Card | None = None
    before, line, counted = 0, 1, 0
    for found in _LINK.finditer(text):
        link = found[2] or found[3]
        paper = _PAPER.search(link)
        if not paper:
            continue
        between = text[before : found.start()]
        before = found.end()
        if card is not None:
            card.date = card.date or _first_date(between)
            if found[2]:
                card.texts += _paragraphs(between)
        if card is None or card.id != paper[1]:
            if card is not None:
                yield card
            line += text.count("\n", counted, found.start())
            counted = found.start()
            card = _Card(paper[1], line)
        # A bare address belongs to the block of text before it.
        _take(card, link, _tidied(found[1]) if found[2] else _last_block(between))
    if card is not None:
        rest = text[before : before + LONGEST_REST]
        unlinked = _paragraphs(rest)[:1] if max(map(len, card.texts), default=0) < SHORTEST_ABSTRACT else []
        card.texts += unlinked
        card.date = card.date or _first_date(rest if unlinked else rest[:200])
        yield card


def _take(card: _Card, link: str, text: str) -> None:
    if "login?next" in link:
        votes = _VOTES.search(text)
        card.votes = int(votes[1]) if votes else card.votes
    elif link.endswith("#community"):
        comments = _VOTES.search(text)
        card.comments = int(comments[1]) if comments else card.comments
    elif text and not _AUTHORS.search(text) and not _DATE.match(text):
        card.texts.append(text)


def _paragraphs(text: str) -> list[str]:
    """Return the blocks of a card that are long enough for an abstract although no link holds them."""
    return [
        tidied
        for block in text.split("\n\n")
        if len(tidied := _tidied(block)) >= SHORTEST_ABSTRACT and "](" not in block
    ]


def _last_block(text: str) -> str:
    return _tidied(text.rstrip().rpartition("\n\n")[2])


def _first_date(text: str) -> str:
    return next((found[1] for line in text.split("\n") if (found := _DATE.match(line.strip()))), "")


def _tidied(text: str) -> str:
    unwrapped = _WRAP.sub(" ", text)
    return _HEADING.sub("", collapsed(_ESCAPE.sub(r"\1", unwrapped)).strip("[] "))


def _merged(cards: Iterator[_Card]) -> list[_Card]:
    known: dict[str, _Card] = {}
    for card in cards:
        first = known.setdefault(card.id, card)
        if first is not card:
            first.texts += card.texts
            first.votes = card.votes if first.votes is None else first.votes
            first.comments = card.comments if first.comments is None else first.comments
            first.date = first.date or card.date
    return list(known.values())


def _sighting(card: _Card, raw_listing: RawListing, place: int) -> Sighting | None:
    titles = [text for text in card.texts if len(text) < SHORTEST_ABSTRACT * 2 and any(map(str.isalpha, text))]
    if not titles:
        return None
    abstracts = [text for text in card.texts if text != titles[0] and len(text) >= SHORTEST_ABSTRACT]
    published = _day(card.date, raw_listing)
    arxiv = ArxivId(id=card.id)
    return Sighting(
        title=titles[0],
        abstract=max(abstracts, key=len, default=""),
        arxiv_id=card.id,
        published=published,
        published_kind=PublishedKind.SUBMITTED if published else None,
        links=arxiv_links(arxiv) | {"hf": f"https://huggingface.co/papers/{card.id}"},
        votes=card.votes,
        comments=card.comments,
        position=place,
        line=card.line,
    )


def _day(shown: str, raw_listing: RawListing) -> date | None:
    return dated(shown, raw_listing) if shown else None


def _page_date(text: str, raw_listing: RawListing) -> date | None:
    first = _PAPER.search(text)
    return _day(_first_date(text[: first.start()] if first else ""), raw_listing)


FORMAT = Format(name="hf-cards", recognise=_recognise, read=read)
