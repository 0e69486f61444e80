"""Exclusion: papers that have a term which a profile does not want, as whole stemmed words in sequence."""

from __future__ import annotations

import numpy as np

from digest.ranking.corpus.features import Ints, Stream
from digest.ranking.corpus.term_codes import STOP, Codes, is_stop, pairs, term_codes
from digest.ranking.matching.paper_index import PaperIndex


def papers_with(term: str, index: PaperIndex) -> Ints:
    """Return the places of the papers whose title or abstract has the term, ascending.

    "GAN" finds "GANs" but not "organ"; "graph neural network" finds "Graph Neural Networks", not "network of graphs".
    """
    wanted = np.array(term_codes(term), dtype=np.uint64)
    if not wanted.size:
        return np.empty(0, dtype=np.int64)
    found = _having_all(_needed(wanted), index)
    if len(wanted) <= 2:
        return found
    return np.array([place for place in found if _stands_in(wanted, place, index.stream)], dtype=np.int64)


def _needed(wanted: Codes) -> Codes:
    only_stops = bool(is_stop(wanted).all())
    return wanted if len(wanted) == 1 or only_stops else pairs(wanted[:-1], wanted[1:])


def _having_all(features: Codes, index: PaperIndex) -> Ints:
    places = index.features.places(np.unique(features))
    if (places < 0).any():
        return np.empty(0, dtype=np.int64)
    starts = index.features.starts
    having = np.concatenate([index.features.papers[starts[p] : starts[p + 1]] for p in places])
    return np.flatnonzero(np.bincount(having, minlength=len(index)) == len(places))


def _stands_in(wanted: Codes, place: int, stream: Stream) -> bool:
    return any(_has_sequence(stream.field(place, abstract), wanted) for abstract in (False, True))


def _has_sequence(field: Codes, wanted: Codes) -> bool:
    kept = field if is_stop(wanted).all() else field[(field & STOP) == 0]
    if len(kept) < len(wanted):
        return False
    windows = np.lib.stride_tricks.sliding_window_view(kept, len(wanted))
    return bool((windows == wanted).all(axis=1).any())
