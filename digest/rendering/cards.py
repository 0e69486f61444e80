"""Cards: what one paper looks like in every issue, rendered once a paper."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

from digest.errors import MessageError
from digest.papers import Paper
from digest.rendering.encoded_text import slot_marker
from digest.rendering.excerpts import shortened
from digest.rendering.inputs import CardInput, RowInput
from digest.rendering.key_sentences import key_sentences
from digest.rendering.neutralizing import neutralized
from digest.rendering.paper_details import author_line, details_line, venue_line
from digest.rendering.paper_links import paper_links
from digest.rendering.templates import TemplatePair, Templates
from digest.rendering.theme import Theme

LONGEST_TITLE = 500  # characters; nobody titles a paper so, but a broken listing may
MAX_CARDS = 4096  #: kept at a time
_WORD = re.compile(r"\w+|[\u3040-\u9fff]")


class Card:
    """One paper, ready but for its slots."""

    def __init__(self, templates: Templates, paper: Paper, given: CardInput) -> None:
        self.paper, self.title = paper, given.title
        self.words = len(_WORD.findall(f"{given.title} {given.excerpt}"))  #: to read, for the reading time
        self._row = templates, RowInput(theme=given.theme, title=given.title, read=given.read)
        html = templates.encoded("mail/card.html", given)
        #: filled with the match, the chips and the beginning of the links to vote, as far as there are any
        self.html = html.arranged("match", "chips", "vote")
        self.size, self.votes = html.size, html.times("vote")  #: octets of HTML without its slots; links to vote
        self.matches, self.chips = html.times("match"), html.times("chips")  #: slots, one each as a rule
        #: filled with its place in the issue, the match and the reasons in words
        self.text = templates.encoded("mail/card.txt", given).arranged("number", "match", "chips")

    @cached_property
    def row(self) -> TemplatePair:
        """The paper in one line."""
        templates, given = self._row
        return TemplatePair(templates, "row", given)


class Cards:
    """The cards of one mail renderer, each rendered when it is first needed."""

    def __init__(self, templates: Templates, theme: Theme, *, web: bool) -> None:
        self._templates, self._theme, self._web = templates, theme, web
        self._made: dict[int, Card] = {}

    def of(self, number: int, papers: Mapping[int, Paper]) -> Card:
        """Return the card of a paper; one that was enriched since gets a new one. Raise MessageError when the paper is
        not there."""
        card, paper = self._made.get(number), papers.get(number)
        if card is not None and card.paper is paper:
            return card
        if paper is None:
            raise MessageError(f"paper {number} of the issue is not there")
        if card is not None and card.paper == paper:
            return card
        if len(self._made) >= MAX_CARDS:
            self._made.clear()
        card = self._made[number] = Card(self._templates, paper, self._card_input(paper))
        return card

    def _card_input(self, paper: Paper) -> CardInput:
        links, wording = paper_links(paper), self._templates.wording
        return CardInput(
            theme=self._theme,
            web=self._web,
            title=shortened(neutralized(paper.title), LONGEST_TITLE) or wording.gettext("Untitled"),
            authors=author_line(paper.authors, wording, paper.affiliations),
            venue=venue_line(paper),
            details=details_line(paper, wording),
            excerpt=key_sentences(neutralized(paper.abstract or paper.tldr), self._theme.abstract_columns).text,
            read=links.read,
            read_label=wording.gettext("Read") if links.found else wording.gettext("Find"),
            pdf=links.pdf if links.pdf != links.read else "",
            code=links.code if links.code != links.read else "",
            project=links.project if links.project != links.read else "",
            up=slot_marker("vote") + f"/{paper.number}/up",
            down=slot_marker("vote") + f"/{paper.number}/down",
        )
