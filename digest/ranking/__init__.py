"""Ranking: papers and profiles in, picks with a calibrated match and additive reasons out. No storage, no clock."""

from digest.ranking.corpus.corpus_statistics import CorpusStatistics
from digest.ranking.matching.calibration import Calibration
from digest.ranking.matching.embeddings import Semantics
from digest.ranking.matching.highlighting import highlights
from digest.ranking.matching.paper_index import PaperIndex
from digest.ranking.matching.profile_matrix import RankingProfile
from digest.ranking.matching.rank import Ranking, rank
from digest.ranking.matching.relevance_feedback import Vote

__all__ = [
    "Calibration",
    "CorpusStatistics",
    "PaperIndex",
    "Ranking",
    "RankingProfile",
    "Semantics",
    "Vote",
    "highlights",
    "rank",
]
