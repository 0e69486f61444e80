from __future__ import annotations

import time
from typing import Any

import pytest

from digest.errors import InputTooComplex
from digest.fetching.bounded_process import call_bounded
from digest.papers import Sighting


def test_a_function_returns_its_result_from_the_process() -> None:
    [found] = call_bounded("digest.references", "read_references", "arXiv:2503.01807v2")
    assert isinstance(found, Sighting)
    assert found.arxiv_id == "2503.01807"


@pytest.mark.parametrize(
    ("module", "function", "argument"),
    [
        pytest.param("time", "sleep", 60, id="waits"),
        pytest.param("re", "compile", "(" * 200_000, id="nests too deep"),
        pytest.param("builtins", "bytearray", 10**11, id="takes too much memory"),
        pytest.param("builtins", "no_such_function", 1, id="fails"),
    ],
)
def test_a_call_beyond_its_limits_is_ended_and_refused(module: str, function: str, argument: Any) -> None:
    began = time.monotonic()
    with pytest.raises(InputTooComplex):
        call_bounded(module, function, argument, seconds=1.0)
    assert time.monotonic() - began < 30
