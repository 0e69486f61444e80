"""Markup inside the texts of a listing: HTML to plain text, with the standard library's tolerant parser."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_TAG = re.compile(
    r"</?(?:p|div|br|b|i|em|strong|a|span|sub|sup|ul|ol|li|h[1-6]|jats:\w+|tt|code|img|table|section)\b[^<>]*>", re.I
)
_BLOCKS = frozenset({"p", "div", "br", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "table", "section"})
_SILENT = frozenset({"script", "style", "head", "title"})
_RAISED = {"sup": "^", "sub": "_"}


def has_markup(text: str) -> bool:
    """Tell whether `text` is HTML: it has a well-known tag. `a <b and c> d` or `<think>` in plain text is not one."""
    return bool(_TAG.search(text))


def plain(markup: str) -> str:
    """Return the text of an HTML fragment: blocks on lines of their own, x<sup>2</sup> as x^{2}."""
    reader = _TextReader()
    reader.feed(bounded(markup))
    reader.close()
    return "".join(reader.parts).strip()


def bounded(markup: str) -> str:
    """Return markup that the standard library's parser reads in linear time: no comments, and nothing left open.

    That parser looks for the end of each comment, section and tag again and again, to the end of the text when there
    is none.
    """
    parts, place = [], 0
    while (start := markup.find("<!--", place)) >= 0:
        parts.append(markup[place:start])
        end = markup.find("-->", start + 4)
        place = end + 3 if end >= 0 else len(markup)
    text = "".join((*parts, markup[place:])).replace("<![", "&lt;![")
    last = text.rfind(">") + 1
    return text[:last] + text[last:].replace("<", "&lt;")


class _TextReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silence = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.silence += tag in _SILENT
        if tag in _BLOCKS or tag.startswith("jats:"):
            self.parts.append("\n")
        elif tag in _RAISED:
            self.parts.append(_RAISED[tag] + "{")

    def handle_endtag(self, tag: str) -> None:
        self.silence = max(self.silence - (tag in _SILENT), 0)
        if tag in _BLOCKS or tag.startswith("jats:"):
            self.parts.append("\n")
        elif tag in _RAISED:
            self.parts.append("}")

    def handle_data(self, data: str) -> None:
        if not self.silence:
            self.parts.append(data)
