"""Cards: what one paper looks like in every issue, rendered once a paper."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property

from digest.errors import MessageError
from digest.papers import Paper
from digest.rendering.encoded_text import slot_marker
from digest.rendering.excerpts import shortened
from digest.rendering.inputs import CardInput, RowInput
from digest.rendering.key_sentences import key_sentences
from digest.rendering.neutralizing import neutralized
from digest.rendering.paper_links import paper_links
from digest.rendering.templates import TemplatePair, Templates
from digest.rendering.theme import Theme
from digest.rendering.wording import ENGLISH, Wording

MAX_AUTHORS = 4  #: above, the first three are named and the others counted
LONGEST_TITLE = 500  # characters; nobody titles a paper so, but a broken listing may
LONGEST_NAME = 60
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
        links = paper_links(paper)
        return CardInput(
            theme=self._theme,
            web=self._web,
            title=shortened(neutralized(paper.title), LONGEST_TITLE) or self._templates.wording.gettext("Untitled"),
            authors=author_line(paper.authors, self._templates.wording),
            venue=_venue(paper),
            excerpt=key_sentences(neutralized(paper.abstract or paper.tldr), self._theme.abstract_columns).text,
            read=links.read,
            read_label=self._templates.wording.gettext("Read")
            if links.found
            else self._templates.wording.gettext("Find"),
            pdf=links.pdf if links.pdf != links.read else "",
            up=slot_marker("vote") + f"/{paper.number}/up",
            down=slot_marker("vote") + f"/{paper.number}/down",
        )


def author_line(authors: Sequence[str], wording: Wording = ENGLISH) -> str:
    """Return up to four names, or the first three and how many more."""
    names = [shortened(name, LONGEST_NAME) for name in map(neutralized, authors[: MAX_AUTHORS + 1]) if name]
    if len(authors) <= MAX_AUTHORS:
        return ", ".join(names)
    shown = names[: MAX_AUTHORS - 1]
    more = len(authors) - len(shown)
    return wording.ngettext("%(names)s and %(num)s more", "%(names)s and %(num)s more", more, names=", ".join(shown))


def _venue(paper: Paper) -> str:
    if paper.journal_ref:
        return neutralized(paper.journal_ref)[:80]
    return neutralized(paper.categories[0])[:40] if paper.categories else ""
