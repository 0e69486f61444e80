"""Formulas that have lost their dollars and backslashes: `Oleft(k^{-3} right)`, `mathbb R^N`, `8.2times`.

Words change only inside a token that shows itself as mathematics; prose, "sim-to-real" and "the epsilon
parameter" stay as they are.
"""

from __future__ import annotations

import re

from digest.cleaning.latex_formulas import rendered
from digest.cleaning.latex_symbols import BLACKBOARD, GREEK, OPERATORS

_TIMES = re.compile(r"(?<=\d)\s?times(?=\d)|(?<=\d)times\b")
_PLUS_MINUS = re.compile(r"(?<=\d)pm(?=\d)")
_ABOUT = re.compile(r"(?<=[\d%])sim(?=\d)")
_LEFT = re.compile(r"left([(\[|]|\\?\{)(?=.{0,400}?\bright[)\]|}])|\s?\bright([)\]|])")
_LEFT_BRACKET = re.compile(r"left[(\[|{\\]")
_ALPHABET = re.compile(r"math(?:bb|cal|rm|bf|sf|it|frak|scr|tt)\s*(?:\{([^{}]*)\}|\s?([A-Za-z])(?![a-z]))?")
_GLUED_WORDS = (
    "mathbb|mathcal|varepsilon|epsilon|alpha|beta|gamma|delta|lambda|sigma|theta|omega|infty|rightarrow|leftarrow|times|cdot|"
    "leq|geq|neq|approx|sqrt|frac|ell|rho|eta|tau|phi|psi|kappa|nabla|partial|tilde|hat|bar|log|sim|ldots|dots|text|mathrm|sum|prod"
)
_BARE_WORD = re.compile(rf"(?<![A-Za-z\\])({_GLUED_WORDS}|mu|nu|xi|pi|chi|zeta)(?![A-Za-z])")
_BARE_NUMBER = re.compile(r"([\^_])([+-]?\d+)")
_SCRIPTED = re.compile(
    r"(?<![^\W\d_])(?<![\^.])(?:[^\W\d_]+|\d[\d.]*(?!_)|[)\]|])?"  # a base
    r"(?:(?<=\d)(?!_)|(?<!\d))(?:[\^_](?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|[+-]?\d+(?!\d|\.\d)|[A-Za-z](?![A-Za-z])|[*′†∘]))+"
)
_QUOTIENT = re.compile(r"(?<![\w{])(\d+)\{(\d+)\}")
_BARE_COMMAND = re.compile(
    r"(?<![A-Za-z\\])(?:frac\{[^{}]*\}\{[^{}]*\}|(?:sqrt|hat|tilde|bar|vec|text|widehat|widetilde|overline)\{[^{}]*\})"
)
_SAFE_WORDS = {
    name: symbol
    for name, symbol in OPERATORS.items()
    if name
    in (
        "rightarrow",
        "leftarrow",
        "leftrightarrow",
        "Rightarrow",
        "longrightarrow",
        "leq",
        "geq",
        "neq",
        "infty",
        "cdot",
        "ldots",
        "cdots",
        "lfloor",
        "rfloor",
        "lceil",
        "rceil",
        "langle",
        "rangle",
        "nabla",
        "lesssim",
        "gtrsim",
    )
} | {"varepsilon": "ε", "varphi": "φ"}
_SAFE_WORD = re.compile(rf"(?<![A-Za-z\\-])({'|'.join(_SAFE_WORDS)})(?![A-Za-z-])")
_BEFORE_NUMBER = re.compile(r"(?<![\w-])approx\s?(?=\d)")


def repaired(line: str) -> str:
    """Return `line` with the ruins of formulas made readable."""
    line = _TIMES.sub("×", line)
    line = _PLUS_MINUS.sub("±", _ABOUT.sub("∼", line))
    if "left" in line and "right" in line and _LEFT_BRACKET.search(line):
        line = _LEFT.sub(lambda found: found[1] or found[2], line)
    if "{" in line:
        line = _QUOTIENT.sub(r"\1/\2", _BARE_COMMAND.sub(lambda found: rendered(f"\\{found[0]}"), line))
    if "math" in line:
        line = _ALPHABET.sub(_letters, line)
    line = _BEFORE_NUMBER.sub("≈ ", _SAFE_WORD.sub(lambda found: _SAFE_WORDS[found[1]], line))
    return _SCRIPTED.sub(_scripted, line) if "^" in line or "_" in line else line


def _letters(found: re.Match[str]) -> str:
    letters = found[1] or found[2] or ""
    return "".join(BLACKBOARD.get(letter, letter) for letter in letters) if found[0].startswith("mathbb") else letters


def _scripted(found: re.Match[str]) -> str:
    token = _BARE_WORD.sub(_commanded, found[0])
    return rendered(_BARE_NUMBER.sub(r"\1{\2}", token))


def _commanded(found: re.Match[str]) -> str:
    name = found[1]
    return f"{{\\{name}}}" if name in GREEK or name in OPERATORS else name
