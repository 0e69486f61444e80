"""Progress on standard error at a terminal; elsewhere nothing is shown and rich is not loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

Advance = Callable[[int], None]


@contextmanager
def status(shown: bool) -> Iterator[Callable[[str], None]]:
    """Yield a function that shows the current step in one line that is overwritten."""
    if not shown:
        yield lambda _text: None
        return
    from rich.console import Console  # imported late: loading it takes longer than a short command

    with Console(stderr=True).status("starting") as line:
        yield lambda text: line.update(f"{text} …")


@contextmanager
def bars(shown: bool, what: Sequence[str], total: int | None = None) -> Iterator[tuple[Advance, ...]]:
    """Yield a function for each name that advances its progress bar; without a total the bar counts."""
    if not shown:
        yield tuple(_nothing for _ in what)
        return
    from rich.console import Console  # likewise
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        tasks = [progress.add_task(name, total=total, visible=False) for name in what]
        yield tuple(partial(_move, progress, task) for task in tasks)


def _move(progress: Any, task: Any, count: int) -> None:
    """Advance a bar; it becomes visible with the first advance."""
    progress.update(task, advance=count, visible=True)


def _nothing(_count: int) -> None:
    """Show nothing."""
