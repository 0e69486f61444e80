"""Characters that must not or need not reach a reader: controls, invisible ones, other forms of blanks."""

from __future__ import annotations

import re
import unicodedata

_BLANKS = re.compile(r"[\s\x85\u2028\u2029\x1c-\x1f]+")
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad"  # C0, C1, soft hyphen
    "\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"  # zero width and directional controls
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U000f0000-\U000fffff]"  # half characters, non-characters, private plane
)


def normalised(text: str) -> str:
    """Return `text` in NFC, on one line with single blanks, without controls and invisible characters.

    Joiners (U+200C, U+200D) stay: scripts and emoji need them.
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return unicodedata.normalize("NFC", _BLANKS.sub(" ", _UNWANTED.sub("", text))).strip()
