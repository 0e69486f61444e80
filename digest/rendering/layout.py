"""A layout: everything that is the same for all readers of one look, rendered and encoded before the first issue."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from digest.issues import Pick
from digest.rendering.cards import Cards
from digest.rendering.chips import Chips
from digest.rendering.encoded_text import EncodedText, wire
from digest.rendering.escaping import piece
from digest.rendering.inputs import EmptyInput, IssueInput, Masthead, MatchInput, MoreInput, RowsInput, SectionInput
from digest.rendering.neutralizing import neutralized
from digest.rendering.sections import OTHERS, TRENDING
from digest.rendering.templates import Sheet, Templates
from digest.rendering.theme import Theme

HTML_BOUND = 92_000  #: octets; Gmail hides what comes after about 102,400
MOST_HEADINGS = 1_000  #: kept at a time
_ROOM_OF_WORDS = 3_000  #: octets kept for subject, preheader, date, address and links


class Words(NamedTuple):
    """What stands around the body of an issue: the slots of mail/issue.mjml and mail/issue.txt."""

    subject: EncodedText
    preheader: EncodedText
    heading: EncodedText
    lead: EncodedText
    address: EncodedText
    unsubscribe: EncodedText
    manage: EncodedText
    pause: EncodedText
    view: EncodedText


class Layout:
    """The prepared pieces of one theme, with links to web pages or without."""

    def __init__(self, templates: Templates, masthead: Masthead, theme: Theme, *, web: bool) -> None:
        self.wording = templates.wording
        self.cards = Cards(templates, theme, web=web)
        self.chips = Chips(templates, theme)
        given = IssueInput(masthead=masthead, theme=theme, web=web, language=self.wording.language)
        shell = Sheet(templates, "issue", given, kind="mjml")
        self._html_around, self._text_around = (
            part.around("body", *Words._fields) for part in (shell.html, shell.text)
        )
        self.room = HTML_BOUND - shell.html.size - _ROOM_OF_WORDS  #: octets of HTML that a body may have
        self._section = Sheet(templates, "section", SectionInput(theme=theme))
        self._ours = {TRENDING: self.wording.say("Trending"), OTHERS: self.wording.say("More of your interests")}
        self.heading = lru_cache(MOST_HEADINGS)(self._heading)  #: as below, kept: readers share keywords
        self.rows = Sheet(templates, "rows", RowsInput(theme=theme))
        self.more = Sheet(templates, "more", MoreInput(theme=theme, web=web))
        self.empty = Sheet(templates, "empty", EmptyInput(theme=theme))
        self._trend = templates.pattern("mail/match.html", MatchInput(theme=theme, match=None))
        self._matches = [_match(templates, theme, match) for match in range(101)]

    def around(self, html: list[bytes], text: list[bytes], words: Words) -> tuple[list[bytes], list[bytes]]:
        """Return the whole issue in HTML and in text, from its body in both and the words around it."""
        rich = self._html_around(html, tuple([word.html for word in words]))
        return rich, self._text_around(text, tuple([word.text for word in words]))

    def _heading(self, section: str) -> EncodedText:
        """Return the heading of a section: a keyword of the reader as it is, ours in their language."""
        name, html, text = piece(self._ours.get(section, section)), self._section.html, self._section.text
        size = html.size + html.times("name") * name.size
        return EncodedText(b"".join(html.fill({"name": name.html})), b"".join(text.fill({"name": name.text})), size)

    def match(self, pick: Pick) -> EncodedText:
        """Return the match as number and bar, in the text part in words; or why the paper trends."""
        return self._trending(pick) if pick.match is None else self._matches[pick.match]

    def _trending(self, pick: Pick) -> EncodedText:
        why = piece(neutralized(pick.trending) or self.wording.say("Trending"))
        size = self._trend.size + self._trend.times("note") * why.size
        return EncodedText(b"".join(self._trend.fill({"note": why.html})), why.text, size)


def _match(templates: Templates, theme: Theme, match: int) -> EncodedText:
    html = templates.render("mail/match.html", MatchInput(theme=theme, match=match))
    return EncodedText(wire(html), wire(templates.wording.say("%(match)s%% match", match=match)), len(html.encode()))


def short_match(pick: Pick) -> bytes:
    """Return the match as a row shows it: "42%", four characters wide."""
    return _NO_MATCH if pick.match is None else _SHORT[pick.match]


def number_wire(number: int) -> bytes:
    """Return a paper's place in the issue, aligned for two digits."""
    return _NUMBERS[number] if number < len(_NUMBERS) else wire(str(number))


_NO_MATCH = wire("    ")
_SHORT = [wire(f"{match:>3}%") for match in range(101)]
_NUMBERS = [wire(f"{number:>2}") for number in range(100)]
