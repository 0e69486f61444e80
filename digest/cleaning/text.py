"""The cleaner: one text of a listing -> the text that is shown and matched.

URLs and identifiers are put out of reach first; then come text-mode LaTeX, formulas, and the ruins of formulas whose
dollars and backslashes a website has lost. Each step runs only where its mark occurs.
"""

from __future__ import annotations

import re

from digest.cleaning.broken_latex import repaired
from digest.cleaning.characters import normalised
from digest.cleaning.latex_commands import without_commands
from digest.cleaning.latex_formulas import rendered

LONGEST = 20_000  #: characters of one text that are kept; the longest abstract known has 3,488

MOST_WORDS = 12  #: plain words in a formula; more are prose between two prices

_TELLTALE = re.compile(r"[\\$~^_{}`]|''|--|\dtimes|mathbb|mathcal|mathrm|mathbf|left\(|\dpm\d")
_DOUBLED_URL = re.compile(r"(https?://[^\s{}]+)\{([^{}]*)\}")
_URL_COMMAND = re.compile(r"\\?\b(?:url|path)\{([^{}]*)\}")
_LINK = r"\\?\bhref\s*\{([^{}]*)\}\s*\{((?:[^{}]|\{[^{}]*\})*)\}"
_LINK_COMMAND = re.compile(rf"\{{\s*{_LINK}\s*\}}|{_LINK}")
_HERE = re.compile(r"(?<=[\w/])\{(?:here|this (?:link|url|repository))(\.?)\}|(?<=/)\{(\.?)\}")
_BRACED_ESCAPE = re.compile(r"\{\s*\\([%&_#$])\s*\}")
_BRACED_SIGN = re.compile(r"\{([/–—-])\}")
_HELD = re.compile(
    r"https?://[^\s{}\"<>$]+|www\.[^\s{}\"<>$]+"
    r"|\b[\w-]{1,63}(?:\.[\w-]{1,63}){0,4}\.(?:com|org|net|io|edu|ai|gov|dev|co|uk|de|fr|cn|jp|ch|eu|me|app|site|page)"
    r"/[^\s{}\"<>$]*"
    r"|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"
    # Identifiers: parts of two letters or more; log_10 and max_xy are formulas, and so is what has braces behind it.
    r"|(?<![\\\w$^{])(?!(?:log|lim|max|min|sum|sup|inf|exp|argmax|argmin|mathbb|mathcal)_)"
    r"[A-Za-z][A-Za-z0-9]{1,40}(?:_[A-Za-z0-9]{2,40}){1,9}(?![\w^{$])"
    r"|(?<![\\\w$^{])__[A-Za-z]{2,30}__(?![\w^{$])"
    r"|(?<![\\\w$^{])[^\W_]{1,40}(?:_[^\W_]{1,40}){1,9}\.[a-z]{1,4}\b(?![\w^{$])"
)
_BRACKETED = re.compile(r"\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_DOLLARS = re.compile(r"(?<!\\)\$\$?")
_OPERATOR = re.compile(r"[<>=~+\-±≤≥≈×]+")
_CURRENCY = re.compile(r"\b(?:US|A|AU|C|CA|HK|NZ|S)$")
_LOST_BACKSLASH = re.compile(r"(?<![\\A-Za-z])(?:text(?:bf|it|tt|sc|sf|rm)?|math(?:rm|bf|bb|cal|sf|it|tt)|emph)(?=\{)")
_AMOUNT = re.compile(r"\d[\d,.]*")
_WORDS = re.compile(r"(?<![\\\w])[A-Za-z]{3,}")
# A dollar that ends nothing: a price has it before a number, "US$ 3 million" before a blank.
_ODD_DOLLAR = re.compile(r"(?<=[^\s$])(?<![A-Z])\$(?=[^\w\s$]|\s|$)")
_LEFT_OVER = re.compile(r"\$(?=[^$\d\s][^$]*\$)")
_GLUED_BRACES = re.compile(r"(?<=[\w–—/])\{([\w'’ .-]*)\}|\{([\w'’.-]+)\}(?=\w)")
# Braces that only hold words together. "{a, b}" is a set, and so is what stands behind "=" or "∈".
_GROUP = re.compile(
    r"(?<![=∈⊂⊆_^\\|×])(?<![=∈⊂⊆|×] )(?<!set )\{((?=[^{},]*[^\W\d_]{2})[^\W_][\w'’./:+ –-]{0,80})\}(?!\s?[\^_=×|])"
)
_COMMA = re.compile(r"(?<=\d)\{([,.])\}(?=\d)")
_COLOURED = re.compile(
    r"(?<![A-Za-z\\{])(?:textcolor)?(?:black|red|blue|green|teal|cyan|magenta|orange|purple|violet|brown|gray)"
    r"\{([^{}]*)\}"
)
_TORN_URL = re.compile(r"(https?://[^\s{}]+)\}\{\1")
_FORBIDDEN = re.compile(r"\\([a-zA-Z]+)\{|math(?:bb|cal)|left(?=\()")
_FIRST_HELD = 0xF0000  #: a plane that `normalised` empties: one character stands for each text that is held


def clean(text: str) -> str:
    """Return `text` on one line: LaTeX as readable Unicode, all else unharmed. Cleaning twice changes nothing."""
    line = normalised(text[:LONGEST])
    if not _TELLTALE.search(line):
        return line
    held: list[str] = []
    line = _hold(_addresses(line), held)
    line = _formulas(_COLOURED.sub(r"\1", line) if "{" in line else line)
    line = repaired(without_commands(line))
    if "{" in line:
        line = _GLUED_BRACES.sub(_unbraced, _BRACED_SIGN.sub(r"\1", _COMMA.sub(r"\1", line)))
        line = _GROUP.sub(r"\1", line)
    line = _swept(line)
    return normalised(_release(line, held))


def clean_title(text: str) -> str:
    """Return a title for reading, without the full stop that some sources put after it."""
    title = clean(text)
    return title[:-1].rstrip() if title.endswith(".") and not title.endswith("..") and title.count(".") == 1 else title


def clean_abstract(text: str) -> str:
    """Return an abstract for reading, without the word "Abstract" that some sources put before it."""
    return _ABSTRACT.sub("", clean(text))


# "Abstract syntax trees" and "Abstract Meaning Representation" are words of the text.
_ABSTRACT = re.compile(
    r"^(?:Abstract|ABSTRACT)(?:\s*[:.—–-]\s*|(?=[A-Z][a-z])|\s+(?=[A-Z\d“\"'(])(?!(?:Meaning|Interpretation|Argumentation|"
    r"Syntax|Reasoning|Algebra|State|Data|Art|Text|Wikipedia|Concept|Language|Visual|Rewriting|Machine)\w*\b))|^ABSTRACT\s+"
)


def _addresses(line: str) -> str:
    if "{" not in line:
        return line
    line = _TORN_URL.sub(r"\1", line)
    line = _LINK_COMMAND.sub(_linked, line)
    line = _DOUBLED_URL.sub(_undoubled, line)
    line = _URL_COMMAND.sub(r"\1", line)
    return _HERE.sub(lambda found: found[1] or found[2] or "", _BRACED_ESCAPE.sub(r"\\\1", line))


def _linked(found: re.Match[str]) -> str:
    address, shown = found[1] or found[3] or "", found[2] or found[4] or ""
    return shown if shown.strip() else address


def _undoubled(found: re.Match[str]) -> str:
    ends_sentence = found[2].rstrip().endswith(".") and not found[1].endswith(".")
    return found[1] + ("." if ends_sentence else "")


def _hold(line: str, held: list[str]) -> str:
    def put(found: re.Match[str]) -> str:
        text = found[0]
        held.append(_unescaped(text) if "\\" in text else text)
        return chr(_FIRST_HELD + len(held) - 1)

    return _HELD.sub(put, line)


def _unescaped(address: str) -> str:
    return re.sub(r"\\+([_%&#~$]?)", r"\1", address)


def _release(line: str, held: list[str]) -> str:
    return re.sub("[\U000f0000-\U000fffff]", lambda found: held[ord(found[0]) - _FIRST_HELD], line) if held else line


def _formulas(line: str) -> str:
    """Render what stands between dollars or \\( and \\), and leaves prices alone."""
    line = _BRACKETED.sub(lambda found: _rendered(found[1] or found[2]), line)
    if "$" not in line:
        return line
    first, *pieces = _DOLLARS.split(line)
    shown, place = [first], 0
    while place < len(pieces):
        if place + 1 < len(pieces) and _is_formula(pieces[place], pieces[place + 1]):
            shown += (_rendered(pieces[place]), pieces[place + 1])
            place += 2
        else:
            shown += ("$", pieces[place])
            place += 1
    return _ODD_DOLLAR.sub("", "".join(shown))


def _rendered(formula: str) -> str:
    return rendered(_LOST_BACKSLASH.sub(r"\\\g<0>", formula))


def _is_formula(inner: str, after: str) -> bool:
    """Tell whether the text between two dollars is a formula rather than the end of one price and the next."""
    words = len(_WORDS.findall(inner))
    if not inner.strip() or _OPERATOR.fullmatch(inner):
        return True
    if any(mark in inner for mark in "\\^_"):
        return words <= MOST_WORDS
    if inner[0].isspace() or inner[-1].isspace() or after[:1].isdigit():
        return False
    is_price = _AMOUNT.match(inner) and (words or _CURRENCY.search(inner))
    return not is_price and words <= MOST_WORDS


def _unbraced(found: re.Match[str]) -> str:
    inner = found[1] if found[1] is not None else found[2]
    return f" {inner}" if " " in inner and found.string[found.start() - 1 : found.start()].isalnum() else inner


def _swept(line: str) -> str:
    """Take away what would still show as raw LaTeX."""
    line = _LEFT_OVER.sub("", line) if "$" in line else line
    return _FORBIDDEN.sub(lambda found: found[1] or "", line)
