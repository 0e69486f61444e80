"""Embeddings: vectors of papers for the semantic extra, made once per paper and stored."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from digest.papers import Paper
from digest.ranking.matching.embeddings import Semantics, embed, load_encoder, vectors_name
from digest.settings import IssueSettings
from digest.storage import Store, Tx
from digest.storage.papers import papers, statistics

BATCH = 64  #: papers embedded between two commits
_log = logging.getLogger(__name__)


def embed_new(store: Store, settings: IssueSettings, now: datetime) -> int:
    """Make and stores the vectors of recent papers that have none, and return how many; 0 with the extra off.

    Raise ConfigurationError when the model cannot be loaded.
    """
    if not settings.semantic:
        return 0
    encoder = load_encoder(settings.semantic_model)
    with store.reading() as tx:
        recent = papers.beyond(tx, 0, seen_since=now - timedelta(days=settings.max_age_days))
        known = statistics.embeddings(tx, vectors_name(encoder), [paper.number for paper in recent])
    missing = [paper for paper in recent if paper.number not in known]
    for start in range(0, len(missing), BATCH):
        vectors = embed(missing[start : start + BATCH], encoder)
        with store.transaction() as tx:
            statistics.store_embeddings(tx, vectors_name(encoder), vectors)
    if missing:
        _log.info("embedded %d papers", len(missing), extra={"action": "embed", "papers": len(missing)})
    return len(missing)


def semantics_of(tx: Tx, settings: IssueSettings, known: Mapping[int, Paper]) -> Semantics | None:
    """Return what nearness in meaning needs for these papers; None with the extra off."""
    if not settings.semantic:
        return None
    encoder = load_encoder(settings.semantic_model)
    return Semantics(encoder=encoder, vectors=statistics.embeddings(tx, vectors_name(encoder), known))
