"""Tables for people: columns as wide as they need to be, readable in a terminal and in a mail from cron."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from digest.issues import Pick


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Gives the rows under their head, in aligned columns; the last column is cut at the terminal's width."""
    lines = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    room = max(shutil.get_terminal_size((120, 24)).columns, 60)
    return "\n".join(shortened("  ".join(map(str.ljust, line, widths)).rstrip(), room) for line in lines)


def shortened(line: str, width: int) -> str:
    """Gives the line, cut with an ellipsis when it is longer than `width`."""
    return line if len(line) <= width else line[: width - 1] + "…"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Gives "1 paper", "2 papers"."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def reasons_line(pick: Pick, most: int = 4) -> str:
    """Gives why a paper was picked, strongest first: "learning rate in the title +31, …"."""
    parts = [f"{reason.term} in the {reason.field} {reason.contribution:+.0f}" for reason in pick.reasons[:most]]
    return ", ".join(parts) or pick.trending
