"""Duplicates: papers of one listing that are nearly the same text, though nothing identifies them as one work."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from digest.ranking.corpus.features import Features, Ints

OVERLAP = 0.7  #: share of the shorter paper's word pairs that the other has as well
_COMMON = 10  #: pairs in more papers than this tell nothing
_FEWEST = 4  #: with fewer telling pairs in common, two papers only resemble each other


def groups(features: Features) -> Ints:
    """Return for each paper the number of its group; papers that are nearly the same text share one.

    Papers are compared by the features that few of them have. Two that share most of these are one text with small
    changes; two on the same subject share far fewer.
    """
    telling = (features.spread >= 1) & (features.spread <= _COMMON)
    kept = np.repeat(telling, features.spread)
    column = np.repeat(np.arange(len(features.vocabulary)), features.spread)[kept]
    shape = (features.count, len(features.vocabulary))
    table = sparse.csr_array((np.ones(len(column)), (features.papers[kept], column)), shape=shape)
    shared = sparse.coo_array(table @ table.T)
    sizes = np.diff(table.indptr)
    one, other = shared.coords
    smaller = np.minimum(sizes[one], sizes[other])
    near = (shared.data >= _FEWEST) & (shared.data >= OVERLAP * smaller)
    links = sparse.coo_array((np.ones(int(near.sum())), (one[near], other[near])), shape=shared.shape)
    return np.asarray(csgraph.connected_components(links, directed=False)[1], dtype=np.int64)
