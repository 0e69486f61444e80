"""Identity keys: short texts by which a work is found again, whatever a source did to its title.

Every work has some of: `arxiv:ID`, `doi:DOI`, `title:KEY`, and `text:HASH` (from a sketch of its abstract). Keys only
propose; `sameness` decides. So a key may name the wrong work, but works that are one share a key.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from dataclasses import dataclass
from functools import cached_property

from digest.cleaning import clean
from digest.papers import Paper, Sighting

SHORT = 20  #: a title key shorter than this ("dinov3", "poster") says too little to stand alone
_DELETED = re.compile(r"[\W_]+")
_FONT_COMMANDS = re.compile(
    r"\\?\b(?:text(?:bf|it|sc|tt|rm|sf|sl|up|normal)?|math(?:rm|bf|it|sf|tt|cal|bb)|emph|bm)(?=\s*\{)"
)
_WORD = re.compile(r"[^\W_]+")
_BUCKETS = 8


@dataclass(frozen=True)
class Traits:
    """What identity looks at: the same for a paper in the store and for a sighting of one."""

    title: str  #: as the source has it
    abstract: str
    arxiv_id: str | None
    doi: str | None
    authors: tuple[str, ...]

    @classmethod
    def of(cls, work: Paper | Sighting) -> Traits:
        """Return the traits of a paper or a sighting."""
        if isinstance(work, Paper):
            return cls(work.title_raw, work.abstract_raw, work.arxiv_id, work.doi, work.authors)
        return cls(work.title, work.abstract, work.arxiv_id, work.doi, work.authors)

    @cached_property
    def title_keys(self) -> tuple[str, ...]:
        return title_keys(self.title)

    @cached_property
    def words(self) -> list[str]:
        """The words of the abstract, folded."""
        return _WORD.findall(folded(self.abstract))

    @cached_property
    def shingles(self) -> frozenset[str]:
        """Every three words in a row of the abstract."""
        words = self.words
        return frozenset(map(" ".join, zip(words, words[1:], words[2:], strict=False)))

    @cached_property
    def title_words(self) -> frozenset[str]:
        return frozenset(_WORD.findall(folded(clean(self.title))))

    @cached_property
    def is_short(self) -> bool:
        """Whether the title says too little to tell a work."""
        return max(map(len, self.title_keys), default=0) < SHORT


def folded(text: str) -> str:
    """Return `text` without marks and case: é as e, ſ as s, ℝ as r."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(character for character in decomposed if not unicodedata.combining(character)).casefold()


def title_keys(title: str) -> tuple[str, ...]:
    """Return up to three forms of a title, of letters and digits only; works with one in common have one title.

    The title as it stands (websites lose the dollars and backslashes of LaTeX, which this deletes as well), the title
    without font commands, and the title cleaned for reading (for sources that write τ for `\\tau`).
    """
    forms = (title, _FONT_COMMANDS.sub("", title) if "{" in title else title, clean(title))
    keys = (_DELETED.sub("", folded(form)) for form in dict.fromkeys(forms))
    return tuple(dict.fromkeys(key for key in keys if key))


def candidate_keys(sighting: Sighting) -> tuple[str, ...]:
    """Return the keys under which the work of a sighting may be known, strongest first."""
    return _keys(Traits.of(sighting))


def keys_of(paper: Paper) -> tuple[str, ...]:
    """Return the keys under which a paper is to be found again, its canonical key first."""
    keys = _keys(Traits.of(paper))
    return keys if paper.key in keys else (paper.key, *keys)


def canonical_key(traits: Traits) -> str:
    """Return the one key that a paper is called by: arXiv id before DOI before title."""
    if traits.arxiv_id:
        return f"arxiv:{traits.arxiv_id}"
    if traits.doi:
        return f"doi:{traits.doi}"
    return f"title:{(traits.title_keys or ('',))[-1] or _digest(traits.title)}"


def _keys(traits: Traits) -> tuple[str, ...]:
    keys = [f"arxiv:{traits.arxiv_id}"] if traits.arxiv_id else []
    keys += [f"doi:{traits.doi}"] if traits.doi else []
    minima = _sketch(traits.shingles)
    if traits.is_short and minima:
        # A short title is shared by many works: the key holds a part of the abstract as well.
        keys += [f"title:{key}/{minimum:x}" for key in traits.title_keys for minimum in minima]
    else:
        keys += [f"title:{key}" for key in traits.title_keys] or [canonical_key(traits)]
    keys += [f"text:{one:x}.{other:x}" for one, other in zip(minima[::2], minima[1::2], strict=False)]
    return tuple(dict.fromkeys(keys))


def _sketch(shingles: frozenset[str]) -> list[int]:
    """Return the smallest hash in each of eight buckets (minimum-wise hashing; Broder 1997, one permutation).

    Two abstracts that share four fifths of their shingles agree in at least one of the four pairs with
    probability 0.98; two unrelated ones practically never do.
    """
    if len(shingles) < _BUCKETS * 2:
        return []
    values = sorted((zlib.crc32(shingle.encode()) for shingle in shingles), reverse=True)
    least = {value % _BUCKETS: value for value in values}  # the last one put into a bucket is the smallest
    return [least.get(bucket, 0) for bucket in range(_BUCKETS)]


def _digest(text: str) -> str:
    return f"{zlib.crc32(text.encode()):x}"
