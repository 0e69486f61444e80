"""The encoding of text that does not declare one and is not Unicode, found by what the text says in it."""

from __future__ import annotations

import re
import unicodedata

from charset_normalizer import from_bytes

WESTERN = "cp1252"  #: what browsers assume, and what is right for accented letters in Latin text
SAMPLE = 20_000  #: bytes of foreign text that decide
_RUN = re.compile(rb"[\x80-\xff](?:[\x40-\xff\x20]*[\x80-\xff])?[\x40-\xff]?")
_CANDIDATES = (
    "gb18030",
    "shift_jis",
    "euc_jp",
    "big5",
    "euc_kr",
    "cp1251",
    "koi8_r",
    "cp1253",
    "cp1250",
    "cp1255",
    "cp1256",
)


def detected(data: bytes) -> str:
    """Return the likeliest encoding of bytes that are not UTF-8.

    Accents in Latin words are single bytes among letters: Windows-1252. Long runs of foreign bytes are another script,
    which the statistics of charset-normalizer tell.
    """
    runs = _RUN.findall(data[: SAMPLE * 10])
    foreign = sum(1 for run in runs for byte in run if byte >= 0x80)
    longest = max((len(run) for run in re.findall(rb"[\x80-\xff]+", data[: SAMPLE * 10])), default=0)
    if longest < 3 or foreign < 4:
        return WESTERN
    sample = b"\n".join(runs)[:SAMPLE]
    likely = [name for name in _CANDIDATES if _fits(sample, name)]
    best = from_bytes(sample, cp_isolation=[*likely, WESTERN], enable_fallback=False).best() if likely else None
    return (
        best.encoding if best is not None else min(likely, key=lambda name: _strangeness(sample, name), default=WESTERN)
    )


def _fits(sample: bytes, name: str) -> bool:
    try:
        return all(map(str.isprintable, sample.decode(name).split()))
    except UnicodeDecodeError:
        return False


def _strangeness(sample: bytes, name: str) -> float:
    """Return the share of characters that are no letters, or change between the letters of several scripts."""
    text = sample.decode(name)
    scripts = [unicodedata.name(character, "?").split()[0] for character in text if character.isalpha()]
    others = sum(not character.isalpha() and not character.isascii() for character in text)
    return (others + len(scripts) - max(map(scripts.count, set(scripts)), default=0)) / max(len(text), 1)
