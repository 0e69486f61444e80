"""The bounces that flufl.bounce ships with its source: the share that is seen as what it is has a floor."""

from __future__ import annotations

import os
from collections import Counter
from email import message_from_bytes
from pathlib import Path

import pytest
from flufl.bounce import all_failures

from digest.refusals import FaultSide, cause_of
from digest.reports import read_report

FOLDER = Path(os.environ.get("PAPER_DIGEST_BOUNCE_CORPUS", "no such folder"))
ADDRESSED = b"Delivered-To: digest+" + b"a" * 48 + b"@example.org\n"
FLOORS = {"permanent failures seen": 96, "gone": 53, "delays taken for failures": 0}


@pytest.mark.skipif(not FOLDER.is_dir(), reason="no bounce corpus: the source of flufl.bounce could not be downloaded")
def test_most_bounces_of_the_corpus_are_seen_as_what_they_are() -> None:
    found = Counter[str]()
    for path in sorted(FOLDER.glob("*.txt")):
        data = path.read_bytes()
        _, permanent = all_failures(message_from_bytes(data))
        failure = next((one for one in read_report(ADDRESSED + data).recipients if one.is_failure), None)
        if not permanent:
            found["delays taken for failures"] += failure is not None
        elif failure:
            fault = cause_of(failure.status, failure.words).fault
            found["permanent failures seen"] += fault is not FaultSide.OTHER
            found["gone"] += fault is FaultSide.ADDRESS
    assert found["permanent failures seen"] >= FLOORS["permanent failures seen"]
    assert found["gone"] >= FLOORS["gone"]
    assert found["delays taken for failures"] <= FLOORS["delays taken for failures"]
