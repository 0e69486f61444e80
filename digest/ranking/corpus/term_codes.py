"""Words: text -> stems as numbers, so that whole shards are matched with arrays instead of strings.

A token is a run of letters and digits, with the plus and hash signs that follow it ("c++", "c#"). It is folded
(NFKD without marks), lowered and stemmed (Snowball), and its stem becomes a 64-bit code. Two neighbouring stems, stop
words skipped, make a pair with its own code. The two lowest bits of a code say what kind it is.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from digest.ranking.corpus.stop_words import STOP_WORDS as STOP_WORDS
from digest.text_analysis import TOKEN
from digest.text_analysis import fold as fold
from digest.text_analysis import stem as stem
from digest.text_analysis import tokens as tokens

Codes = npt.NDArray[np.uint64]

STOP, PAIR = np.uint64(1), np.uint64(2)  #: bits of the codes of stop words and of pairs; other words have neither
_PLAIN = ~(STOP | PAIR)
_FIRST, _SECOND, _MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0xD6E8FEB86659FD93)


@lru_cache(maxsize=1 << 18)
def code(token: str) -> int:
    """Return the 64-bit code of a folded token's stem."""
    plain = int.from_bytes(blake2b(stem(token).encode(), digest_size=8).digest()) & int(_PLAIN)
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


@dataclass(frozen=True, slots=True)
class Token:
    """One token and its place in the text."""

    code: int
    start: int  #: in characters of the text as it was given
    end: int


def words(text: str) -> list[Token]:
    """Return the tokens of a text with their places in it, stop words included."""
    folded, places = _folded_with_places(text)
    return [Token(code(m.group()), places[m.start()], places[m.end() - 1] + 1) for m in TOKEN.finditer(folded)]


def skipping_stops(words: Iterable[Token], wanted: Container[int] = ()) -> list[Token]:
    """Return the words without stop words, but for those with a wanted code."""
    stop = int(STOP)
    return [word for word in words if not word.code & stop or word.code in wanted]


def _folded_with_places(text: str) -> tuple[str, range | list[int]]:
    if text.isascii():
        return text.lower(), range(len(text))
    pieces = [(fold(character), place) for place, character in enumerate(text)]
    return "".join(p for p, _ in pieces), [place for piece, place in pieces for _ in piece]
