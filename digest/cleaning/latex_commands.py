"""Text-mode LaTeX -> plain text: accents, quotes, ties, escapes, font commands, citations."""

from __future__ import annotations

import re
import unicodedata

from digest.cleaning.latex_formulas import rendered
from digest.cleaning.latex_symbols import ACCENTS, FONTS, TEXT_SYMBOLS

_LETTER = r"[^\W\d_]"
_GROUPED_LETTER = rf"\{{\s*(\\[ij]|{_LETTER})\s*\}}"
_SIGN_ACCENT = rf"(['`^\"~=.])(?:{_GROUPED_LETTER}|(\\[ij](?![A-Za-z])|{_LETTER}))"
_BRACED_ACCENT = re.compile(rf"\{{\\(?:{_SIGN_ACCENT}|([uvHckrdbt])(?:{_GROUPED_LETTER}|\s+({_LETTER})))\s*\}}")
_BARE_ACCENT = re.compile(
    rf"\\(?:{_SIGN_ACCENT}|([uvHckrdb])(?:{_GROUPED_LETTER}"
    # A blank ends the command; the letter after it is alone, inside a word, or the capital of a name.
    rf"|\s+({_LETTER}(?![A-Za-z])|(?<=[A-Za-z]\\[a-zA-Z] ){_LETTER}|(?<=\\[vHc] )[A-Z])))"
)
_LETTERS = "|".join(sorted((name for name in TEXT_SYMBOLS), key=len, reverse=True))
_SYMBOL = re.compile(rf"\{{\\({_LETTERS})\s*\}}|\\({_LETTERS})(?:\{{\}}|(?![A-Za-z])(\s?))")
_CITATION = re.compile(
    r"[~\s]*\\(?:cite[a-z]*|ref|eqref|cref|Cref|autoref|label|footnotemark|thanks|vspace|hspace)\*?(?:\[[^\]]*\])*\{[^{}]*\}"
)
_FOOTNOTE = re.compile(r"\s*\\footnote\{((?:[^{}]|\{[^{}]*\})*)\}")
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\{[^{}]*\}(?:\[[^\]]*\])?")
_FONT_COMMAND = re.compile(rf"\\(?:{'|'.join(sorted(FONTS, key=len, reverse=True))})\*?\s*\{{([^{{}}]*)\}}")
_FONT_SWITCH = re.compile(
    r"\{\s*\\(?:it|bf|tt|em|sc|sf|rm|sl|bfseries|itshape|ttfamily|scshape|emph|cal|small|large)\b\s*([^{}]*)\}"
)
_BARE_FONT = re.compile(rf"\\(?:{'|'.join(sorted(FONTS, key=len, reverse=True))})(?![A-Za-z])\s*")
_FRACTION = re.compile(r"\\[dt]?frac\s*\{[^{}]*\}\s*\{[^{}]*\}")
_COMMAND_WITH_ARGUMENT = re.compile(r"\\([A-Za-z]+)\*?\s*\{([^{}]*)\}")
_COMMAND = re.compile(r"\{(\\[A-Za-z]+)\s*\}|(\\[A-Za-z]+)\*?(?:\{\})?")
_ESCAPED = re.compile(r"\\([%&_#{}$])")
_BREAK = re.compile(r"\s*\\(?:linebreak|newline|break|par|quad|qquad)(?![A-Za-z])\s*")
_COLOUR = re.compile(r"\\(?:textcolor|color)\{[^{}]*\}(?:\{([^{}]*)\})?")
_ESCAPE_SEQUENCE = re.compile(r"\\(?:u200[0-9a-fA-F]|x[0-9a-f]{2}(?![A-Za-z])|[nt](?![A-Za-z{]))")
_SPACING = re.compile(r"\\[,;:!>]|\\\\|\\ ")
_BACKSLASHES = re.compile(r"\\(?=\s|$|[^\w\s])|\\+$")
_TIE = re.compile(r"(?<=[^\s(\[<>≤≥≈])~(?=\S)")
_ROUGHLY = re.compile(r"(?:^|[\s(\[])(?:[A-Za-z]|[a-z]{0,3}[<>=≤≥])$")
_OPENING_QUOTES = re.compile(r"``|(?<![^\s(\[])''(?=\w)")
_SINGLE_QUOTES = re.compile(r"(?<![\w`])`([^`'\s](?:[^`']{0,80}[^`'\s])?)'(?!\w)")
_DASHES = (
    (re.compile(r"(?<=[\w)\]’'\"”])---(?=[\w(\[‘\"“])| --- "), "—"),
    (re.compile(r"(?<=[\w)\].%])--(?=[\w(\[])"), "–"),
)
_FREE_DASHES = re.compile(r" (?:--|—) ")
#: `\"Open Ideas\"` at the edges of words is a quotation; `\"O` and `\"u` inside words are accents.
_QUOTED = re.compile(r'(?<![\w{\\])\\"(?!\{)(\w(?:[^\\"]{0,80}[^\\"\s])?)\\"(?!\w|\{)')
MOST_ACCENTS = 3  #: on one letter, as in Vietnamese
DEEPEST = 8


