"""Keyword suggestions from papers that somebody likes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from digest.fetching.bounded_process import call_bounded
from digest.identity import candidate_keys
from digest.papers import Paper, Sighting
from digest.profiles import Keyword, Profile
from digest.runs.matching.live_preview import LivePreview
from digest.storage import Store
from digest.storage.papers import papers

MAX_TEXT = 500_000  #: characters that are read
READ_SECONDS = 5.0  #: for parsing the text


@dataclass(frozen=True, kw_only=True)
class KeywordSuggestions:
    """Keywords suggested by a list of papers."""

    read: int  #: papers that the text names
    known: int  #: those of them that the store has
    terms: tuple[str, ...] = ()  #: suggested keywords, the most distinctive first

    @property
    def profile(self) -> Profile:
        """A profile with all suggested keywords."""
        return Profile(keywords=tuple(Keyword(term=term) for term in self.terms))


def suggest_keywords(store: Store, live_preview: LivePreview, text: str) -> KeywordSuggestions:
    """Return keywords for the papers that a text names: a BibTeX file, or titles, arXiv ids and DOIs, one per line.

    The text is parsed in a separate process. Raise InputTooComplex when that takes too long.
    """
    references: list[Sighting] = call_bounded(
        "digest.references", "read_references", text[:MAX_TEXT], seconds=READ_SECONDS
    )
    found = _known(store, references)
    texts = [_text_of(reference, found.get(place)) for place, reference in enumerate(references)]
    terms = live_preview.terms([pair for pair in texts if pair[0] or pair[1]])
    return KeywordSuggestions(read=len(references), known=len(found), terms=tuple(terms))


def _known(store: Store, references: Sequence[Sighting]) -> dict[int, Paper]:
    """Return the papers that the store has, by the position of the reference that names them."""
    keys = {place: candidate_keys(reference) for place, reference in enumerate(references)}
    with store.reading() as tx:
        found = papers.by_keys(tx, {key for several in keys.values() for key in several})
    hits = {place: next((found[key] for key in several if key in found), None) for place, several in keys.items()}
    return {place: paper for place, paper in hits.items() if paper}


def _text_of(reference: Sighting, paper: Paper | None) -> tuple[str, str]:
    return (paper.title, paper.abstract) if paper else (reference.title, reference.abstract)
