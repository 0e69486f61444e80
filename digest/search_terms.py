"""Search words: what of a paper can be searched for, and what somebody who searches asks for.

Both are made of the same tokens and stems, so that every database finds the same papers: it compares words, and is told
nothing of languages, hyphens or accents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from digest.papers import Paper
from digest.text_analysis import stem, tokens

MOST_TERMS = 12  #: of a query; the rest is left aside
SHORTEST_BEGINNING = 3  #: characters; fewer begin too many words
_QUOTED = re.compile(r'"([^"]*)"?|(\S+)')
_SIGNS = str.maketrans({"+": "plus", "#": "sharp"})


@dataclass(frozen=True, kw_only=True)
class Searchable:
    """The words of one paper, in their order; in `title` and `abstract` they are stems."""

    title: tuple[str, ...]
    abstract: tuple[str, ...]
    names: tuple[str, ...]  #: of authors, categories and identifiers, not stemmed
    plain: tuple[str, ...]  #: words of title and abstract that differ from their stems, each once, for beginnings


@dataclass(frozen=True, kw_only=True)
class Term:
    """One term of a query: words that stand side by side."""

    words: tuple[str, ...]  #: as they were typed, folded
    is_open: bool = False  #: whether the word may go on: it is the last one, and perhaps not typed to its end

    @property
    def stems(self) -> tuple[str, ...]:
        """The words as titles and abstracts have them."""
        return tuple(map(stem, self.words))


def of_paper(paper: Paper) -> Searchable:
    """Return the words by which a paper is found."""
    identifiers = (paper.key, paper.arxiv_id or "", paper.doi or "")
    return searchable(paper.title, paper.abstract, (*paper.authors, *paper.categories, *identifiers))


def searchable(title_text: str, abstract_text: str, names: Iterable[str]) -> Searchable:
    """Return the words by which a paper with this title, abstract and names is found."""
    title, abstract = _words(title_text), _words(abstract_text)
    stems = {word: stem(word) for word in dict.fromkeys(title + abstract)}
    return Searchable(
        title=tuple(stems[word] for word in title),
        abstract=tuple(stems[word] for word in abstract),
        names=tuple(word for name in dict.fromkeys(names) for word in _words(name)),
        plain=tuple(word for word, stemmed in stems.items() if stemmed != word),
    )


def read_query(text: str) -> tuple[Term, ...]:
    """Return the terms of a query, all of which a paper must have: single words, and phrases in quotation marks.

    >>> [term.words for term in read_query('"Learning rates" for GPT-4')]
    [('learning', 'rates'), ('for',), ('gpt', '4')]
    """
    found = []
    for match in _QUOTED.finditer(text):
        words = tuple(_words(match[0]))
        last = match.end() == len(text) and match[2] is not None and len(words) == 1
        if words:
            found.append(Term(words=words, is_open=last and len(words[0]) >= SHORTEST_BEGINNING))
    return tuple(found[:MOST_TERMS])


def _words(text: str) -> list[str]:
    return [token if token.isalnum() else token.translate(_SIGNS) for token in tokens(text)]
