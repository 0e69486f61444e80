"""Collections are read with their faults named, and measures are what the literature says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from digest.errors import FetchError, UsageError
from digest.ranking.evaluation.collection import read_collection
from digest.ranking.evaluation.evaluation import evaluate, evaluate_calibration, evaluate_feedback, evaluate_scores
from digest.ranking.evaluation.metrics import calibration_error, mean, metrics_of
from digest.runs.matching.evaluate import evaluate_folder

DOCUMENTS = b"""\
{"id": "d1", "title": "Graph networks", "abstract": "Message passing on graphs."}
{"id": "d2", "title": "Speech recognition", "abstract": "Audio to text."}
{"id": "d3", "title": "Graphs of citations", "abstract": "Who cites whom."}
{"id": "d4", "title": "A graph of speech", "abstract": "Graphs and audio."}
"""
PROFILES = b"""\
{"id": "q1", "keywords": [{"term": "graph", "weight": 2}, {"term": "networks"}]}
{"id": "q2", "keywords": [{"term": "speech"}], "pool": ["d1", "d2"]}
{"id": "q3", "keywords": [{"term": "nothing relevant"}]}
"""
GRADES = b"q1\td1\t2\nq1\td3\t1\nq1\tunknown\t3\nq2\td2\t1\nq3\td1\t0\nq1\td4\t1\n"


def test_measures_of_a_known_order() -> None:
    found = metrics_of(["a", "x", "b", "y"], {"a": 3, "b": 1, "c": 1})
    assert found.ndcg == pytest.approx((3 + 1 / 2) / (3 + 1 / 1.5849625 + 1 / 2))
    assert found.average_precision == pytest.approx((1 + 2 / 3) / 3)
    assert (found.recall, found.precision, found.reciprocal_rank) == (pytest.approx(2 / 3), 2 / 5, 1)


def test_an_order_without_hits_measures_nothing() -> None:
    assert set(metrics_of(["x"], {"a": 1}).as_dict().values()) == {0.0, 1}


def test_the_mean_of_nothing_is_nothing() -> None:
    assert mean([]).as_dict()["profiles"] == 0


def test_the_calibration_error_is_the_gap_between_promise_and_outcome() -> None:
    assert calibration_error([0.05] * 4 + [0.95] * 4, [False] * 4 + [True] * 4) == pytest.approx(0.05)
    assert calibration_error([0.95, 0.95], [True, False]) == pytest.approx(0.45)
    assert calibration_error([], []) == 0


def test_a_collection_is_ranked_within_its_pools_and_irrelevant_profiles_are_left_out() -> None:
    collection = read_collection(DOCUMENTS, PROFILES, GRADES)
    found = evaluate(collection)
    assert [topic.id for topic in collection.topics] == ["q1", "q2"]
    assert (found.profiles, found.ndcg, found.reciprocal_rank) == (2, pytest.approx(1.0), 1.0)


def test_votes_are_measured_on_later_documents_alone() -> None:
    found = evaluate_feedback(read_collection(DOCUMENTS, PROFILES, GRADES), 1)
    assert (found.profiles, found.reciprocal_rank) == (1, 1.0)


def test_the_calibration_of_a_small_collection_is_a_share() -> None:
    assert 0 <= evaluate_calibration(read_collection(DOCUMENTS, PROFILES, GRADES)) <= 1


@pytest.mark.parametrize(
    ("documents", "profiles", "grades", "message"),
    [
        pytest.param(b"{", PROFILES, GRADES, "docs.jsonl, line 1: not JSON", id="torn-document"),
        pytest.param(b'{"title": "x"}', PROFILES, GRADES, "docs.jsonl, line 1: id is missing", id="no-id"),
        pytest.param(DOCUMENTS, b'\n{"id": "q"}', GRADES, "profiles.jsonl, line 2: keywords is missing", id="no-words"),
        pytest.param(DOCUMENTS, PROFILES, b"q1\td1\t1\nq1 d1", "qrels.tsv, line 2", id="no-tabs"),
        pytest.param(DOCUMENTS, PROFILES, b"q1\td1\thigh", "qrels.tsv, line 1", id="no-number"),
    ],
)
def test_a_fault_names_file_and_line(documents: bytes, profiles: bytes, grades: bytes, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_collection(documents, profiles, grades)


def test_a_folder_is_read_by_its_three_files(tmp_path: Path) -> None:
    for name, data in (("docs.jsonl", DOCUMENTS), ("profiles.jsonl", PROFILES), ("qrels.tsv", GRADES)):
        (tmp_path / name).write_bytes(data)
    assert evaluate_folder(tmp_path).profiles == 2
    (tmp_path / "qrels.tsv").unlink()
    with pytest.raises(FetchError, match=r"qrels\.tsv"):
        evaluate_folder(tmp_path)


def test_scores_of_another_method_are_measured_profile_by_profile() -> None:
    documents = b'{"id": "a", "title": "one"}\n{"id": "b", "title": "two"}\n{"id": "c", "title": "three"}'
    profiles = b'{"id": "p", "keywords": [{"term": "x"}]}\n{"id": "q", "keywords": [{"term": "y"}], "pool": ["b", "c"]}'
    collection = read_collection(documents, profiles, b"p\ta\t1\nq\tc\t1")
    found = evaluate_scores(collection, np.array([[3.0, 2.0, 1.0], [9.0, 2.0, 1.0]]))
    assert [round(metrics.reciprocal_rank, 2) for metrics in found] == [1.0, 0.5]
