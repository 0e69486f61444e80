"""The stop words are those that results were measured with, and need no learning library."""

from __future__ import annotations

import subprocess
import sys

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from digest.ranking.corpus.stop_words import ENGLISH


def test_the_list_has_the_members_of_the_one_it_names_as_its_source() -> None:
    assert ENGLISH == ENGLISH_STOP_WORDS


def test_ranking_papers_does_not_load_scikit_learn() -> None:
    script = "import sys, digest.ranking, digest.runs.matching.score; print('sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
