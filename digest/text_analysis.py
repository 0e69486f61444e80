"""Stems: text -> folded tokens and their stems, the same wherever papers and terms are compared.

A token is a run of letters and digits, with the plus and hash signs that follow it ("c++", "c#"). It is folded (NFKD
without marks), lowered and stemmed (Snowball).
"""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache

import snowballstemmer

TOKEN = re.compile(r"[^\W_]+[+#]*")
_SHORT_FORMS = re.compile("[b-df-hj-np-tv-xz]{2,}[b-df-hj-np-rtv-xz]s")  # "llms", which Snowball leaves as they are
_stemmer = snowballstemmer.stemmer("english")
_stemmer_lock = threading.Lock()


def fold(text: str) -> str:
    """Return the text in lower case without accents and compatibility forms: "Poincaré" -> "poincare"."""
    if text.isascii():
        return text.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).lower()


def tokens(text: str) -> list[str]:
    """Return the folded tokens of a text in order, stop words included."""
    return TOKEN.findall(fold(text))


@lru_cache(maxsize=1 << 18)
def stem(token: str) -> str:
    """Return the Snowball stem of a folded token: "learning" -> "learn"; an acronym loses its plural s too."""
    if _SHORT_FORMS.fullmatch(token):
        return token[:-1]
    with _stemmer_lock:
        return str(_stemmer.stemWord(token))
