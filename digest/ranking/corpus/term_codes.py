"""Words: text -> stems as numbers, so that whole shards are matched with arrays instead of strings.

A token is a run of letters and digits, with the plus and hash signs that follow it ("c++", "c#"); Chinese, Japanese and
Korean runs are divided into overlapping pairs of characters. A token is folded (NFKD without marks), lowered, brought
to one spelling and stemmed (Snowball), and its stem becomes a 64-bit code. Two neighbouring stems, stop
words skipped, make a pair with its own code. The two lowest bits of a code say what kind it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from digest.ranking.corpus.spelling_variants import canonical
from digest.ranking.corpus.stop_words import STOP_WORDS as STOP_WORDS
from digest.text_analysis import TOKEN
from digest.text_analysis import fold as plain_fold
from digest.text_analysis import stem as stem

Codes = npt.NDArray[np.uint64]

STOP, PAIR = np.uint64(1), np.uint64(2)  #: bits of the codes of stop words and of pairs; other words have neither
EXACT = STOP | PAIR  #: bits of the codes of exact forms: words with the sign or the capitals that set them apart
_PLAIN = ~(STOP | PAIR)
_FIRST, _SECOND, _MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0xD6E8FEB86659FD93)


_EAST_ASIAN = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af\U00020000-\U0003ffff"
_UNSPACED = re.compile(f"[{_EAST_ASIAN}]+")
_RUNS = re.compile(f"[{_EAST_ASIAN}]+|[^{_EAST_ASIAN}]+")


def fold(text: str) -> str:
    """Return the text in lower case without accents; Korean syllables stay whole."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", plain_fold(text))


def tokens(text: str) -> list[str]:
    """Return the folded tokens of a text in order, stop words included."""
    folded = fold(text)
    if folded.isascii():
        return TOKEN.findall(folded)
    return [folded[start:end] for start, end in _spans(folded)]


def _spans(folded: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each token; Chinese, Japanese and Korean runs are divided into overlapping bigrams."""
    for match in TOKEN.finditer(folded):
        if match[0].isascii() or not _UNSPACED.search(match[0]):
            yield match.span()
            continue
        for run in _RUNS.finditer(match[0]):
            start, end = match.start() + run.start(), match.start() + run.end()
            if _UNSPACED.match(run[0]) and end - start > 2:
                yield from ((place, place + 2) for place in range(start, end - 1))
            else:
                yield start, end


@lru_cache(maxsize=1 << 18)
def code(token: str) -> int:
    """Return the 64-bit code of a folded token: of the stem of its canonical spelling."""
    plain = int.from_bytes(blake2b(stem(canonical(token)).encode(), digest_size=8).digest()) & int(_PLAIN)
    return plain | int(STOP) if token in STOP_WORDS else plain


def codes(text: str) -> Codes:
    """Return the codes of all tokens of a text in order."""
    return np.array([code(token) for token in tokens(text)], dtype=np.uint64)


def is_stop(values: Codes) -> npt.NDArray[np.bool_]:
    """Return for each code whether it is a stop word."""
    return (values & STOP).astype(np.bool_)


def term_codes(term: str) -> list[int]:
    """Return the codes of a term's words without stop words; all of them when there is nothing else ("the who")."""
    every = [code(token) for token in tokens(term)]
    return [c for c in every if not c & int(STOP)] or every


def pairs(first: Codes, second: Codes) -> Codes:
    """Return the code of each pair of neighbouring stems; the order counts."""
    mixed = (first * _FIRST) ^ (second * _SECOND)
    mixed ^= mixed >> np.uint64(29)
    mixed *= _MIX
    return np.asarray(((mixed ^ (mixed >> np.uint64(32))) & _PLAIN) | PAIR, dtype=np.uint64)


#: ".NET", "R", "Go", "IT": alike but for the sign or the capitals, other words are something else.
_EXACT_FORM = re.compile(r"(?<![\w.+#])(?:\.[A-Za-z]\w*|[A-Z]{1,4}|[A-Z][a-z])(?![\w+#])")


@lru_cache(maxsize=1 << 14)
def _exact_code(form: str) -> int:
    return int.from_bytes(blake2b(form.encode(), digest_size=8, person=b"exact").digest()) | int(EXACT)


def exact_codes(text: str) -> dict[int, int]:
    """Return the exact forms in a text: the place where each ends -> its code."""
    return {match.end(): _exact_code(match[0]) for match in _EXACT_FORM.finditer(text)}


def asked_exactly(term: str) -> int:
    """Return the code of a term's exact form where that is what it asks for; 0 otherwise.

    A term asks for it when it is one word with a leading dot, one capital letter, or a stop word with a capital.
    """
    word = term.strip()
    if not _EXACT_FORM.fullmatch(word):
        return 0
    return _exact_code(word) if word[0] == "." or len(word) == 1 or word.lower() in STOP_WORDS else 0


@dataclass(frozen=True, slots=True)
class Token:
    """One token and its place in the text."""

    code: int
    start: int  #: in characters of the text as it was given
    end: int


def words(text: str) -> list[Token]:
    """Return the tokens of a text with their places in it, stop words included."""
    folded, places = _folded_with_places(text)
    spans = _spans(folded)
    return [Token(code(folded[start:end]), places[start], places[end - 1] + 1) for start, end in spans]


def skipping_stops(words: Iterable[Token], wanted: Container[int] = ()) -> list[Token]:
    """Return the words without stop words, but for those with a wanted code."""
    stop = int(STOP)
    return [word for word in words if not word.code & stop or word.code in wanted]


def _folded_with_places(text: str) -> tuple[str, range | list[int]]:
    if text.isascii():
        return text.lower(), range(len(text))
    pieces = [(fold(character), place) for place, character in enumerate(text)]
    return "".join(p for p, _ in pieces), [place for piece, place in pieces for _ in piece]
