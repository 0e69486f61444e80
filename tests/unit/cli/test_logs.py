"""Log lines: sentences for people or JSON objects for machines, on standard error, as many as were asked for."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from digest.cli.logs import start_logging


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    logger = logging.getLogger("digest")
    handlers, level = logger.handlers[:], logger.level
    yield
    logger.handlers = handlers
    logger.setLevel(level)


@pytest.mark.parametrize(
    ("verbosity", "lines"),
    [(0, ["e"]), (1, ["i", "w", "e"]), (2, ["d", "i", "w", "e"]), (5, ["d", "i", "w", "e"])],
)
def test_verbosity_says_how_much_is_logged(
    verbosity: int, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    start_logging(verbosity, as_json=False)
    logger = logging.getLogger("digest.somewhere")
    for say in (logger.debug, logger.info, logger.warning, logger.error):
        say(say.__name__[0])
    written = capsys.readouterr()
    assert written.out == ""
    assert [line.rsplit(" ", 1)[1] for line in written.err.splitlines()] == lines


def test_a_json_line_has_the_sentence_and_the_keys(capsys: pytest.CaptureFixture[str]) -> None:
    start_logging(1, as_json=True)
    try:
        raise ValueError("odd")
    except ValueError:
        logging.getLogger("digest.runs").exception("%d sent", 3, extra={"action": "deliver", "sent": 3})
    (line,) = capsys.readouterr().err.splitlines()
    entry = json.loads(line)
    assert (entry["message"], entry["level"], entry["logger"]) == ("3 sent", "error", "digest.runs")
    assert (entry["action"], entry["sent"]) == ("deliver", 3)
    assert "ValueError: odd" in entry["exception"]
    assert entry["time"].endswith("+00:00")
