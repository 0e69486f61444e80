"""One invocation of a command: its settings, its clock, and the output of its report."""

from __future__ import annotations

import functools
import gc
import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

import click

from digest.cli.command_group import CONFIG_HELP
from digest.cli.configuration import FILE_NAME, Configuration, load
from digest.cli.logs import start_logging
from digest.cli.progress import Advance, bars, status
from digest.errors import StoreMissing
from digest.fetching.output_files import note_store, noted_store
from digest.runs.operations.reconnection import patiently
from digest.settings import Settings
from digest.storage import Store, open_store, store_address

P = ParamSpec("P")


def collect_seldom() -> None:
    """Make the garbage collector run rarely: there are hardly any cycles, and it would visit all live objects.

    It took nearly half of the time of planning, which keeps hundreds of thousands of keywords in memory.
    """
    gc.set_threshold(200_000, 100, 100)


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """The context of a command besides its arguments."""

    config: Path | None = None  #: value of --config
    as_json: bool = False
    quiet: bool = False
    instant: datetime | None = None  #: replaces the current instant; None: use the clock

    @functools.cached_property
    def configuration(self) -> Configuration:
        """The settings, their file, and the folder that paths are relative to."""
        return load(self.config)

    @property
    def settings(self) -> Settings:
        return self.configuration.settings

    @functools.cached_property
    def now(self) -> datetime:
        """The instant at which the command was called, or that of --now; aware, UTC."""
        return self.instant or datetime.now(UTC)

    @property
    def at_terminal(self) -> bool:
        """True when standard output is a terminal."""
        return sys.stdout.isatty()

    @contextmanager
    def store(self, *, must_exist: bool = False, create: bool = False) -> Iterator[Store]:
        """Open the store while the block runs.

        Raise StoreMissing when there is none although it `must_exist` or there was one here, unless a setting or
        `create` asks for a new one.
        """
        store = self.open_store(must_exist=must_exist, create=create)
        try:
            yield store
        finally:
            store.close()

    def open_store(self, *, must_exist: bool = False, create: bool = False) -> Store:
        """Return the open store, as `store` does."""
        settings, folder = self.settings.store, self.configuration.folder
        address = store_address(settings, folder)
        was_here = noted_store(folder) == address
        try:
            store = open_store(settings, folder, create=create or settings.create or not (must_exist or was_here))
            note_store(folder, address)
            return store
        except StoreMissing as error:
            if self.configuration.file is not None:
                raise
            here = f"no {FILE_NAME} here ({self.configuration.folder}): change to its folder, or name it with --config"
            raise StoreMissing(f"{here}\n{error}") from error

    @contextmanager
    def patient_store(self, stop: threading.Event) -> Iterator[Store]:
        """Open the store while the block runs; wait for a PostgreSQL server that cannot be reached yet.

        Raise StoreMissing as `store` does for one that must exist.
        """
        if not self.settings.store.url.startswith("postgresql"):
            with self.store(must_exist=True) as store:
                yield store
            return
        store = patiently(lambda: self.open_store(must_exist=True), stop)
        try:
            yield store
        finally:
            store.close()

    @contextmanager
    def steps(self) -> Iterator[Callable[[str], None]]:
        """Yield a function that shows the current step at a terminal; elsewhere it does nothing."""
        with status(self._shows_progress) as tell:
            yield tell

    @contextmanager
    def bar(self, what: str, total: int | None = None) -> Iterator[Advance]:
        """Yield a function that advances a progress bar at a terminal; elsewhere it does nothing."""
        with bars(self._shows_progress, (what,), total) as (advance,):
            yield advance

    @contextmanager
    def bars(self, *what: str) -> Iterator[tuple[Advance, ...]]:
        """Yield one function for each of several progress bars."""
        with bars(self._shows_progress, what) as advance:
            yield advance

    @property
    def _shows_progress(self) -> bool:
        return sys.stderr.isatty() and not self.quiet

    def show(self, document: Mapping[str, Any], text: str = "") -> None:
        """Print the report on standard output: one line of JSON, or the text for people (none when quiet)."""
        if self.as_json:
            click.echo(json.dumps(document))
        elif text and not self.quiet:
            click.echo(text)

    def warn(self, text: str) -> None:
        """Print a warning on standard error."""
        click.secho(text, err=True, fg="yellow")


def command(
    *, reports: bool = False, group: click.Group | None = None, logs: int = 0
) -> Callable[[Callable[Concatenate[Invocation, P], None]], click.Command]:
    """Return a decorator that makes a function a command: its first argument is the Invocation.

    Adds --config, and --json when it `reports`. `group` is its group, if not the main one; `logs` is the minimum
    verbosity of its log.
    """

    def decorate(function: Callable[Concatenate[Invocation, P], None]) -> click.Command:
        @click.pass_context
        @functools.wraps(function)
        def invoke(ctx: click.Context, /, *, config: Path | None, as_json: bool = False, **arguments: Any) -> None:
            given: dict[str, Any] = ctx.find_root().obj or {}
            start_logging(max(given.get("verbose", 0), logs), given.get("log_json", False))
            collect_seldom()
            invocation = Invocation(
                config=config or given.get("config"),
                as_json=as_json or given.get("as_json", False),
                quiet=given.get("quiet", False),
            )
            function(invocation, **arguments)  # type: ignore[call-arg]

        wanted = click.option("--json", "as_json", is_flag=True, help="Print the report as one line of JSON.")
        invoke = wanted(invoke) if reports else invoke
        invoke = click.option("--config", type=click.Path(dir_okay=False, path_type=Path), help=CONFIG_HELP)(invoke)
        made = click.command(function.__name__.strip("_").replace("_", "-"))(invoke)
        if group:
            group.add_command(made)
        return made

    return decorate
