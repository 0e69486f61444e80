"""Layouts: everything that all readers of one theme and language share, rendered and encoded before the first issue."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from digest.issues import Pick
from digest.rendering.cards import Cards
from digest.rendering.chips import Chips
from digest.rendering.encoded_text import EncodedText, encoded
from digest.rendering.escaping import encoded_fragment
from digest.rendering.inputs import EmptyInput, IssueInput, Masthead, MatchInput, MoreInput, RowsInput, SectionInput
from digest.rendering.neutralizing import neutralized
from digest.rendering.sections import OTHERS, TRENDING
from digest.rendering.templates import TemplatePair, Templates
from digest.rendering.theme import Theme

HTML_BOUND = 92_000  #: octets; Gmail hides what comes after about 102,400
MAX_HEADINGS = 1_000  #: cached at a time
_RESERVED_FOR_WORDS = 3_000  #: octets reserved for subject, preheader, date, address and links


class Words(NamedTuple):
    """The text around the body of an issue: the slots of mail/issue.mjml and mail/issue.txt."""

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
    """The prepared fragments of one theme, with or without links to web pages."""

    def __init__(self, templates: Templates, masthead: Masthead, theme: Theme, *, web: bool) -> None:
        self.wording = templates.wording
        self.cards = Cards(templates, theme, web=web)
        self.chips = Chips(templates, theme)
        given = IssueInput(masthead=masthead, theme=theme, web=web, language=self.wording.language)
        shell = TemplatePair(templates, "issue", given, kind="mjml")
        self._html_around, self._text_around = (
            part.around("body", *Words._fields) for part in (shell.html, shell.text)
        )
        self.room = HTML_BOUND - shell.html.size - _RESERVED_FOR_WORDS  #: octets of HTML available to the body
        self._section = TemplatePair(templates, "section", SectionInput(theme=theme))
        self._ours = {
            TRENDING: self.wording.gettext("Trending"),
            OTHERS: self.wording.gettext("Other matches"),
        }
        self.heading = lru_cache(MAX_HEADINGS)(self._heading)  #: cached, because readers share keywords
        self.rows = TemplatePair(templates, "rows", RowsInput(theme=theme))
        self.more = TemplatePair(templates, "more", MoreInput(theme=theme, web=web))
        self.empty = TemplatePair(templates, "empty", EmptyInput(theme=theme))
        self._trend = templates.encoded("mail/match.html", MatchInput(theme=theme, match=None))
        self._matches = [_match(templates, theme, match) for match in range(101)]

    def around(self, html: list[bytes], text: list[bytes], words: Words) -> tuple[list[bytes], list[bytes]]:
        """Return the whole issue in HTML and in text, from both forms of its body and the text around it."""
        rich = self._html_around(html, tuple([word.html for word in words]))
        return rich, self._text_around(text, tuple([word.text for word in words]))

    def _heading(self, section: str) -> EncodedText:
        """Return the heading of a section: a keyword as the reader wrote it, or one of ours in their language."""
        name, html, text = encoded_fragment(self._ours.get(section, section)), self._section.html, self._section.text
        size = html.size + html.times("name") * name.size
        return EncodedText(b"".join(html.fill({"name": name.html})), b"".join(text.fill({"name": name.text})), size)

    def match(self, pick: Pick) -> EncodedText:
        """Return the match as a number and a bar (as words in the text part), or why the paper trends."""
        return self._trending(pick) if pick.match is None else self._matches[pick.match]

    def _trending(self, pick: Pick) -> EncodedText:
        why = encoded_fragment(neutralized(pick.trending) or self.wording.gettext("Trending"))
        size = self._trend.size + self._trend.times("note") * why.size
        return EncodedText(b"".join(self._trend.fill({"note": why.html})), why.text, size)


def _match(templates: Templates, theme: Theme, match: int) -> EncodedText:
    html = templates.render("mail/match.html", MatchInput(theme=theme, match=match))
    return EncodedText(
        encoded(html), encoded(templates.wording.gettext("%(match)s%% match", match=match)), len(html.encode())
    )


def short_match(pick: Pick) -> bytes:
    """Return the match for a row: "42%", four characters wide."""
    return _NO_MATCH if pick.match is None else _SHORT[pick.match]


def encoded_number(number: int) -> bytes:
    """Return the position of a paper in the issue, aligned to two digits."""
    return _NUMBERS[number] if number < len(_NUMBERS) else encoded(str(number))


_NO_MATCH = encoded("    ")
_SHORT = [encoded(f"{match:>3}%") for match in range(101)]
_NUMBERS = [encoded(f"{number:>2}") for number in range(100)]
