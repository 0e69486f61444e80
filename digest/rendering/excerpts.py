"""Two to four lines of an abstract, cut where a sentence ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile
from unicodedata import east_asian_width

WIDE = "\u1100"  #: no character before it takes two columns
SHORTEST, LONGEST = 80, 280  # columns: two and four lines of a card at 600 px
_SENTENCE_END = re.compile(r"[.!?][\"'”’)\]]*(?=\s+[\"'“‘(\[]?[^\W_a-z])|[。！？]|[.!?]$")
_NOT_AN_END = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|al|etc|resp|approx|fig|figs|eq|eqs|sec|ref|refs|no|dr|prof|mr|ms|st|w\.r\.t|a\.k\.a|phys"
    r"|rev|lett)|(?:^|\s|\.)[A-Z])\.$",
    re.IGNORECASE,
)


def beginning(abstract: str, columns: int = LONGEST) -> str:
    """Return the first sentences within that many columns; where the first is longer, its words with an ellipsis.

    A wide character (Chinese, Japanese, Korean, emoji) takes two columns.
    """
    most = len(abstract) if len(abstract) * 2 <= columns else _characters_within(abstract, columns)
    if len(abstract) <= most:
        return abstract
    ends = list(takewhile(lambda end: end <= most, sentence_ends(abstract)))
    if ends and ends[-1] * LONGEST >= most * SHORTEST:
        return abstract[: ends[-1]]
    return shortened(abstract, most)


def columns_of(text: str) -> int:
    """Return how many columns a text takes."""
    if not text or max(text) < WIDE:
        return len(text)
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def cut_to(text: str, columns: int) -> str:
    """Return the text within that many columns, cut between words and marked with an ellipsis where cut."""
    return shortened(text, len(text) if len(text) * 2 <= columns else _characters_within(text, columns))


def _characters_within(text: str, columns: int) -> int:
    """Return how many characters from the start fit in that many columns."""
    if not text or max(text) < WIDE:
        return min(len(text), columns)
    for place, character in enumerate(text):
        columns -= 2 if east_asian_width(character) in "WF" else 1
        if columns < 0:
            return place
    return len(text)


def sentence_ends(text: str) -> Iterator[int]:
    """Return the places just after each sentence; a full stop of an abbreviation or an initial ends none."""
    found = (match.end() for match in _SENTENCE_END.finditer(text))
    return (end for end in found if not _NOT_AN_END.search(text, max(0, end - 12), end))


def shortened(text: str, length: int) -> str:
    """Return the text within that many characters: cut between words and marked with an ellipsis where cut."""
    if len(text) <= length:
        return text
    head = text[: length - 1]
    space = head.rfind(" ")
    if space > length // 2:
        head = head[:space]
    return head.rstrip(" ,;:.-–—(") + "…"
