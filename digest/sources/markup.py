"""Markup inside the texts of a listing: HTML, JATS and MathML to plain text, with a tolerant parser."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

from digest.sources.raw_listing import collapsed

MOST_ESCAPES = 4  #: how often a text may have been escaped

_NAMES = (
    "p|div|br|hr|b|i|em|strong|a|span|sub|sup|inf|ul|ol|dl|dd|dt|li|h[1-6]|tt|code|pre|img|table|tr|td|th|tbody|section|sec|"
    "u|s|small|big|font|strike|center|cite|blockquote|q|abbr|article|figure|figcaption|scp|sc|italic|bold|roman|monospace|"
    "underline|sans-serif|overline|it|bi|named-content|styled-content|xref|ext-link|inline-graphic|(?:inline|disp)-formula|"
    r"tex-math|alternatives|formula|title|abstracttext|para|list|list-item|math|semantics|annotation|m[inos]|mrow|mtext|"
    r"m(?:sub|sup|subsup|frac|sqrt|over|under|style|space|fenced|padded)|(?:jats|mml|m|ce|xhtml|html|ns\d):[\w-]+"
)
_TAG = re.compile(rf"</?(?:{_NAMES})(?:\s+[\w:.-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s<>\"']+))*\s*/?>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_BLOCKS = frozenset(
    "p div br hr li ul ol dl dd dt h1 h2 h3 h4 h5 h6 tr table section sec title blockquote article figure list".split()
)
_SILENT = frozenset({"script", "style", "head", "annotation", "annotation-xml"})
_RAISED = {"sup": "^", "sub": "_", "inf": "_"}
_SCRIPTS = {"msub": ("", "_"), "msup": ("", "^"), "msubsup": ("", "_", "^"), "mfrac": ("", "/"), "munder": ("", "_")}
_FORMULAS = frozenset({"inline-formula", "disp-formula", "alternatives", "formula"})
_TEX_DOCUMENT = re.compile(r"\\begin\s*\{document\}(.*?)\\end\s*\{document\}", re.DOTALL)


def has_markup(text: str) -> bool:
    """Return whether `text` is HTML: it has a well-known tag. `a <b and c> d` or `<think>` in plain text is not one."""
    return "<" in text and bool(_TAG.search(text))


def readable(text: str) -> str:
    """Return on one line what a reader sees of a text: tags and entities undone, however often they were escaped.

    >>> readable("Gates &amp;amp; &lt;i&gt;Doors&lt;/i&gt;"), readable("CO<sub>2</sub> and <think>")
    ('Gates & Doors', 'CO_{2} and <think>')
    """
    return collapsed(readable_lines(text))


def readable_lines(text: str) -> str:
    """Return what a reader sees of a text, its blocks on lines of their own."""
    for _ in range(MOST_ESCAPES):
        if has_markup(text):
            text = plain(text)
        elif "&" in text and _ENTITY.search(text):
            text = unescaped(text)
        else:
            break
    return text


def unescaped(text: str) -> str:
    """Return `text` with its entities as characters, once; an ampersand that begins none stays."""
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text)


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
    """Collects the text; of a formula that is given as TeX and as MathML, it keeps the MathML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silence = 0
        self.math: list[list[str | int]] = []  #: open elements of MathML, each with the number of its children
        self.formula_starts: list[int] = []  #: where each open formula begins in the parts
        self.tex: list[str] | None = None  #: the TeX of a formula while it is read

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        name = tag.rpartition(":")[2]
        self.silence += name in _SILENT
        if name == "math" or self.math:
            self._open_math(name)
        elif name == "tex-math":
            self.tex = []
        elif name in _FORMULAS:
            self.formula_starts.append(len(self.parts))
        elif name in _BLOCKS:
            self.parts.append("\n")
        elif name in _RAISED:
            self.parts.append(_RAISED[name] + "{")
        elif name not in _KNOWN and not _TAG.match(self.get_starttag_text() or ""):
            self._keep(self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag.rpartition(":")[2] not in ("br", "hr", "img"):
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        self.silence = max(self.silence - (name in _SILENT), 0)
        if self.math:
            self._close_math(name)
        elif name == "tex-math":
            self._close_tex()
        elif name in _FORMULAS and self.formula_starts:
            self.formula_starts.pop()
        elif name in _BLOCKS:
            self.parts.append("\n")
        elif name in _RAISED:
            self.parts.append("}")
        elif name not in _KNOWN and not _TAG.match(f"</{tag}>"):
            self._keep(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self.silence:
            self._keep(data.strip() if self.math else data)

    def _keep(self, text: str) -> None:
        (self.parts if self.tex is None else self.tex).append(text)

    def _open_math(self, name: str) -> None:
        if name == "math" and self.formula_starts:
            del self.parts[self.formula_starts[-1] :]
        if self.math:
            parent = self.math[-1]
            parent[1] = place = int(parent[1]) + 1
            marks = _SCRIPTS.get(str(parent[0]), ())
            if 1 < place <= len(marks):
                self.parts.append(marks[place - 1] + ("{" if marks[place - 1] in "^_" else ""))
        self.math.append([name, 0])

    def _close_math(self, name: str) -> None:
        if all(open_name != name for open_name, _ in self.math):
            return
        while self.math.pop()[0] != name:
            pass
        if self.math:
            marks = _SCRIPTS.get(str(self.math[-1][0]), ())
            place = int(self.math[-1][1])
            self.parts.append("}" if 1 < place <= len(marks) and marks[place - 1] in "^_" else "")

    def _close_tex(self) -> None:
        tex = "".join(self.tex or ())
        self.tex = None
        has_math = bool(self.formula_starts) and any(map(str.strip, self.parts[self.formula_starts[-1] :]))
        found = _TEX_DOCUMENT.search(tex)
        formula = (found[1] if found else tex).strip().strip("$").strip()
        if formula and not has_math:
            self.parts.append(f"${formula}$")


_KNOWN = _BLOCKS | _SILENT | frozenset(_RAISED) | _FORMULAS | {"tex-math", "math", "body", "html", "meta", "link"}
