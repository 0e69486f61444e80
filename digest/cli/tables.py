"""Tables for people: columns as wide as they need to be, readable in a terminal and in a mail from cron."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

from digest.issues import Pick
from digest.rendering.reasons import label


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return the rows below their header in aligned columns; at a terminal, lines are cut to its width."""
    lines = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    aligned = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
    if not sys.stdout.isatty():
        return "\n".join(aligned)
    module = max(shutil.get_terminal_size().columns, 60)
    return "\n".join(shortened(line, module) for line in aligned)


def shortened(line: str, width: int) -> str:
    """Return the line, cut with an ellipsis when it is longer than `width`."""
    return line if len(line) <= width else line[: width - 1] + "…"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return "1 paper", "2 papers"."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def reasons_line(pick: Pick, most: int = 4) -> str:
    """Return why a paper was picked, strongest first: "learning rate in the title +31, …"."""
    parts = [f"{label(reason)} in the {reason.field} {reason.contribution:+.0f}" for reason in pick.reasons[:most]]
    return ", ".join(parts) or pick.trending
