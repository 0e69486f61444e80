"""What publishers put around an abstract: bylines, citations, dates, labels and licences, which are no part of it."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LABELLED = re.compile(
    r"(?:Published|Updated|Received|Accepted|Comments?|PDF|Authors?(?:\(s\))?|DOI|PMID|PMCID|Journal(?: ref)?|"
    r"Subjects?|Categories|Links?|URL|Source|Keywords?|Tags|Posted|Submitted|First posted|"
    r"Editors?|Conference|Citation|Copyright|"
    r"Publication date|Available online|Volume|Issue|Pages?|Type|Licen[cs]e|Published in|Read more)\s*:\s",
    re.IGNORECASE,
)
_CITATION = re.compile(
    r"(?:"
    r"\[[^\[\]]{4,120}\]\s*Published\b.{0,80}"  # [Rev. Samples 136, 123401] Published Tue Mar 10, 2026
    r"|[\w .,&()-]{0,80}\bdoi:?\s*(?:https?://(?:dx\.)?doi\.org/)?10\.\S+"  # Samples doi: 10.1000/x
    r"|https?://\S+"
    r"|(?:PMID|PMCID|PMC|DOI|arXiv|ISSN)[:\s]\s*\S+(?:\s*\|\s*(?:PMID|PMC(?:ID)?|DOI)[:\s]\s*\S+)*"
    r"|(?=.{0,250}(?:\d\(\d|[;:]\s?e?\d|doi:))[A-Z][\w .&:()'-]{1,90}[.,] (?:19|20)\d\d"
    r"(?: [A-Z][a-z]{2,8}\.?)?(?: \d{1,2})?\s?[;.:].{0,160}"  # J Sample. 2026 Mar 10;1(2)
    r"|[A-Z][\w .&:'-]{1,90}, (?:Volume|Vol\.?) [\w-]+(?:, .{0,120})?"
    r"|Published online:? .{0,80}|(?:First|Early) (?:published|view).{0,100}|Ahead of [Pp]rint\.?"
    r"|Online ahead of print\.?"
    r"|(?:No abstract(?: available)?|NO ABSTRACT|\[?Abstract not available\]?|N/A|none)\.?"
    r"|(?:The post .{1,300} appeared first on .{1,100})"
    r"|(?:Continue reading|Read (?:more|the full)|View (?:full|article|PDF)|Full text|Graphical abstract|TOC graphic)\b"
    r".{0,60}"
    r")",
    re.IGNORECASE,
)
_RIGHTS = re.compile(
    r"(?:©|\(c\)\s?\d{4}|Copyright\b|All rights reserved|This is an open.access article|This article is "
    r"(?:protected|licensed|made available)|Licen[cs]ed under|CC[ -]BY|"
    r"Creative Commons|Distributed under|Published by |"
    r"Conflicts? of interest|Approved for public release|The authors? declares? (?:no|that))",
    re.IGNORECASE,
)
_LICENCE_AT_END = re.compile(
    r"\s*(?:(?:©|\(C\)|\(c\)|Copyright(?: ©| \(c\))?)\s*(?:\d{4}|The Authors?|by )[^©]{0,220}"
    r"|This article is protected by copyright\.(?: All rights reserved\.?)?"
    r"|All rights reserved\.?"
    r"|(?:PsycINFO|PsycInfo) Database Record.{0,100}"
    r"|This (?:article|work) is licensed under [^.]{0,200}\.?)\s*$"
)
_LICENCE_AT_START = re.compile(r"^(?:©|Copyright ©?)\s*\d{4}[^.]{0,120}\.\s+(?:All rights reserved\.\s+)?(?=[A-Z])")
_HEADING = re.compile(r"(?:Graphical\s+)?(?:Abstract|Summary|ABSTRACT|SUMMARY|Description)[.:]?")
_TITLE_MARK = re.compile(
    r"^(?:\[(?:ASAP|Early View|Just Accepted|Articles?|Research Articles?|Paper|Review|News)\]\s*)+", re.I
)
_TITLE_CITATION = re.compile(r"^[A-Z][\w .&-]{1,80}, Vol\. \d+,(?: (?:Iss\.|No\.) \d+,)? Pages? [\w–-]+: (?=\S)")
LONG = 40  #: words of a text that is surely more than a note
SHORTEST_SENTENCE = 11  #: words; a shorter paragraph without a full stop is a label or a heading


def title_of(text: str) -> str:
    """Return a title without the marks and the citation that some publishers put before it.

    >>> title_of("[ASAP] Gates"), title_of("Samples, Vol. 11, Pages 12: Gates")
    ('Gates', 'Gates')
    """
    return _TITLE_CITATION.sub("", _TITLE_MARK.sub("", text)) or text


def prose(paragraphs: Iterable[str], title: str, *, is_markup: bool) -> str:
    """Return the paragraphs that are the abstract, on one line; empty when all of them are something else."""
    kept = [text for text in paragraphs if not is_boilerplate(text, title)]
    while kept and _HEADING.fullmatch(kept[0]):
        del kept[0]
    if is_markup and not any(map(_is_sentence, kept)):
        return ""
    return without_licence(" ".join(kept))


def best_abstract(texts: Iterable[str]) -> str:
    """Return the text of several that reads like an abstract: the first long one, else the longest."""
    kept = [text for text in texts if not is_boilerplate(text)]
    return without_licence(next((text for text in kept if len(text.split()) >= LONG), max(kept, key=len, default="")))


def is_boilerplate(paragraph: str, title: str = "") -> bool:
    """Return whether a paragraph is a byline, a citation, a label or a licence rather than prose."""
    text = paragraph.strip()
    return (
        bool(_LABELLED.match(text) or _CITATION.fullmatch(text))
        or (bool(_RIGHTS.match(text)) and len(text) < 400)
        or text in (title, title_of(title))
        or title_of(text) == title_of(title)
    )


def _is_sentence(text: str) -> bool:
    return (
        text.rstrip("”\"')").endswith((".", "!", "?", "…", "。"))
        or len(text.split()) >= SHORTEST_SENTENCE
        or len(text) > 90
    )


def without_licence(abstract: str) -> str:
    """Return an abstract without the copyright line at its end or beginning.

    >>> without_licence("We show it. © 2026 The Authors. Published by Sample House.")
    'We show it.'
    """
    if not any(mark in abstract for mark in ("©", "opyright", "reserved", "licensed", "(C)", "(c)", "Database Record")):
        return abstract
    shorter = _LICENCE_AT_START.sub("", abstract)
    return _LICENCE_AT_END.sub("", _LICENCE_AT_END.sub("", shorter)).strip() or abstract
