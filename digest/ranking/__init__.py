"""Ranking: papers and profiles in, picks with a calibrated match and additive reasons out. No storage, no clock."""

from digest.ranking.background import Background
from digest.ranking.calibration import Calibration
from digest.ranking.feedback import Vote
from digest.ranking.highlighting import highlights
from digest.ranking.index import PaperIndex
from digest.ranking.judging import Judgement, judge
from digest.ranking.semantic import Semantics
from digest.ranking.wishes import Reader

__all__ = [
    "Background",
    "Calibration",
    "Judgement",
    "PaperIndex",
    "Reader",
    "Semantics",
    "Vote",
    "highlights",
    "judge",
]
