"""Tables for people: columns as wide as they need to be, readable in a terminal and in a mail from cron."""

from __future__ import annotations

import shutil
from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Gives the rows under their head, in aligned columns; the last column is cut at the terminal's width."""
    lines = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    room = max(shutil.get_terminal_size((120, 24)).columns, 60)
    return "\n".join(_cut("  ".join(map(str.ljust, line, widths)).rstrip(), room) for line in lines)


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else line[: width - 1] + "…"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Gives "1 paper", "2 papers"."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