def without_commands(line: str) -> str:
    """Return `line` with the commands of LaTeX's text mode done, and its quotes, ties and dashes as in print."""
    if "\\" in line:
        line = _backslashes(line)
    if "~" in line:
        line = _TIE.sub(_tie, line)
    if "`" in line or "''" in line:
        line = _quoted(line)
    return _dashed(line) if "--" in line else line


def _backslashes(line: str) -> str:
    line = _COLOUR.sub(r"\1", _ESCAPE_SEQUENCE.sub(" ", line))
    line = _QUOTED.sub(r"“\1”", line)
    for _ in range(MOST_ACCENTS):
        accented = _BARE_ACCENT.sub(_accented, _BRACED_ACCENT.sub(_accented, line))
        if accented == line:
            break
        line = accented
    line = _SYMBOL.sub(_symbol, line)
    line = _ENVIRONMENT.sub(" ", _CITATION.sub("", line))
    line = _FOOTNOTE.sub(r" (\1)", line)
    for _ in range(DEEPEST):
        simpler = _FONT_SWITCH.sub(r"\1", _FONT_COMMAND.sub(r"\1", line))
        if simpler == line:
            break
        line = simpler
    line = _BREAK.sub(" ", line)
    line = _ESCAPED.sub(r"\1", _BARE_FONT.sub("", line))
    line = _FRACTION.sub(lambda found: rendered(found[0]), line)
    line = _COMMAND_WITH_ARGUMENT.sub(_other_command, _SPACING.sub(" ", line))
    line = _COMMAND.sub(lambda found: rendered(found[1] or found[0]), line)
    return _BACKSLASHES.sub("", line)


def _accented(found: re.Match[str]) -> str:
    mark = found[1] or found[4]
    base = next(group for group in (found[2], found[3], found[5], found[6]) if group)
    return unicodedata.normalize("NFC", base.removeprefix("\\") + ACCENTS[mark])


def _symbol(found: re.Match[str]) -> str:
    symbol = TEXT_SYMBOLS[found[1] or found[2]]
    # TeX takes the blank after a command as its end, which matters inside words only.
    return symbol if len(symbol) == 1 and symbol.isalpha() else symbol + (found[3] or "")


def _other_command(found: re.Match[str]) -> str:
    """Show a command with an argument: a known one in Unicode, an unknown one by what it holds."""
    name, argument = found[1], found[2]
    shown = rendered(found[0])
    return argument if shown == f"{name}{argument}" else shown


def _tie(found: re.Match[str]) -> str:
    """A tie is a blank, except where it means "about" or "to": z~2, 3~5."""
    before = found.string[max(found.start() - 6, 0) : found.start()]
    after = found.string[found.end() : found.end() + 1]
    return "~" if after.isdigit() and (before[-1:] in "0123456789%" or _ROUGHLY.search(before)) else " "


def _quoted(line: str) -> str:
    line = _OPENING_QUOTES.sub("“", line).replace("''", "”")
    return _SINGLE_QUOTES.sub("‘\\1’", line)


def _dashed(line: str) -> str:
    for pattern, dash in _DASHES:
        line = pattern.sub(dash, line)
    return _FREE_DASHES.sub(" – ", line)
