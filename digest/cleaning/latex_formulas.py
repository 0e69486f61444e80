"""LaTeX formulas -> one line of Unicode: `k^{-3}` as k⁻³, `\\frac{1}{2}` as 1/2, `\\mathbb{R}^N` as ℝᴺ.

A small recursive reader over pieces. It never fails: what it does not know it shows by its name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from digest.cleaning.latex_symbols import (
    BLACKBOARD,
    FONTS,
    FUNCTIONS,
    GREEK,
    MATH_ACCENTS,
    OPERATORS,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    TEXT_SYMBOLS,
)

LONGEST_SCRIPT = 6  #: characters that are raised or lowered at most
DEEPEST = 30

_PIECE = re.compile(r"\\[a-zA-Z]+\*?|\\.|[{}^_&~]|\s+|[^\\{}^_&~\s]", re.DOTALL)
_SPACES = {",": "", ":": " ", ";": " ", "!": "", " ": " ", "\\": " ", "/": "", "-": "", ">": " "}
_SIMPLE = re.compile(r"[\w.√∞ℓ'′]+")
_RELATIONS = frozenset("≤≥≠≈∼≃≡∝≪≫≲≳→←↔⇒⇐⇔∈∉⊂⊆⊃⊇∪∩")
_TIGHT = re.compile(r"(?<=\S) *([×·±]) *(?=\S)")
_LEADING = re.compile(r"^([∼≈≤≥<>~]) (?=\d)")
_BLANKS = re.compile(r"\s+")
_DROPPED = frozenset("label ref eqref cite citep citet tag begin end".split())
_INVISIBLE = frozenset("hspace vspace phantom textcolor color".split())


def rendered(formula: str) -> str:
    """Return the formula as one line of readable Unicode."""
    text = _Reader(_PIECE.findall(formula)).everything()
    return _LEADING.sub(r"\1", _BLANKS.sub(" ", _TIGHT.sub(r"\1", text)).strip())


class _Reader:
    def __init__(self, pieces: list[str]) -> None:
        self.pieces = pieces
        self.place = 0
        self.depth = 0

    def everything(self) -> str:
        """Return all that is left, unmatched closing braces left out."""
        parts = []
        while self.place < len(self.pieces):
            parts.append(self.group())
        return "".join(parts)

    def group(self) -> str:
        """Return what comes before the next closing brace, which is consumed."""
        parts: list[str] = []
        while self.place < len(self.pieces):
            piece = self.pieces[self.place]
            self.place += 1
            if piece == "}":
                break
            parts.append(self.shown(piece))
        return "".join(parts)

    def argument(self) -> str:
        """Return the next group or piece: what a command or a script takes."""
        while self.place < len(self.pieces) and self.pieces[self.place].isspace():
            self.place += 1
        if self.place >= len(self.pieces) or self.pieces[self.place] == "}":
            return ""
        piece = self.pieces[self.place]
        self.place += 1
        return self.shown(piece)

    def shown(self, piece: str) -> str:
        if piece == "{":
            return self.nested()
        if piece in "^_" and piece:
            return self.script(piece)
        if piece in "&~" or piece.isspace():
            return " "
        if piece.startswith("\\") and len(piece) > 1:
            return self.command(piece[1:].removesuffix("*"))
        return piece

    def nested(self) -> str:
        if self.depth >= DEEPEST:
            return ""
        self.depth += 1
        inner = self.group()
        self.depth -= 1
        return inner

    def script(self, piece: str) -> str:
        if self.depth >= DEEPEST:
            return ""
        self.depth += 1
        text = self.argument().strip()
        self.depth -= 1
        return script(text, piece)

    def command(self, name: str) -> str:
        if self.depth >= DEEPEST:
            return ""
        if name[0].isalpha() and self.place + 1 < len(self.pieces) and self.pieces[self.place].isspace():
            self.place += self.pieces[self.place + 1].isalnum()  # TeX takes the blank after a command as its end
        self.depth += 1
        shown = self.known(name)
        self.depth -= 1
        return shown

    def known(self, name: str) -> str:
        if name in OPERATORS:
            symbol = OPERATORS[name]
            return f" {symbol} " if symbol in _RELATIONS else symbol
        if name in GREEK:
            return GREEK[name]
        if name in ("frac", "dfrac", "tfrac", "nicefrac", "sfrac", "cfrac"):
            return f"{bracketed(self.argument())}/{bracketed(self.argument())}"
        if name in ("binom", "dbinom", "tbinom"):
            return f"({self.argument()} choose {self.argument()})"
        if name in ("unicode", "symbol", "char"):
            return numbered(self.argument())
        if name == "sqrt":
            return f"√{bracketed(self.argument())}"
        if name == "mathbb":
            return "".join(BLACKBOARD.get(letter, letter) for letter in self.argument())
        if name in MATH_ACCENTS:
            return accented(self.argument(), MATH_ACCENTS[name])
        return self.other(name)

    def other(self, name: str) -> str:
        if name in _DROPPED or name in _INVISIBLE:
            self.argument()
            return " "
        if name in FUNCTIONS:
            return f" {name} "
        if name in FONTS:
            return ""
        if name in _SPACES:
            return _SPACES[name]
        if name == "|":
            return "‖"
        return TEXT_SYMBOLS.get(name, name)


def script(text: str, mark: str) -> str:
    """Return `text` raised ("^") or lowered ("_") when that is possible and short; else with the mark before it."""
    table: Mapping[str, str] = SUPERSCRIPTS if mark == "^" else SUBSCRIPTS
    dense = text.replace(" ", "")
    if not dense:
        return ""
    if len(dense) <= LONGEST_SCRIPT and all(character in table for character in dense):
        return "".join(table[character] for character in dense)
    if len(text) == 1 and not text.isalnum():
        return text if mark == "^" else f"_{text}"
    return f"{mark}{text}" if _SIMPLE.fullmatch(text) or text.startswith("(") else f"{mark}({text})"


def numbered(code: str) -> str:
    """Return the character with that code point, written "x2014" or as decimal digits; other text as it is."""
    bare = code.strip().lower().lstrip('u+"')
    hexadecimal = bare.startswith("x") or '"' in code
    try:
        character = chr(int(bare.lstrip("x"), 16 if hexadecimal else 10))
    except (ValueError, OverflowError):
        return code
    return character if character.isprintable() else " "


def bracketed(text: str) -> str:
    """Return `text` in brackets unless it is a single number or name."""
    bare = text.strip()
    return bare if _SIMPLE.fullmatch(bare) or (bare[:1] == "(" and bare[-1:] == ")") else f"({bare})"


def accented(text: str, accent: str) -> str:
    """Return a single letter with the accent above it; longer text as it is."""
    bare = text.strip()
    return unicodedata.normalize("NFC", bare + accent) if len(bare) == 1 and bare.isalpha() else bare
